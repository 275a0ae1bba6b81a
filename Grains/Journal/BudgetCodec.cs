using System.Collections.Immutable;
using System.Text.Json;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>How a budget's events and states are stored.</summary>
public sealed class BudgetCodec : JsonCodec<BudgetState, BudgetEvent>
{
    public static readonly BudgetCodec Instance = new();

    private BudgetCodec()
        : base(
    [
        Shape.Of("charged.v1", StoredJson.Default.Charged),
        Shape.Of("held.v1", StoredJson.Default.Held),
        Shape.Of("settled.v1", StoredJson.Default.Settled),
        Shape.Of("released.v1", StoredJson.Default.Released),
        Shape.Of("extended.v1", StoredJson.Default.Extended),
        Shape.Of("expired.v1", StoredJson.Default.Expired),
        Shape.Of("rolled.v1", StoredJson.Default.Rolled),
        Shape.Of("day_closed.v1", StoredJson.Default.DayClosed),
        Shape.Of("opened.v1", StoredJson.Default.Opened),
        Shape.Of("configured.v1", StoredJson.Default.Configured),
        Shape.Of("described.v1", StoredJson.Default.Described),
        Shape.Of("frozen.v1", StoredJson.Default.Frozen),
        Shape.Of("unfrozen.v1", StoredJson.Default.Unfrozen),
        Shape.Of("closed.v1", StoredJson.Default.Closed),
        Shape.Of("moved.v1", StoredJson.Default.Moved),
        Shape.Of("draw_asked.v1", StoredJson.Default.DrawAsked),
        Shape.Of("draw_answered.v1", StoredJson.Default.DrawAnswered),
        Shape.Of("lent.v1", StoredJson.Default.Lent),
        Shape.Of("alerted.v1", StoredJson.Default.Alerted),
        Shape.Of("alerts_taken.v1", StoredJson.Default.AlertsTaken),
        Shape.Of("credited.v1", StoredJson.Default.Credited),
        Shape.Of("recharge_configured.v1", StoredJson.Default.RechargeConfigured),
        Shape.Of("recharge_started.v1", StoredJson.Default.RechargeStarted),
        Shape.Of("recharge_taken.v1", StoredJson.Default.RechargeTaken),
        Shape.Of("recharge_ended.v1", StoredJson.Default.RechargeEnded),
        Shape.Of("recharge_paused.v1", StoredJson.Default.RechargePaused),
        Shape.Of("recharge_resumed.v1", StoredJson.Default.RechargeResumed),
        Shape.Of("recharge_checked.v1", StoredJson.Default.RechargeChecked),
        Shape.Of("reconciled.v1", StoredJson.Default.Reconciled),
        Shape.Of("approval_asked.v1", StoredJson.Default.ApprovalAsked),
        Shape.Of("approval_asked_again.v1", StoredJson.Default.ApprovalAskedAgain),
        Shape.Of("approval_reminded.v1", StoredJson.Default.ApprovalReminded),
        Shape.Of("permitted.v1", StoredJson.Default.Permitted),
        Shape.Of("approval_ended.v1", StoredJson.Default.ApprovalEnded),
    ])
    {
    }

    public override BudgetState Fold(BudgetState state, BudgetEvent e) => Ledger.Fold.Apply(state, e);

    public override long SeqOf(BudgetState state) => state.Seq;

    public override void File(BudgetEvent e, long seq, ImmutableArray<Filing>.Builder filings)
    {
        if (e is DayClosed day)
        {
            filings.Add(new Filing(Digest.Of(day.Date), seq));
            return;
        }

        if (e is RechargeEnded recharge)
        {
            filings.Add(new Filing(Digest.Of(recharge.Id), seq));
            return;
        }

        var (hold, key) = e switch
        {
            Charged c => (null, c.Key),
            Held h => (null, h.Key),
            Settled t => (t.Hold.Id, t.Key),
            Released r => (r.Hold.Id, r.Key),
            Expired x => (x.Hold.Id, null),
            Extended x => (null, x.Key),
            Credited c => (null, c.Key),
            Reconciled r => (null, r.Key),
            _ => ((HoldId?)null, (IdempotencyKey?)null),
        };
        var approval = e switch
        {
            Charged c => c.Approval,
            Held h => h.Approval,
            ApprovalEnded x => x.Approval,
            _ => null,
        };
        if (approval is not null)
        {
            filings.Add(new Filing(Digest.Of(approval.Id), seq));
        }

        if (hold is { } h1)
        {
            filings.Add(new Filing(Digest.Of(h1), seq));
        }

        if (key is { } k)
        {
            filings.Add(new Filing(Digest.Of(k), seq));
        }
    }

    /// <summary>Days that time alone has closed are in a short row of their own: usage and analytics read one for each day, and whoever spends next may do so by the thousand.</summary>
    private protected override bool Parts(IReadOnlyList<BudgetEvent> events, int from, int at) =>
        events[at - 1] is DayClosed && events[at] is not DayClosed && events[from] is Rolled or Expired or Settled { Assumed: true } or DayClosed;

    private protected override void Write(Utf8JsonWriter writer, BudgetState state) => JsonSerializer.Serialize(writer, StoredState.Of(state), StoredJson.Default.StoredState);

    private protected override BudgetState? Read(ReadOnlySpan<byte> state) => JsonSerializer.Deserialize(state, StoredJson.Default.StoredState)?.ToState();
}
