using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>All that one budget remembers. Replaced, never edited; made only by <see cref="Fold"/>.</summary>
public sealed record BudgetState(AgentId Agent)
{
    /// <summary>Open holds of one budget at most.</summary>
    public const int MaxOpenHolds = 10_000;

    /// <summary>Alerts that wait at most; what comes on top takes the newest one's place and counts it.</summary>
    public const int MaxOutbox = 32;

    /// <summary>How many events made this state; the seq of the newest.</summary>
    public long Seq { get; init; }

    /// <summary>The time of the newest event. Time in a budget never runs backwards, whatever the clock does.</summary>
    public DateTimeOffset Now { get; init; }

    public bool Closed { get; init; }

    public Freeze? Freeze { get; init; }

    /// <summary>What was agreed and seldom changes.</summary>
    public Terms Terms { get; init; } = new();

    /// <summary>As set, and as people have raised it for a while.</summary>
    public Limits Above => Raises.IsEmpty ? Terms.Above : Permitting.Raised(Terms.Above, Raises);

    /// <inheritdoc cref="Above"/>
    public Limits Own => Raises.IsEmpty ? Terms.Own : Permitting.Raised(Terms.Own, Raises);

    public string TimeZone => Terms.TimeZone;

    /// <summary>The current windows, one for each of <see cref="Books.Types"/>, in that order.</summary>
    public ImmutableArray<Window> Windows { get; init; } = [];

    /// <summary>Windows that have ended while holds admitted in them are still open.</summary>
    public ImmutableArray<Window> Draining { get; init; } = [];

    public ImmutableDictionary<HoldId, Hold> Holds { get; init; } = ImmutableDictionary<HoldId, Hold>.Empty;

    /// <summary>No hold expires before this; null without holds. May be earlier than the first expiry, never later.</summary>
    public DateTimeOffset? NextExpiry { get; init; }

    public Memory Memory { get; init; } = Memory.Empty;

    /// <summary>The usage of days that are not closed yet, oldest first; the last is today.</summary>
    public ImmutableArray<Day> Days { get; init; } = [];

    /// <summary>Where the rows of the closed days are, oldest first, for the last <see cref="Day.Kept"/> days at least.</summary>
    public ImmutableArray<ClosedDay> ClosedDays { get; init; } = [];

    /// <summary>No day that this state has forgotten, and the index does not know, was closed after this seq; 0: there is none.</summary>
    public long UnfiledUpTo { get; init; }

    /// <summary>What the agent has drawn from its parent, oldest first; a spend goes under the newest. Empty without a parent.</summary>
    public ImmutableArray<Draw> Draws { get; init; } = [];

    /// <summary>What the agent's own tree has drawn from it, for its children.</summary>
    public ImmutableArray<Loan> Loans { get; init; } = [];

    /// <summary>What is to be told and was not yet taken by those who deliver it, oldest first.</summary>
    public ImmutableArray<Alert> Outbox { get; init; } = [];

    /// <summary>The number of the newest alert.</summary>
    public long LastAlert { get; init; }

    /// <summary>What was told about the limits, so that it is told once. At most one for each limit with a window.</summary>
    public ImmutableArray<Told> Told { get; init; } = [];

    /// <summary>The agent's last different requests, oldest first, where a rule for loops wants to know; at most <see cref="Looping.MostSteps"/>.</summary>
    public ImmutableArray<Repeat> Repeats { get; init; } = [];

    /// <summary>What was asked lately, where callers tell it.</summary>
    public Prompts Prompts { get; init; } = Prompts.None;

    /// <summary>How fast money goes, descendants' included.</summary>
    public Pace Pace { get; init; }

    /// <summary>Null: postpaid, or there is a parent.</summary>
    public Wallet? Wallet { get; init; }

    /// <summary>Null: they were never set.</summary>
    public Recharges? Recharges { get; init; }

    /// <summary>What the forecast goes by, descendants' spending included. Null: nothing was spent since there is such a thing.</summary>
    internal Forecasting.Spending? Spending { get; init; }

    /// <summary>Requests for approval that wait, and permissions that were not used yet, oldest first.</summary>
    public ImmutableArray<Approval> Approvals { get; init; } = [];

