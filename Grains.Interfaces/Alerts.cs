using System.Collections.Immutable;

namespace Budgets;

/// <summary>What an alert is about. Flags, so that somebody can ask for several. The names in snake case are the webhook's alert_type.</summary>
[Flags]
public enum AlertKinds
{
    None = 0,

    /// <summary>A threshold below 100 % of a limit was crossed.</summary>
    BudgetWarning = 1,

    /// <summary>A limit is used up, or a request was refused for it.</summary>
    BudgetExceeded = 2,

    /// <summary>A window has ended: told to those who were blocked in it, and to those who asked for it by name.</summary>
    PeriodReset = 4,

    /// <summary>The per-minute breaker tripped, or a loop was detected.</summary>
    RunawayDetected = 8,

    /// <summary>A child whose policy is to alert has passed its budget; told to its parent.</summary>
    ChildOverBudget = 16,

    /// <summary>A webhook was given up.</summary>
    WebhookDisabled = 32,

    /// <summary>Somebody wants to see whether alerts arrive.</summary>
    Test = 64,

    /// <summary>A recharge has brought money.</summary>
    RechargeSucceeded = 128,

    /// <summary>A recharge has brought none; there is none until somebody resumes.</summary>
    RechargeFailed = 256,

    /// <summary>Another recharge is due than a month may have; there is none until somebody resumes.</summary>
    RechargeLimitExceeded = 512,

    /// <summary>Somebody is to approve something, or is reminded of it.</summary>
    ApprovalRequested = 1024,

    /// <summary>It was approved, denied, or taken back.</summary>
    ApprovalDecided = 2048,

    /// <summary>Nobody decided in time.</summary>
    ApprovalExpired = 4096,
}

/// <summary>What a budget has to tell, with the figures of the moment: every try and every replay says the same.</summary>
/// <param name="Number">Counts the alerts of one budget, from 1.</param>
/// <param name="Agent">Whose budget it is about; for <see cref="AlertKinds.ChildOverBudget"/> the child's.</param>
/// <param name="Standing">The limit it is about, as it stood; null: none.</param>
/// <param name="Percent">The threshold that was crossed, 100 for a limit that is used up; null: none.</param>
/// <param name="Passed">Lower thresholds that the same step crossed, ascending: recorded, and not told by themselves.</param>
/// <param name="SpentPerHour">At the recent rate; null: nothing was spent recently.</param>
/// <param name="Drivers">The models that cost most today, dearest first, at most <see cref="MostDrivers"/>.</param>
/// <param name="Escalations">E-mail addresses that are to be told whatever the channels say.</param>
/// <param name="Detail">A sentence for people; null: the figures say it.</param>
/// <param name="Approval">Of alerts about one.</param>
/// <param name="Coalesced">How many more alerts, for which there was no room, this one stands for.</param>
/// <param name="DepletedAt">When the limit will be used up, as likely as not; null: not before its window ends, or too little is known to say.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Alert")]
public sealed record Alert(
    long Number,
    AlertKinds Kind,
    DateTimeOffset At,
    AgentId Agent,
    string AgentName,
    LimitStanding? Standing,
    int? Percent,
    ImmutableArray<int> Passed,
    Money? SpentPerHour,
    ImmutableArray<NamedSums> Drivers,
    ImmutableArray<string> Escalations,
    string? Detail = null,
    int Coalesced = 0,
    DateTimeOffset? DepletedAt = null,
    ApprovalNotice? Approval = null)
{
    public const int MostDrivers = 3;

    /// <summary>What is told to those who name no events; and a reset, to those who were blocked before it.</summary>
    public const AlertKinds Usual =
        AlertKinds.BudgetWarning | AlertKinds.BudgetExceeded | AlertKinds.RunawayDetected | AlertKinds.ChildOverBudget | AlertKinds.WebhookDisabled
        | AlertKinds.RechargeFailed | AlertKinds.RechargeLimitExceeded
        | AlertKinds.ApprovalRequested | AlertKinds.ApprovalDecided | AlertKinds.ApprovalExpired;
}
