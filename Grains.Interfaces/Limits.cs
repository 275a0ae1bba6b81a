using System.Collections.Immutable;

namespace Budgets;

/// <summary>What a limit bounds. The numbers are stored: never reorder.</summary>
public enum LimitType
{
    PerMinute = 0,
    Daily = 1,
    Weekly = 2,
    Monthly = 3,

    /// <summary>The budget's whole life: its window has no end.</summary>
    Total = 4,

    /// <summary>A single request.</summary>
    PerCall = 5,
}

/// <summary>Who set a layer of limits. A limit from above is a ceiling that the agent's own layer can only lower.</summary>
public enum Layer
{
    /// <summary>The operator or a parent.</summary>
    Above = 0,

    /// <summary>The agent itself.</summary>
    Own = 1,
}

/// <summary>One layer's limits; null is no limit, zero blocks everything.</summary>
/// <param name="HardStop">True: over a limit is refused. False: admitted with a warning. The per-minute breaker always trips.</param>
/// <param name="ResumeAfterSeconds">How long a tripped breaker, or a loop, freezes the agent; null: until unfrozen.</param>
/// <param name="OnUnknownPrice">What usage without a price costs; null: it is refused.</param>
/// <param name="Loop">What counts as a runaway loop; null: nothing does.</param>
/// <param name="ApprovalThreshold">A spend above this needs an approval; null: none does.</param>
/// <param name="EconomyAtPercent">From so much of any limit on calls go to cheaper models, 1 to 100; null: never.</param>
/// <param name="HoldMode">How much is held for a call whose cost is not known before; null: the layer does not say.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Limits")]
public sealed record Limits(
    Money? PerMinute = null,
    Money? Daily = null,
    Money? Weekly = null,
    Money? Monthly = null,
    Money? Total = null,
    Money? PerCall = null,
    bool HardStop = true,
    int? ResumeAfterSeconds = null,
    UnknownPriceRate? OnUnknownPrice = null,
    LoopRule? Loop = null,
    Money? ApprovalThreshold = null,
    int? EconomyAtPercent = null,
    HoldMode? HoldMode = null)
{
    public static readonly Limits None = new();

    /// <summary>The mode in force of two layers: expected only where it is set from above and the agent itself did not choose strict.</summary>
    public static HoldMode ModeOf(Limits above, Limits own) =>
        above.HoldMode == Budgets.HoldMode.Expected && own.HoldMode != Budgets.HoldMode.Strict ? Budgets.HoldMode.Expected : Budgets.HoldMode.Strict;

    public Money? this[LimitType type] => type switch
    {
        LimitType.PerMinute => PerMinute,
        LimitType.Daily => Daily,
        LimitType.Weekly => Weekly,
        LimitType.Monthly => Monthly,
        LimitType.Total => Total,
        LimitType.PerCall => PerCall,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public Limits With(LimitType type, Money? limit) => type switch
    {
        LimitType.PerMinute => this with { PerMinute = limit },
        LimitType.Daily => this with { Daily = limit },
        LimitType.Weekly => this with { Weekly = limit },
        LimitType.Monthly => this with { Monthly = limit },
        LimitType.Total => this with { Total = limit },
        LimitType.PerCall => this with { PerCall = limit },
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}

/// <summary>How much is held for a call of a model, whose cost is known only when it has ended. The names are stored.</summary>
public enum HoldMode
{
    /// <summary>The most that it can cost: a hard limit is never passed.</summary>
    Strict = 0,

    /// <summary>What the agent's own calls of this kind come to in 19 cases of 20: more of them fit at a time, and a limit can be passed by what the rest cost more.</summary>
    Expected,
}

/// <summary>When the same request, with nothing new in between, is taken as a loop.</summary>
/// <param name="Repeats">From 2 to <see cref="MostRepeats"/>.</param>
/// <param name="WithinMinutes">From 1 to <see cref="MostMinutes"/>.</param>
/// <param name="Freezes">True: the agent is frozen. False: only an alert is sent.</param>
[GenerateSerializer, Immutable, Alias("Budgets.LoopRule")]
public sealed record LoopRule(int Repeats, int WithinMinutes, bool Freezes)
{
    public const int MostRepeats = 10_000;

    public const int MostMinutes = 1_440;

    public TimeSpan Within => TimeSpan.FromMinutes(WithinMinutes);
}

/// <summary>A half-open stretch of time [From, Until) that spending is counted in; a null Until never ends.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.PeriodWindow")]
public sealed record PeriodWindow(DateTimeOffset From, DateTimeOffset? Until)
{
    public bool Contains(DateTimeOffset at) => From <= at && (Until is null || at < Until);
}

/// <summary>One window after an entry: what is spent, what is held, and the strictest limit on it (null: none).</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Balance")]
public readonly record struct Balance(LimitType Type, Money Spent, Money Held, Money? Limit)
{
    /// <summary>What is left under the limit, never below zero; null without a limit.</summary>
    public Money? Remaining => Limit is { } limit ? Money.Max(Money.Zero, limit - Spent - Held) : null;
}

/// <summary>Something an accepted answer wants its reader to know: a threshold was crossed, or a soft limit is exceeded (Percent above 100).</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Warning")]
public readonly record struct Warning(LimitType Type, Money Limit, int Percent);

/// <summary>One limit on one window, as it stands: what GET budget lists and what a refusal names.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.LimitStanding")]
public sealed record LimitStanding(
    LimitType Type, Layer SetBy, bool HardStop, Money Limit, Money Spent, Money Held, PeriodWindow Window)
{
    public Money Remaining => Money.Max(Money.Zero, Limit - Spent - Held);

    /// <summary>Spent as a share of the limit, in percent; a limit of zero is 100 % used.</summary>
    public decimal PercentUsed => Limit.Nanos == 0 ? 100m : Math.Round(Spent.InDollars * 100m / Limit.InDollars, 2);
}

/// <summary>What one layer wants to be told.</summary>
/// <param name="Thresholds">The shares of each limit that are worth a warning, in percent, ascending; at most <see cref="MostThresholds"/>.</param>
/// <param name="EscalationEmail">A person who is told when a limit is used up or a runaway is stopped, whatever channels there are.</param>
/// <param name="Wanted">What the layer's channels are there for; null: it has none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AlertSettings")]
public sealed record AlertSettings(ImmutableArray<int> Thresholds, string? EscalationEmail, AlertKinds? Wanted = null)
{
    public const int MostThresholds = 20;

    public static readonly AlertSettings None = new([], null);

    public bool IsNone => Thresholds.IsEmpty && EscalationEmail is null && Wanted is null;
}
