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

    /// <summary>Money came into the wallet.</summary>
    Credit = 7,

    /// <summary>A recharge began, or ended; its amount is what it brought.</summary>
    Recharge = 8,

    /// <summary>What was booked is not what is true: the difference, of the wallet or, with <see cref="LedgerEntry.About"/>, of what was spent. May be negative. One with the id of a hold takes back what was assumed of it.</summary>
    Correction = 9,

    /// <summary>An approval was asked for, given, denied, or has ended.</summary>
    Approval = 10,
}

/// <summary>One line of an agent's ledger.</summary>
/// <param name="Seq">Its place in the agent's journal, from 1; bookkeeping that moves no money has places in it too.</param>
/// <param name="Detail">For entries that move no money: what changed. For those that nobody asked for: why.</param>
/// <param name="PriceVersion">The price the amount was worked out with; null: the caller named it.</param>
/// <param name="BalanceAfter">Of the wallet, where the entry is about it.</param>
/// <param name="About">Of a correction: the first day that it corrects.</param>
/// <param name="Approval">The id of the approval that it is about, or that it used.</param>
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
    Money? BalanceAfter = null,
    DateOnly? About = null,
    string? Approval = null);

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

/// <summary>What was admitted within an hour from <paramref name="Begin"/> on.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.HourSums")]
public sealed record HourSums(DateTimeOffset Begin, Sums Sums);

/// <summary>The sums under one name (a model, an operation or a tag).</summary>
[GenerateSerializer, Immutable, Alias("Budgets.NamedSums")]
public sealed record NamedSums(string Name, Sums Sums);

/// <summary>Calls that were answered from a cache, and what their answers had cost when they were made.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Spared")]
public sealed record Spared(long Calls, Money Amount)
{
    /// <summary>Null: none on both sides. Never more than money can be.</summary>
    public static Spared? Sum(Spared? a, Spared? b) => a is null ? b : b is null ? a : new(a.Calls + b.Calls, Money.Min(Money.MaxBooked, a.Amount + b.Amount));
}

/// <summary>What was spent in a range of local days; names beyond the bounded number are summed under "other".</summary>
[GenerateSerializer, Immutable, Alias("Budgets.UsageSums")]
public sealed record UsageSums(
    Sums Total, ImmutableArray<NamedSums> ByModel, ImmutableArray<NamedSums> ByOperation, ImmutableArray<NamedSums> ByTag, Spared? Spared = null);

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
/// <param name="ByHour">The hours of the days are wanted too; then it is <see cref="MostHourlyDays"/> at most.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AnalyticsQuery")]
public sealed record AnalyticsQuery(DateOnly? First = null, DateOnly? Last = null, bool ByHour = false)
{
    public const int DefaultDays = 30;
    public const int MostDays = 366;
    public const int MostHourlyDays = 31;

    public int Most => ByHour ? MostHourlyDays : MostDays;

    /// <summary>No earlier day can be asked about.</summary>
    public static readonly DateOnly Earliest = new(2000, 1, 1);
}

/// <summary>The sums of one local day.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.DaySums")]
public sealed record DaySums(DateOnly Date, Sums Sums);

/// <summary>What was spent in a range of local days. The days, the models and the operations each add up to the total; a call has any number of tags.</summary>
/// <param name="Days">Every day of the range, in order; null: the range is empty or longer than <see cref="AnalyticsQuery.Most"/>.</param>
/// <param name="Hours">Every hour of the range, in order, with the zone's offset; null: they were not asked for.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AnalyticsView")]
public sealed record AnalyticsView(
    AgentId Agent, string TimeZone, IsoDayOfWeek WeekStart, ImmutableArray<DaySums>? Days, UsageSums Usage, ImmutableArray<HourSums>? Hours = null);
