using System.ComponentModel;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>One charge of a batch.</summary>
internal record ChargeItem : SpendBody
{
    // A clock of the caller's may be a little ahead of ours.
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    public string? Operation { get; set; }

    [Description("When it was spent, for the ledger; it is booked in the windows of now. With mode record, usage is priced as of then.")]
    public DateTimeOffset? OccurredAt { get; set; }

    [Description("enforce (default): refused when it does not fit. record: already spent, booked whatever the limit.")]
    public ChargeMode? Mode { get; set; }

    [Description("An approval for this operation and at least this amount. It is used up by this.")]
    public string? ApprovalId { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        CheckPriced(faults);
        CheckApproval(faults, ApprovalId);
        faults.Text("operation", Operation, Purpose.MaxOperationLength);
        faults.AddIf(OccurredAt < DateTimeOffset.UnixEpoch, "occurred_at", "must not be before 1970");
    }

    public bool IsInTheFuture(DateTimeOffset now) => OccurredAt > now + Ahead;

    public ChargeRequest ToRequest(IdempotencyKey? key)
    {
        var id = EdgeIds.Charge();
        return new ChargeRequest(
            id, Amount ?? Money.Zero, PurposeWith(Operation), key ?? new IdempotencyKey(id.Value), Mode ?? ChargeMode.Enforce, OccurredAt, ToPriceTag(), ApprovalOf(ApprovalId));
    }
}

/// <summary>One charge, or a list of them.</summary>
internal sealed record ChargeBody : ChargeItem
{
    [Description("1 to 1000 charges, each with its own idempotency_key and its own outcome; then no other member may be given.")]
    public ChargeItem[]? Charges { get; set; }

    public override void Check(Faults faults)
    {
        if (Charges is null)
        {
            base.Check(faults);
            return;
        }

        faults.AddIf(
            Amount is not null || Usage is not null || Model is not null || Tags is not null || PromptHash is not null || IdempotencyKey is not null
            || Operation is not null || OccurredAt is not null || Mode is not null || ApprovalId is not null,
            "charges",
            "does not go with members of a single charge");
        faults.AddIf(Charges.Length is 0 or > IBudgetGrain.MaxBatch, "charges", $"must be 1 to {IBudgetGrain.MaxBatch}");
        for (var i = 0; i < Charges.Length && !faults.Full; i++)
        {
            faults.Within = ("charges", i);
            if (Charges[i] is { } charge)
            {
                charge.Check(faults);
            }
            else
            {
                faults.Add("", "must be an object");
            }
        }

        faults.Within = null;
    }
}
