using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Something that happened to a budget. The stored names and members are promises (tests/Approved).</summary>
/// <remarks>Events that move money carry the balances after them: the ledger reads them, and the fold checks itself against them.</remarks>
public abstract record BudgetEvent(DateTimeOffset At);

/// <param name="EndsAt">When it closes by itself.</param>
/// <param name="MaxBelow">How many levels of descendants it may have.</param>
public sealed record Opened(
    DateTimeOffset At, string By, string Name, AgentId? Parent, string TimeZone, IsoDayOfWeek WeekStart, Spans Windows,
    DateTimeOffset? EndsAt = null, int? MaxBelow = null) : BudgetEvent(At);

/// <summary>Windows cut by the calendar: those named begin, or are cut anew. Written down, so that no later version of the time zone database can read old entries differently.</summary>
/// <param name="Today">The local date of the daily window.</param>
public sealed record Spans(PeriodWindow? Day, PeriodWindow? Week, PeriodWindow? Month, DateOnly Today)
{
    public PeriodWindow? this[LimitType type] => type switch
    {
        LimitType.Daily => Day,
        LimitType.Weekly => Week,
        LimitType.Monthly => Month,
        _ => null,
    };
}

/// <summary>Windows have ended and the next ones begun.</summary>
public sealed record Rolled(DateTimeOffset At, Spans Windows) : BudgetEvent(At);

public sealed record Described(
    DateTimeOffset At, string By, string Name, ImmutableSortedDictionary<string, string> Metadata) : BudgetEvent(At);

/// <summary>The whole configuration after a change.</summary>
/// <param name="Alerts">The agent's own; until there were two layers, everybody's.</param>
/// <param name="AlertsAbove">Null: none, or it was written before there were two layers.</param>
/// <param name="Windows">How a new zone or week start cuts the current windows; null: as before.</param>
public sealed record Configured(
    DateTimeOffset At, string By, Limits Above, Limits Own, string TimeZone, IsoDayOfWeek WeekStart, AlertSettings Alerts, Spans? Windows,
    AlertSettings? AlertsAbove = null) : BudgetEvent(At);

/// <param name="PriceVersion">The price the amount was worked out with; null, here and below: its caller named it.</param>
/// <param name="Approval">The approval that it used, whole.</param>
public sealed record Charged(
    DateTimeOffset At,
    ChargeId Id,
    Money Amount,
    Purpose Purpose,
    IdempotencyKey Key,
    Digest Fingerprint,
    ChargeMode Mode,
    DateTimeOffset? OccurredAt,
    bool Overage,
    ImmutableArray<Balance> After,
    ImmutableArray<Warning> Warnings,
    string? PriceVersion = null,
    Approval? Approval = null) : BudgetEvent(At);

/// <param name="Approval">The approval that it used, whole: it is no longer in the state.</param>
/// <param name="BooksItself">True: it is spent when it expires. Null otherwise.</param>
/// <param name="Dearest">Of several calls, the most that one can cost; null: it is for one.</param>
/// <param name="OutOf">The open hold that its money was taken out of: it counts where that one does. Null: it is new money.</param>
public sealed record Held(
    DateTimeOffset At,
    HoldId Id,
    Money Amount,
    DateTimeOffset ExpiresAt,
    Purpose Purpose,
    IdempotencyKey Key,
    Digest Fingerprint,
    ImmutableArray<Balance> After,
    ImmutableArray<Warning> Warnings,
    string? PriceVersion = null,
    Approval? Approval = null,
    bool? BooksItself = null,
    Money? Dearest = null,
    HoldId? OutOf = null) : BudgetEvent(At);

