using System.Collections.Immutable;

namespace Budgets;

/// <summary>Something that happened, and would have been refused with another budget.</summary>
/// <param name="Kind">A charge or a hold.</param>
/// <param name="Standing">The limit that it does not fit; null: another refusal before it has frozen the agent.</param>
/// <param name="IsOfDescendants">Spent by agents below: which of their calls would have been refused is not known here.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Blocked")]
public sealed record Blocked(
    long Seq, DateTimeOffset At, EntryKind Kind, Money Amount, string? Model, string? Operation, Outcome Outcome, LimitStanding? Standing, bool IsOfDescendants);

/// <summary>All that one limit would have refused.</summary>
/// <param name="Type">Null: the agent was frozen.</param>
/// <param name="Windows">In how many windows.</param>
[GenerateSerializer, Immutable, Alias("Budgets.BlockedBy")]
public sealed record BlockedBy(Outcome Outcome, LimitType? Type, Money? Limit, long Calls, Money Amount, long Windows, DateTimeOffset First, DateTimeOffset Last);

/// <summary>What some time would have been with another budget.</summary>
/// <param name="Entries">Events looked at.</param>
/// <param name="IsCut">There were more than are looked at; the newest were.</param>
/// <param name="Calls">Charges and holds that came.</param>
/// <param name="Spent">What was really spent in the time.</param>
/// <param name="BlockedAmount">What the refused calls asked for.</param>
/// <param name="Saved">What the refused calls did spend.</param>
/// <param name="Warned">Calls that would have been let through with a warning that a soft limit is exceeded.</param>
/// <param name="First">The first <see cref="MostListed"/>.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PreviewView")]
public sealed record PreviewView(
    AgentId Agent,
    DateTimeOffset From,
    DateTimeOffset Until,
    long Entries,
    bool IsCut,
    long Calls,
    Money Spent,
    long BlockedCalls,
    Money BlockedAmount,
    Money Saved,
    long Warned,
    ImmutableArray<BlockedBy> Limits,
    ImmutableArray<Blocked> First)
{
    public const int MostListed = 100;
}

/// <param name="Outcome">Of the change, if it were made.</param>
/// <param name="View">Null: it would be refused.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PreviewOutcome")]
public sealed record PreviewOutcome(ConfigureOutcome Outcome, PreviewView? View);
