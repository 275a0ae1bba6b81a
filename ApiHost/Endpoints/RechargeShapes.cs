using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>When the balance is recharged by itself; what is left out stays as it is.</summary>
internal sealed record RechargeBody : IBody
{
    private const long NanosPerCent = Money.NanosPerDollar / 100;

    [Description("true makes the agent prepaid, for good.")]
    public bool? Enabled { get; set; }

    [Description("threshold (default): when less than trigger_threshold is available. predictive: when the forecast says that it may run out.")]
    public RechargeMode? Mode { get; set; }

    [Description("Required in threshold mode.")]
    public Change<Money?> TriggerThreshold { get; set; }

    [Description("Dollars and cents of one recharge, from 0.50.")]
    public Money? RechargeAmount { get; set; }

    [Description("One recharge may be so much larger where recharge_amount does not reach the threshold; default: never larger.")]
    public Change<Money?> MaxRechargeAmount { get; set; }

    [Description("In one calendar month of the budget's time zone; default 5.")]
    public int? MaxRechargesPerMonth { get; set; }

    [Description("From the end of one recharge to the next; default 60.")]
    public int? CooldownSeconds { get; set; }

    [Description("How long the balance has to last in predictive mode; default 24.")]
    public int? PredictHoursAhead { get; set; }

    [Description("The payment provider's id of a method or customer. By the operator only.")]
    public Change<string?> PaymentMethod { get; set; }

    public void Check(Faults faults)
    {
        faults.AddIf(Enabled is null, "enabled", "is required");
        faults.Money("trigger_threshold", TriggerThreshold.Value, Money.MaxPerRequest);
        Dollars(faults, "recharge_amount", RechargeAmount);
        Dollars(faults, "max_recharge_amount", MaxRechargeAmount.Value);
        faults.Range("max_recharges_per_month", MaxRechargesPerMonth, 0, RechargeSettings.MostPerMonth);
        faults.Range("cooldown_seconds", CooldownSeconds, 0, RechargeSettings.MostCooldownSeconds);
        faults.Range("predict_hours_ahead", PredictHoursAhead, 1, RechargeSettings.MostHoursAhead);
        faults.Text("payment_method", PaymentMethod.Value, RechargeSettings.MaxPaymentMethodLength);
    }

    public RechargeRequest ToRequest(string by) => new(
        by, Enabled!.Value, Mode, RechargeAmount, TriggerThreshold, MaxRechargeAmount, MaxRechargesPerMonth, CooldownSeconds, PredictHoursAhead, PaymentMethod);

    private static void Dollars(Faults faults, string field, Money? amount)
    {
        faults.AddIf(amount < RechargeSettings.LeastAmount, field, $"must be at least {RechargeSettings.LeastAmount}");
        faults.AddIf(amount > RechargeSettings.MostAmount, field, $"must be at most {RechargeSettings.MostAmount}");
        faults.AddIf(amount?.Nanos % NanosPerCent is not (null or 0), field, "must be whole cents");
    }
}

internal sealed record ResumeBody : IBody
{
    [Description("So many more recharges this month. Left out: as many again as a month has if they were used up, else none.")]
    public int? AdditionalRecharges { get; set; }

    public void Check(Faults faults) => faults.Range("additional_recharges", AdditionalRecharges, 0, RechargeSettings.MostPerMonth);
}

internal enum RechargeStatus
{
    /// <summary>Nothing is recharged.</summary>
    Off = 0,

    Active,

    /// <summary>Until a person resumes it.</summary>
    Paused,
}

internal enum RechargeState
{
    UnderWay = 0,
    Succeeded,
    Declined,
    ActionRequired,
    Failed,
}

/// <param name="Amount">Dollars; of one that has succeeded, credited.</param>
/// <param name="PaymentId">The provider's.</param>
/// <param name="Detail">Why it brought no money.</param>
internal sealed record RechargeLineAnswer(
    string RechargeId,
    DateTimeOffset StartedAt,
    Money Amount,
    RechargeReason Reason,
    RechargeState Status,
    DateTimeOffset? EndedAt,
    string Provider,
    string? PaymentId,
    string? Detail)
{
    public static RechargeLineAnswer Of(RechargeLine l, string provider) => new(
        l.Id.Value, l.StartedAt, l.Amount, l.Reason, l.Status is { } status ? Enum.Parse<RechargeState>(status.ToString()) : RechargeState.UnderWay,
        l.EndedAt, l.Provider ?? provider, l.Payment, l.Detail);
}

/// <param name="AutoRechargeConfigured">False: it was never set.</param>
/// <param name="HasPaymentMethod">One was named; else the provider takes what it has on file.</param>
/// <param name="PausedReason">limit: as many recharges were begun as a month may have, and another was due. failed: the last one brought no money.</param>
/// <param name="RechargesAllowedThisMonth">With what was allowed by resuming.</param>
/// <param name="NextCheckAt">When the forecast is looked at, in predictive mode; spends that are large for the balance have it looked at too.</param>
/// <param name="UnderWay">The recharge that is being paid; null: none is.</param>
/// <param name="Provider">Who takes the money: stripe or simulated.</param>
internal sealed record RechargeAnswer(
    bool AutoRechargeConfigured,
    string AgentId,
    bool Enabled,
    RechargeMode? Mode,
    Money? TriggerThreshold,
    Money? RechargeAmount,
    Money? MaxRechargeAmount,
    int? MaxRechargesPerMonth,
    int? CooldownSeconds,
    int? PredictHoursAhead,
    bool HasPaymentMethod,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PaymentMethod,
    RechargeStatus Status,
    RechargePauseReason? PausedReason,
    DateTimeOffset? PausedSince,
    int RechargesThisMonth,
    int RechargesAllowedThisMonth,
    DateTimeOffset? NextCheckAt,
    Money? Balance,
    Money? Available,
    RechargeLineAnswer? UnderWay,
    string Provider,
    ForecastAnswer Forecast)
{
    /// <param name="seesMethod">Whose payment method it is, is told to the operator only.</param>
    public static RechargeAnswer Of(RechargeView r, string provider, bool seesMethod, DateTimeOffset now)
    {
        var s = r.Settings;
        return new(
            s is not null, r.Agent.Value, s?.Enabled ?? false, s?.Mode, s?.TriggerThreshold, s?.Amount, s?.MaxAmount, s?.MaxPerMonth, s?.CooldownSeconds, s?.PredictHoursAhead,
            s?.PaymentMethod is not null,
            seesMethod ? s?.PaymentMethod : null,
            s is not { Enabled: true } ? RechargeStatus.Off : r.Pause is null ? RechargeStatus.Active : RechargeStatus.Paused,
            r.Pause?.Reason,
            r.Pause?.Since,
            r.ThisMonth,
            r.AllowedThisMonth,
            r.NextCheckAt,
            r.Wallet?.Balance,
            r.Wallet?.Available,
            r.History is [{ Status: null } open, ..] ? RechargeLineAnswer.Of(open, provider) : null,
            provider,
            ForecastAnswer.Of(r.Forecast, now));
    }
}

/// <param name="Provider">Who takes the money now; each line says who took it then.</param>
/// <param name="Data">Newest first; all that is older is in the ledger.</param>
internal sealed record RechargeHistoryAnswer(string AgentId, string Provider, IReadOnlyList<RechargeLineAnswer> Data);
