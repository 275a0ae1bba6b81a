namespace Budgets;

/// <summary>What a taker says of one of its draws: money set aside for it one level up. All of it is durable with the taker before it is said.</summary>
/// <param name="Number">Counts the draws of one taker.</param>
/// <param name="Version">Rises with everything said of a draw: what comes late or twice changes nothing.</param>
/// <param name="Spent">Spent out of the draw so far.</param>
/// <param name="Held">Set aside in it for spends to come.</param>
/// <param name="Kept">What the taker goes on with of what it was granted, at least Spent + Held. The rest is given back.</param>
/// <param name="Need">What must be granted in all to serve those who wait; Kept when nobody does.</param>
/// <param name="Want">What the taker would like to be granted in all, at least Need.</param>
/// <param name="IsExact">The taker gives back at once what it does not need: it has been recalled, or told that money is short.</param>
/// <param name="Least">What must be granted in all to serve at least one of those who wait; granting less serves nobody. Below Kept: that serves one already.</param>
/// <param name="Stands">Of a recall: the version of an ask that is under way and stands all the same, on top of what this says; zero: there is none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.DrawReport")]
public sealed record DrawReport(long Number, long Version, Money Spent, Money Held, Money Kept, Money Need, Money Want, bool IsExact, Money Least = default, long Stands = 0);

/// <summary>How a draw stands with its giver after a report.</summary>
/// <param name="Version">Of the report that is answered. A later one than was asked about: the answer is for somebody else.</param>
/// <param name="Granted">Set aside for the taker in all, spent money included.</param>
/// <param name="ValidUntil">Admits new spends before this instant only: the nearest end of a window of any ancestor. Null: nothing was granted yet.</param>
/// <param name="IsExact">Money is short above: what the taker does not need is to be given back at once.</param>
/// <param name="IsOver">Grows no more; new spends go under the next number.</param>
/// <param name="Outcome">Not <see cref="Outcome.Accepted"/>: less was granted than needed, and why.</param>
[GenerateSerializer, Immutable, Alias("Budgets.DrawAnswer")]
public sealed record DrawAnswer(
    long Number, long Version, Money Granted, DateTimeOffset? ValidUntil, bool IsExact, bool IsOver, Outcome Outcome = Outcome.Accepted, Refusal? Refusal = null);
