using System.ComponentModel;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

internal sealed record ReservationBody : SpendBody
{
    public string? Operation { get; set; }

    [Description("After this many seconds the reservation ends by itself; 1 to 86400, default 600.")]
    public int? TtlSeconds { get; set; }

    [Description("An approval for this operation and at least this amount. It is used up by this.")]
    public string? ApprovalId { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        CheckPriced(faults);
        CheckApproval(faults, ApprovalId);
        faults.Text("operation", Operation, Purpose.MaxOperationLength);
        faults.Range("ttl_seconds", TtlSeconds, 1, HoldRequest.MaxTtlSeconds);
    }

    public HoldRequest ToRequest(HoldId id, IdempotencyKey? key) =>
        new(id, Amount ?? Money.Zero, PurposeWith(Operation), key ?? new IdempotencyKey(id.Value), TtlSeconds ?? HoldRequest.DefaultTtlSeconds, ToPriceTag(), ApprovalOf(ApprovalId));
}

/// <summary>What was really spent. What is not told stays as the reservation had it.</summary>
internal sealed record CommitBody : SpendBody
{
    public SettleRequest ToRequest(HoldId id, IdempotencyKey? key) => new(id, Amount ?? Money.Zero, PurposeWith(null), key, ToPriceTag());
}

internal sealed record ReleaseBody : KeyedBody;

internal sealed record ExtendBody : KeyedBody
{
    [Description("Seconds by which the reservation ends later; 1 to 86400, and never more than 86400 from now.")]
    public int? ExtendSeconds { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        faults.AddIf(ExtendSeconds is null, "extend_seconds", "is required");
        faults.Range("extend_seconds", ExtendSeconds, 1, HoldRequest.MaxTtlSeconds);
    }
}

internal sealed record ReservationAnswer(
    string ReservationId,
    HoldStatus Status,
    Money Amount,
    DateTimeOffset? ExpiresAt,
    Money? Charged,
    string? Model,
    string? Operation,
    IReadOnlyList<string> Tags,
    UsedAnswer? Usage)
{
    public static ReservationAnswer Of(HoldView hold) => new(
        hold.Id.Value,
        hold.Status,
        hold.Amount,
        hold.ExpiresAt,
        hold.Charged,
        hold.Purpose.Model,
        hold.Purpose.Operation,
        hold.Purpose.Tags.IsDefault ? [] : hold.Purpose.Tags,
        UsedAnswer.Of(hold.Purpose.Usage));
}
