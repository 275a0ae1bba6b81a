using System.Collections.Immutable;

namespace Budgets;

public enum RechargeMode
{
    /// <summary>When what is available falls below the trigger.</summary>
    Threshold = 0,

    /// <summary>When the forecast says that it may run out; and below the trigger, if there is one.</summary>
    Predictive,
}

/// <summary>When a wallet is recharged by itself, and by how much.</summary>
/// <param name="Amount">Dollars and cents of one recharge.</param>
/// <param name="TriggerThreshold">Required in threshold mode.</param>
/// <param name="MaxAmount">One recharge may be so much larger to reach the threshold at once; null: never larger.</param>
/// <param name="MaxPerMonth">Recharges begun in one calendar month of the budget's zone.</param>
/// <param name="CooldownSeconds">From the end of one recharge to the beginning of the next, at least.</param>
/// <param name="PredictHoursAhead">How long the balance has to last, in predictive mode.</param>
/// <param name="PaymentMethod">The provider's id; null: whatever the provider has on file for nobody in particular.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeSettings")]
public sealed record RechargeSettings(
    bool Enabled,
    RechargeMode Mode,
    Money Amount,
    Money? TriggerThreshold = null,
    Money? MaxAmount = null,
    int MaxPerMonth = RechargeSettings.UsualPerMonth,
    int CooldownSeconds = RechargeSettings.UsualCooldownSeconds,
    int PredictHoursAhead = RechargeSettings.UsualHoursAhead,
    string? PaymentMethod = null)
{
    public const int UsualPerMonth = 5;
    public const int MostPerMonth = 100;
    public const int UsualCooldownSeconds = 60;
    public const int MostCooldownSeconds = 86_400;
    public const int UsualHoursAhead = 24;
    public const int MostHoursAhead = 720;
    public const int MaxPaymentMethodLength = 255;

    /// <summary>Cards take no less.</summary>
    public static readonly Money LeastAmount = Money.FromDollars(0.50m);

    /// <summary>Cards take no more.</summary>
    public static readonly Money MostAmount = Money.FromDollars(999_999.99m);

    /// <summary>The largest recharge that these settings can lead to.</summary>
    public Money Most => MaxAmount is { } max && max > Amount ? max : Amount;
}

/// <summary>A change of the settings; what is left out keeps its value, or has its usual one.</summary>
/// <param name="By">Who asks: the payment method is the operator's to set, and what the operator has set is a ceiling for others.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeRequest")]
public sealed record RechargeRequest(
    string By,
    bool Enabled,
    RechargeMode? Mode = null,
    Money? Amount = null,
    Change<Money?> TriggerThreshold = default,
    Change<Money?> MaxAmount = default,
    int? MaxPerMonth = null,
    int? CooldownSeconds = null,
    int? PredictHoursAhead = null,
    Change<string?> PaymentMethod = default);

/// <summary>A person has looked: recharges go on.</summary>
/// <param name="Additional">So many more this month; null: at the cap as many again as a month has, else none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ResumeRequest")]
public sealed record ResumeRequest(string By, int? Additional = null);

/// <summary>Why a recharge began.</summary>
public enum RechargeReason
{
    /// <summary>What was available fell below the trigger.</summary>
    Threshold = 0,

    /// <summary>It might have run out.</summary>
    Predictive,
}

public enum RechargePauseReason
{
    /// <summary>As many recharges as a month may have were begun, and another was due.</summary>
    Limit = 0,

    /// <summary>The last one brought no money.</summary>
    Failed,
}

/// <summary>Recharges wait for a person.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.RechargePause")]
public sealed record RechargePause(RechargePauseReason Reason, DateTimeOffset Since);

/// <summary>One recharge.</summary>
/// <param name="Amount">Ordered; of one that has succeeded, credited.</param>
/// <param name="Status">Null: under way.</param>
/// <param name="Payment">The provider's id.</param>
/// <param name="Detail">Why it brought no money, in the provider's words or ours.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeLine")]
public sealed record RechargeLine(
    RechargeId Id, DateTimeOffset StartedAt, Money Amount, RechargeReason Reason, PaymentStatus? Status, DateTimeOffset? EndedAt, string? Provider, string? Payment, string? Detail);

/// <summary>Recharges as they stand.</summary>
/// <param name="Settings">Null: they were never set.</param>
/// <param name="Pause">Null: they go on.</param>
/// <param name="ThisMonth">Begun in the calendar month.</param>
/// <param name="AllowedThisMonth">With what was granted by resuming.</param>
/// <param name="NextCheckAt">In predictive mode; null: nothing is looked at by the clock.</param>
/// <param name="History">The newest first, the one under way included; at most <see cref="MostKept"/>.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeView")]
public sealed record RechargeView(
    AgentId Agent,
    RechargeSettings? Settings,
    RechargePause? Pause,
    int ThisMonth,
    int AllowedThisMonth,
    DateTimeOffset? NextCheckAt,
    ImmutableArray<RechargeLine> History,
    WalletView? Wallet,
    ForecastView Forecast)
{
    public const int MostKept = 32;
}

/// <summary>How a change of recharges ended, and how they are then.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeOutcome")]
public sealed record RechargeOutcome(ConfigureResult Result, RechargeView? Recharge, string? Field = null, string? Detail = null);
