using System.Collections.Immutable;

namespace Budgets;

/// <summary>A field of a change: left out keeps the value, a value (also null) replaces it.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Change`1")]
public readonly record struct Change<T>(bool IsSet, T? Value)
{
    public T? Or(T? current) => IsSet ? Value : current;
}

public static class Change
{
    public static Change<T> To<T>(T? value) => new(true, value);
}

/// <summary>A change of a budget's configuration, made in one layer of its limits.</summary>
/// <param name="By">Who asks, for the ledger: "operator", "agent:manage", "agent:spend".</param>
/// <param name="OnlyTighten">True for a spend key: a change that would allow more than now is refused whole.</param>
/// <param name="Thresholds">All of the layer's thresholds, instead of those it had; those that are switched by name come after. Null: they stay.</param>
/// <param name="Wanted">What the layer's channels are there for.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ConfigureRequest")]
public sealed record ConfigureRequest(
    Layer Layer,
    string By,
    bool OnlyTighten,
    Change<Money?> PerMinute = default,
    Change<Money?> Daily = default,
    Change<Money?> Weekly = default,
    Change<Money?> Monthly = default,
    Change<Money?> Total = default,
    Change<Money?> PerCall = default,
    bool? HardStop = null,
    Change<int?> ResumeAfterSeconds = default,
    string? TimeZone = null,
    IsoDayOfWeek? WeekStart = null,
    bool? AlertAt50 = null,
    bool? AlertAt80 = null,
    bool? AlertAt95 = null,
    Change<string?> EscalationEmail = default,
    Change<UnknownPriceRate?> OnUnknownPrice = default,
    ImmutableArray<int>? Thresholds = null,
    Change<AlertKinds?> Wanted = default,
    Change<LoopRule?> Loop = default,
    Change<Money?> ApprovalThreshold = default,
    Change<int?> EconomyAtPercent = default,
    Change<HoldMode?> HoldMode = default)
{
    /// <summary>The limit this change sets for a type; not set: it stays as it is.</summary>
    public Change<Money?> this[LimitType type] => type switch
    {
        LimitType.PerMinute => PerMinute,
        LimitType.Daily => Daily,
        LimitType.Weekly => Weekly,
        LimitType.Monthly => Monthly,
        LimitType.Total => Total,
        LimitType.PerCall => PerCall,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}

/// <summary>Monday = 1 to Sunday = 7, as ISO 8601 counts.</summary>
public enum IsoDayOfWeek
{
    Monday = 1,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// <summary>Brings an agent's budget into being.</summary>
/// <param name="Parent">Its tree must have agreed before the budget can draw on it.</param>
/// <param name="EndsAt">When it closes by itself, to the instant; null: never.</param>
/// <param name="MaxBelow">How many levels of descendants it may have; null: as many as <see cref="IAllocationTreeGrain.MaxDepth"/> leaves.</param>
[GenerateSerializer, Immutable, Alias("Budgets.OpenRequest")]
public sealed record OpenRequest(
    string Name, string By, string TimeZone, IsoDayOfWeek WeekStart, AgentId? Parent, ConfigureRequest? Budget, DateTimeOffset? EndsAt = null, int? MaxBelow = null);

/// <summary>Changes what an agent is called and what its owner notes about it.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.DescribeRequest")]
public sealed record DescribeRequest(string By, string? Name, ImmutableSortedDictionary<string, string>? Metadata);

[GenerateSerializer, Immutable, Alias("Budgets.FreezeRequest")]
public sealed record FreezeRequest(string By, string Reason);

/// <summary>Puts an agent under another parent, whose tree has agreed.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.MoveRequest")]
public sealed record MoveRequest(string By, AgentId Parent);

/// <summary>Names of those who act that decisions look at; otherwise they are for the ledger alone.</summary>
public static class Actors
{
    public const string Operator = "operator";
}

/// <summary>How a change of configuration ended.</summary>
public enum ConfigureResult
{
    Done = 0,
    AgentUnknown,
    AgentClosed,

    /// <summary>The agent exists already.</summary>
    AgentExists,

    /// <summary>The zone is not in the time zone database.</summary>
    UnknownTimeZone,

    /// <summary>The caller may only lower its limits, and this would raise one; Detail names the field.</summary>
    WouldWiden,

    /// <summary>The agent's own limit is above the one set from above; Detail names the field.</summary>
    AboveCeiling,

    /// <summary>The parent has as many children as it may have.</summary>
    TooManyChildren,

    /// <summary>Too many levels, from the root or below an agent that may only have some.</summary>
    TooDeep,

    /// <summary>The parent does not let its children's budgets add up to more than its own; Refusal has the figures.</summary>
    Overcommitted,

    /// <summary>The agent or one below it has reservations open, or spends right now.</summary>
    NotAtRest,

    /// <summary>An agent cannot be moved below itself.</summary>
    BelowItself,

    /// <summary>Somebody with more authority froze the agent.</summary>
    FrozenFromAbove,

    /// <summary>Only an agent without a parent has a wallet.</summary>
    NoWallet,

    /// <summary>Something is missing that was never set, or does not go with the rest; Field names it.</summary>
    Incomplete,
}

[GenerateSerializer, Immutable, Alias("Budgets.ConfigureOutcome")]
public sealed record ConfigureOutcome(ConfigureResult Result, BudgetView? Budget, string? Field = null, string? Detail = null, Refusal? Refusal = null);

/// <summary>A freeze in force.</summary>
/// <param name="ResumesAt">When it ends by itself; null: when somebody ends it.</param>
[GenerateSerializer, Immutable, Alias("Budgets.FreezeView")]
public sealed record FreezeView(string Reason, string By, DateTimeOffset Since, DateTimeOffset? ResumesAt);

/// <summary>A budget as it stands: its configuration and every limit with its figures.</summary>
/// <param name="Alerts">Both layers together.</param>
/// <param name="Wallet">Null: the agent is postpaid, or has a parent.</param>
[GenerateSerializer, Immutable, Alias("Budgets.BudgetView")]
public sealed record BudgetView(
    AgentId Agent,
    string Name,
    AgentId? Parent,
    DateTimeOffset CreatedAt,
    bool Closed,
    FreezeView? Freeze,
    string TimeZone,
    IsoDayOfWeek WeekStart,
    Limits Above,
    Limits Own,
    AlertSettings Alerts,
    ImmutableSortedDictionary<string, string> Metadata,
    ImmutableArray<LimitStanding> Windows,
    ImmutableArray<Balance> Balances,
    int OpenHolds,
    DateTimeOffset? EndsAt = null,
    int? MaxBelow = null,
    WalletView? Wallet = null);