/// <param name="Amount">What was really spent.</param>
/// <param name="Released">What of the hold was given back.</param>
/// <param name="Overage">More was spent than was held and allowed.</param>
/// <param name="Late">The hold had expired.</param>
/// <param name="Hold">The hold it settles: with its admission, for it is no longer in the state.</param>
/// <param name="Assumed">True: the hold expired, and as nobody said what was spent, it was all of it. Null otherwise.</param>
/// <param name="Corrects">True: all of the hold was assumed to be spent before, and only the difference is booked now. Null otherwise.</param>
public sealed record Settled(
    DateTimeOffset At,
    EndedHold Hold,
    Money Amount,
    Money Released,
    bool Overage,
    bool Late,
    Purpose Purpose,
    IdempotencyKey? Key,
    Digest Fingerprint,
    ImmutableArray<Balance> After,
    ImmutableArray<Warning> Warnings,
    string? PriceVersion = null,
    bool? Assumed = null,
    bool? Corrects = null) : BudgetEvent(At);

/// <param name="Corrects">True: all of the hold was assumed to be spent before, and is taken back now. Null otherwise.</param>
public sealed record Released(
    DateTimeOffset At,
    EndedHold Hold,
    IdempotencyKey? Key,
    Digest Fingerprint,
    ImmutableArray<Balance> After,
    bool? Corrects = null) : BudgetEvent(At);

public sealed record Extended(
    DateTimeOffset At, HoldId Id, Money Amount, DateTimeOffset ExpiresAt, IdempotencyKey? Key, Digest Fingerprint, ImmutableArray<Balance> After) : BudgetEvent(At);

public sealed record Expired(DateTimeOffset At, EndedHold Hold, ImmutableArray<Balance> After) : BudgetEvent(At);

/// <summary>What a hold was, for those who meet it after its end.</summary>
public sealed record EndedHold(HoldId Id, Money Amount, DateTimeOffset ExpiresAt, Admission Admission, DateOnly Date, Purpose Purpose, long? Draw = null, DateTimeOffset? Hour = null);

public sealed record Frozen(DateTimeOffset At, string By, string Reason, DateTimeOffset? ResumesAt, bool Tripped) : BudgetEvent(At);

public sealed record Unfrozen(DateTimeOffset At, string By) : BudgetEvent(At);

public sealed record Closed(DateTimeOffset At, string By) : BudgetEvent(At);

/// <summary>Another parent from now on. Everything drawn from the one before was given back.</summary>
public sealed record Moved(DateTimeOffset At, string By, AgentId Parent) : BudgetEvent(At);

/// <summary>Something that has to be told. It stays in the state until those who deliver it have it.</summary>
public sealed record Alerted(DateTimeOffset At, Alert Alert) : BudgetEvent(At);

/// <summary>Those who deliver have the alerts up to a number.</summary>
public sealed record AlertsTaken(DateTimeOffset At, long UpTo) : BudgetEvent(At);

/// <summary>The totals of a day that is over and has no open holds. A later event for the same day (a late settlement) adds to it.</summary>
/// <param name="Earlier">The seq of the event before it that closed the same date; 0: there is none. Null: it was written before days were filed by their date.</param>
/// <param name="Hours">The usage by the hour; null: there was none, or hours were not counted yet.</param>
public sealed record DayClosed(DateTimeOffset At, DateOnly Date, UsageBook Usage, long? Earlier = null, ImmutableArray<HourSums>? Hours = null) : BudgetEvent(At);

/// <summary>What providers say was paid, where it is not what was booked. A <see cref="DayClosed"/> follows for each day that is closed.</summary>
/// <param name="Source">Whose figures they are; null: nobody said.</param>
/// <param name="Amount">All lines together: more was paid (positive), or less.</param>
/// <param name="OfWeek">What of it belongs to the current week.</param>
/// <param name="OfMonth">What of it belongs to the current month.</param>
public sealed record Reconciled(
    DateTimeOffset At,
    string By,
    string? Source,
    ImmutableArray<Correction> Lines,
    Money Amount,
    Money OfWeek,
    Money OfMonth,
    IdempotencyKey Key,
    Digest Fingerprint,
    bool Overage,
    ImmutableArray<Balance> After,
    ImmutableArray<Warning> Warnings) : BudgetEvent(At);

