using System.ComponentModel;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What an agent asks people for.</summary>
internal sealed record ApprovalBody : IBody
{
    [Description("What the spend will name as its operation.")]
    public string? Operation { get; set; }

    [Description("The most it may cost; of a limit increase: by how much the limit is to be raised.")]
    public Money? EstimatedCost { get; set; }

    [Description("Why, in words for whoever decides; up to 2000 characters.")]
    public string? Justification { get; set; }

    [Description("medium is the default. It orders the inbox, and shortens the time until people are reminded.")]
    public Urgency? Urgency { get; set; }

    [Description("When it ends if nobody decides: 1 to 2592000, default 86400.")]
    public int? ExpiresInSeconds { get; set; }

    [Description("operation (default): one spend. limit_increase: more room under a limit, for a while.")]
    public ApprovalKind? Kind { get; set; }

    [Description("Of a limit increase: daily, weekly, monthly or total.")]
    public LimitType? Limit { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("operation", Operation, Purpose.MaxOperationLength, required: true);
        faults.AddIf(EstimatedCost is null, "estimated_cost", "is required");
        faults.Money("estimated_cost", EstimatedCost, Money.MaxPerRequest);
        faults.Text("justification", Justification, Approval.MaxJustificationLength, required: true);
        faults.Range("expires_in_seconds", ExpiresInSeconds, 1, Approval.MaxSeconds);
        faults.AddIf(Kind == ApprovalKind.LimitIncrease && Limit is not (LimitType.Daily or LimitType.Weekly or LimitType.Monthly or LimitType.Total), "limit",
            "must be daily, weekly, monthly or total for a limit_increase");
        faults.AddIf(Kind != ApprovalKind.LimitIncrease && Limit is not null, "limit", "goes with kind limit_increase only");
    }

    public ApprovalAsk ToAsk(string by) => new(
        by, Operation!, EstimatedCost!.Value, Justification!, Urgency ?? global::Budgets.Urgency.Medium, ExpiresInSeconds ?? Approval.DefaultExpiresInSeconds,
        Kind ?? ApprovalKind.Operation, Limit);
}

/// <summary>A yes, with what the approver adds to it.</summary>
internal sealed record ApproveBody : IBody
{
    public string? Note { get; set; }

    [Description("At most the estimated cost, which is the default.")]
    public Money? Amount { get; set; }

    [Description("1 to 2592000. Default: a day; of a limit increase, until the limit's window ends.")]
    public int? ValidForSeconds { get; set; }

    [Description("Whether the spend may pass the agent's own limits on windows and calls; never those of an agent above it. Default: false.")]
    public bool? MayPassLimit { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("note", Note, Approval.MaxNoteLength);
        faults.Money("amount", Amount, Money.MaxPerRequest);
        faults.Range("valid_for_seconds", ValidForSeconds, 1, Approval.MaxSeconds);
    }
}

internal sealed record DenyBody : IBody
{
    public string? DenialReason { get; set; }

    public void Check(Faults faults) => faults.Text("denial_reason", DenialReason, Approval.MaxNoteLength, required: true);
}

/// <summary>A request for approval as it stands.</summary>
/// <param name="Status">approved: use it by sending approval_id with a reservation or a charge, once. used: that was done.</param>
/// <param name="TimesAsked">While it waited, the same was asked so often (100: at least).</param>
/// <param name="ApprovedAmount">The most that the spend may cost, or by how much the limit is raised.</param>
/// <param name="ValidUntil">When the permission ends.</param>
/// <param name="DecidedThrough">rest, mail, or threshold: no person was asked.</param>
/// <param name="UsedBy">The reservation or charge that used it.</param>
internal sealed record ApprovalAnswer(
    string ApprovalId,
    string AgentId,
    string AgentName,
    ApprovalStatus Status,
    ApprovalKind Kind,
    LimitType? Limit,
    string Operation,
    Money EstimatedCost,
    string Justification,
    Urgency Urgency,
    int TimesAsked,
    DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt,
    Money? ApprovedAmount,
    DateTimeOffset? ValidUntil,
    bool? MayPassLimit,
    string? DecidedBy,
    DateTimeOffset? DecidedAt,
    string? DecidedThrough,
    string? Note,
    string? DenialReason,
    string? UsedBy)
{
    public static ApprovalAnswer Of(ApprovalView v)
    {
        var (a, verdict) = (v.Approval, v.Verdict);
        var isDenied = v.Status == ApprovalStatus.Denied;
        return new(
            a.Id.Value, v.Agent.Value, v.AgentName, v.Status, a.Kind, a.Limit, a.Operation, a.Cost, a.Justification, a.Urgency, a.Times, a.AskedAt, a.ExpiresAt,
            a.Permission?.Most, a.Permission?.ValidUntil, a.Permission?.MayPassLimit,
            verdict is null ? null : verdict.Decider?.Value ?? verdict.By, verdict?.At, verdict?.Through, isDenied ? null : verdict?.Note, isDenied ? verdict?.Note : null, v.UsedBy);
    }
}

/// <param name="Data">The most urgent first, of equals the one that has waited longest.</param>
internal sealed record ApprovalListAnswer(IReadOnlyList<ApprovalAnswer> Data, bool HasMore);
