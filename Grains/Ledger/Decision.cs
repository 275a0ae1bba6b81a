using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What was decided about one request: the events that follow from it, and its answer.</summary>
/// <param name="Events">In order; empty for a replay and for a refusal (a tripped breaker is the one refusal that writes).</param>
/// <param name="ReplayOf">The seq of the event that answered this request the first time.</param>
public readonly record struct Decision(Outcome Outcome, ImmutableArray<BudgetEvent> Events, Refusal? Refusal, long ReplayOf)
{
    /// <summary>Not zero: the budget itself would admit this, but so much is missing in what was set aside for it one level up. Nothing was decided yet.</summary>
    public Money Short { get; init; }

    public static Decision Wait(BudgetState s, Money requested, Money missing) => Refuse(s, Outcome.BudgetExceeded, requested) with { Short = missing };

    public static Decision Accept(ImmutableArray<BudgetEvent> elapsed, BudgetEvent happened) => new(Outcome.Accepted, elapsed.Add(happened), null, 0);

    public static Decision Accept(ImmutableArray<BudgetEvent> events) => new(Outcome.Accepted, events, null, 0);

    public static Decision Replay(long seq) => new(Outcome.Accepted, [], null, seq);

    /// <param name="price">Of the request: what is wrong with its usage is told where that is the reason.</param>
    public static Decision Refuse(BudgetState s, Outcome outcome, Money requested, PriceTag? price = null) =>
        new(outcome, [], new Refusal(s.Agent, requested, Fault: Rating.FaultBehind(outcome, price)), 0);

    public static Decision Refuse(Outcome outcome, Refusal refusal) => new(outcome, [], refusal, 0);
}

/// <summary>What the journal's index knows of a request whose key or hold the state no longer remembers.</summary>
/// <param name="Approval">What ended an approval that the request names.</param>
/// <param name="DayClosed">The newest event that closed the day of a hold that expired.</param>
public readonly record struct Recalled(Remembered? Key = null, Remembered? HoldEnd = null, EndedHold? Hold = null, long? DayClosed = null, Remembered? Approval = null)
{
    public static readonly Recalled Nothing;
}