/// <summary>A report about one of the agent's own draws, on its way to its parent's tree.</summary>
public sealed record DrawAsked(DateTimeOffset At, Asked Asked) : BudgetEvent(At);

/// <summary>The parent's tree has answered.</summary>
public sealed record DrawAnswered(DateTimeOffset At, Answered Answered) : BudgetEvent(At);

/// <summary>An entry in the wallet; the first one makes the agent prepaid.</summary>
/// <param name="Balance">After it.</param>
public sealed record Credited(
    DateTimeOffset At, string By, Money Amount, CreditSource Source, string? Note, IdempotencyKey Key, Digest Fingerprint, Money Balance) : BudgetEvent(At);

/// <summary>All the settings after a change. Switched on, they make the agent prepaid.</summary>
/// <param name="Ceiling">As the operator last set them.</param>
public sealed record RechargeConfigured(DateTimeOffset At, string By, RechargeSettings Settings, RechargeSettings? Ceiling) : BudgetEvent(At);

/// <summary>A recharge is ordered. It stands like this, whatever becomes of the settings.</summary>
/// <param name="Available">What was left to spend.</param>
public sealed record RechargeStarted(DateTimeOffset At, RechargeId Id, Money Amount, RechargeReason Reason, Money Available, string? PaymentMethod) : BudgetEvent(At);

/// <summary>Those who see to the payment have the order.</summary>
public sealed record RechargeTaken(DateTimeOffset At, RechargeId Id) : BudgetEvent(At);

/// <summary>What has become of an order. A success can follow another end, and nothing follows a success.</summary>
/// <param name="Amount">What came into the wallet.</param>
/// <param name="PaidAt">When its provider says that it ended.</param>
/// <param name="Balance">After it.</param>
public sealed record RechargeEnded(
    DateTimeOffset At, RechargeId Id, PaymentStatus Status, string Provider, string? Payment, Money Amount, string? Detail, DateTimeOffset PaidAt, Money Balance) : BudgetEvent(At);

/// <summary>No recharge begins until somebody resumes.</summary>
public sealed record RechargePaused(DateTimeOffset At, RechargePauseReason Reason) : BudgetEvent(At);

/// <param name="Additional">More this month than the settings say.</param>
public sealed record RechargeResumed(DateTimeOffset At, string By, int Additional) : BudgetEvent(At);

/// <summary>The forecast was looked at, and there was more than is needed.</summary>
/// <param name="Needed">What has to be available.</param>
public sealed record RechargeChecked(DateTimeOffset At, Money Needed) : BudgetEvent(At);

/// <summary>What is set aside for, and was spent by, the agent's children.</summary>
public sealed record Lent(DateTimeOffset At, Loan Loan, ImmutableArray<Balance> After) : BudgetEvent(At);

/// <summary>The agent asks for approval.</summary>
/// <param name="IsAutomatic">True: it is approved in the same step, and nobody is asked. Null otherwise.</param>
public sealed record ApprovalAsked(DateTimeOffset At, Approval Approval, bool? IsAutomatic = null) : BudgetEvent(At);

/// <summary>It asks the same again while it waits.</summary>
public sealed record ApprovalAskedAgain(DateTimeOffset At, ApprovalId Id, int Times) : BudgetEvent(At);

/// <summary>Those who decide are reminded.</summary>
public sealed record ApprovalReminded(DateTimeOffset At, ApprovalId Id, int Times) : BudgetEvent(At);

/// <summary>It was approved. From now on it can be used; a limit increase is in force.</summary>
public sealed record Permitted(DateTimeOffset At, ApprovalId Id, Permission Permission) : BudgetEvent(At);

/// <summary>It ended unused.</summary>
/// <param name="Approval">As it was: it is no longer in the state.</param>
/// <param name="Verdict">Null: time ended it.</param>
public sealed record ApprovalEnded(DateTimeOffset At, Approval Approval, ApprovalStatus Status, Verdict? Verdict) : BudgetEvent(At);