    /// <summary>What the approvals in force add to limits.</summary>
    public ImmutableArray<(LimitType Type, Money By)> Raises { get; init; } = [];

    /// <summary>No approval ends, and nobody is reminded of one, before this; null: there is none.</summary>
    public DateTimeOffset? NextLapse { get; init; }

    /// <summary>The number of the newest request for approval.</summary>
    public long LastApproval { get; init; }

    /// <summary>When people were asked last, oldest first; at most <see cref="Approval.MostInAnHour"/>.</summary>
    public ImmutableArray<DateTimeOffset> AskedLately { get; init; } = [];

    public bool Exists => Seq > 0;

    public Limits LimitsOf(Layer layer) => layer == Layer.Above ? Above : Own;
}

/// <summary>The configured part of a budget, apart from what moves with every charge.</summary>
public sealed record Terms
{
    public DateTimeOffset CreatedAt { get; init; }

    public string Name { get; init; } = "";

    public AgentId? Parent { get; init; }

    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string TimeZone { get; init; } = "UTC";

    public IsoDayOfWeek WeekStart { get; init; } = IsoDayOfWeek.Monday;

    public Limits Above { get; init; } = Limits.None;

    public Limits Own { get; init; } = Limits.None;

    /// <summary>The agent's own.</summary>
    public AlertSettings Alerts { get; init; } = AlertSettings.None;

    /// <summary>Set from above: the agent can add to it, and silence nothing.</summary>
    public AlertSettings AlertsAbove { get; init; } = AlertSettings.None;

    /// <summary>When the agent closes by itself; null: never.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>How many levels of descendants it may have; null: no bound of its own.</summary>
    public int? MaxBelow { get; init; }
}

/// <summary>What was counted in one stretch of time.</summary>
/// <param name="Number">Counts the windows of one type; a hold remembers the numbers it was counted in.</param>
/// <param name="OpenHolds">Holds admitted in this window that have not ended.</param>
public readonly record struct Window(LimitType Type, long Number, PeriodWindow Span, Money Spent, Money Held, int OpenHolds);

/// <summary>The windows that a spend was admitted in: it belongs to them for good.</summary>
public readonly record struct Admission(long Minute, long Day, long Week, long Month)
{
    public long this[LimitType type] => type switch
    {
        LimitType.PerMinute => Minute,
        LimitType.Daily => Day,
        LimitType.Weekly => Week,
        LimitType.Monthly => Month,
        LimitType.Total => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}

/// <summary>An open hold.</summary>
/// <param name="Date">The local day that admitted it.</param>
/// <param name="Draw">The number of the draw that it is in; null without a parent.</param>
/// <param name="Hour">Begin of the hour that admitted it; null: it was written before hours were counted.</param>
/// <param name="BooksItself">True: it is spent when it expires. Null otherwise.</param>
public sealed record Hold(HoldId Id, Money Amount, DateTimeOffset ExpiresAt, Admission Admission, DateOnly Date, Purpose Purpose, long? Draw = null, DateTimeOffset? Hour = null, bool? BooksItself = null);

/// <param name="Tripped">True: by the per-minute breaker, not by a person.</param>
public sealed record Freeze(string Reason, string By, DateTimeOffset Since, DateTimeOffset? ResumesAt, bool Tripped);

/// <summary>One local day's usage while it is open. <paramref name="Number"/> is its daily window's.</summary>
/// <param name="Hours">The same by the hour; null: nothing yet.</param>
public sealed record Day(long Number, DateOnly Date, UsageBook Usage, ImmutableArray<HourSums>? Hours = null)
{
    /// <summary>How many closed days a state can find by itself. For older ones the journal's index is asked.</summary>
    public const int Kept = 62;
}

/// <summary>A closed day's totals are in the event with this seq, and in those that it leads back to (<see cref="DayClosed.Earlier"/>).</summary>
/// <param name="Filed">True: the journal's index leads from the date to it. Null: it was written before there was such a thing.</param>
public readonly record struct ClosedDay(DateOnly Date, long Seq, bool? Filed = null);
