using System.Collections.Immutable;

namespace Budgets;

/// <summary>The kinds of ledger entries. The names are a promise of the REST contract.</summary>
public enum EntryKind
{
    Config = 0,
    Charge,
    Hold,
    Settle,
    Release,
    Extend,
    Expire,

    /// <summary>Money put into the agent's balance.</summary>
    Credit = 7,

    /// <summary>Money put there by a payment that came by itself.</summary>
    Recharge = 8,

    /// <summary>What was booked is not what was paid: the difference, negative where less was paid.</summary>
    Correction = 9,
}

/// <summary>One line of an agent's ledger.</summary>
/// <param name="Seq">Its place in the agent's journal, from 1; bookkeeping that moves no money has places in it too.</param>
/// <param name="Detail">For entries that move no money: what changed.</param>
/// <param name="PriceVersion">The price the amount was worked out with; null: the caller named it.</param>
/// <param name="About">Of a correction: the first day that it corrects.</param>
[GenerateSerializer, Immutable, Alias("Budgets.LedgerEntry")]
public sealed record LedgerEntry(
    long Seq,
    DateTimeOffset At,
    EntryKind Kind,
    Money Amount,
    string? Id,
    Purpose Purpose,
    string? Key,
    bool Overage,
    bool Late,
    string? Detail,
    ImmutableArray<Balance> Balances,
    string? PriceVersion = null,
    DateOnly? About = null);

/// <summary>Which part of the ledger is wanted, newest first.</summary>
/// <param name="Before">Only entries with a smaller seq; null: from the newest.</param>
/// <param name="Limit">1 to <see cref="MaxLimit"/>.</param>
[GenerateSerializer, Immutable, Alias("Budgets.LedgerQuery")]
public sealed record LedgerQuery(
    int Limit,
    long? Before = null,
    DateTimeOffset? From = null,
    DateTimeOffset? Until = null,
    EntryKind? Kind = null,
    string? Model = null,
    string? Tag = null)
{
    public const int MaxLimit = 1000;
}

/// <summary>A page of the ledger. <paramref name="Next"/> is the next query's Before; null: there is no more.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.LedgerPage")]
public sealed record LedgerPage(ImmutableArray<LedgerEntry> Entries, long? Next);

/// <summary>The sums of some entries: money spent, calls counted, tokens used.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Sums")]
public readonly record struct Sums(Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static Sums operator +(Sums a, Sums b) => checked(new(
        a.Cost + b.Cost,
        a.Calls + b.Calls,
        a.InputTokens + b.InputTokens,
        a.OutputTokens + b.OutputTokens,
        a.CacheReadTokens + b.CacheReadTokens,
        a.CacheWriteTokens + b.CacheWriteTokens));
}

/// <summary>The sums under one name (a model, an operation or a tag).</summary>
[GenerateSerializer, Immutable, Alias("Budgets.NamedSums")]
public sealed record NamedSums(string Name, Sums Sums);

/// <summary>What was spent in a range of local days; names beyond the bounded number are summed under "other".</summary>
[GenerateSerializer, Immutable, Alias("Budgets.UsageSums")]
public sealed record UsageSums(
    Sums Total, ImmutableArray<NamedSums> ByModel, ImmutableArray<NamedSums> ByOperation, ImmutableArray<NamedSums> ByTag);

public enum UsagePeriod
{
    Today = 0,
    Yesterday,
    ThisWeek,
    ThisMonth,
    Last30Days,
}

/// <summary>Usage of one period with the budget's standing beside it.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.UsageView")]
public sealed record UsageView(UsagePeriod Period, DateOnly FirstDay, DateOnly LastDay, UsageSums Usage, BudgetView Budget);

/// <summary>Which local days are wanted.</summary>
/// <param name="First">Null: <see cref="DefaultDays"/> that end with the last.</param>
/// <param name="Last">Null: today.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AnalyticsQuery")]
public sealed record AnalyticsQuery(DateOnly? First = null, DateOnly? Last = null)
{
    public const int DefaultDays = 30;
    public const int MostDays = 366;

    /// <summary>No earlier day can be asked about.</summary>
    public static readonly DateOnly Earliest = new(2000, 1, 1);
}

/// <summary>The sums of one local day.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.DaySums")]
public sealed record DaySums(DateOnly Date, Sums Sums);

/// <summary>What was spent in a range of local days. The days, the models and the operations each add up to the total; a call has any number of tags.</summary>
/// <param name="Days">Every day of the range, in order; null: the range is empty or longer than <see cref="AnalyticsQuery.MostDays"/>.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AnalyticsView")]
public sealed record AnalyticsView(AgentId Agent, string TimeZone, IsoDayOfWeek WeekStart, ImmutableArray<DaySums>? Days, UsageSums Usage);
