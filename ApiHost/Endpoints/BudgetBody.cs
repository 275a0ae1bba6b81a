using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;
using NodaTime;

namespace Budgets.ApiHost.Endpoints;

/// <summary>A change of a budget: a limit that is left out stays, null removes it, 0 blocks everything.</summary>
internal sealed record BudgetBody : IBody
{
    /// <summary>A breaker that waits longer than this for itself had better wait for a person.</summary>
    public const int MaxResumeAfterSeconds = 2_592_000;

    public Change<Money?> DailyLimit { get; set; }

    public Change<Money?> WeeklyLimit { get; set; }

    public Change<Money?> MonthlyLimit { get; set; }

    [Description("For the agent's whole life.")]
    public Change<Money?> TotalLimit { get; set; }

    public Change<Money?> PerCallLimit { get; set; }

    [Description("The runaway-loop breaker: what would pass it freezes the agent.")]
    public Change<Money?> MaxSpendPerMinute { get; set; }

    [Description("What counts as a runaway loop: the same request again and again with nothing new in between. Not by a spend key; null: nothing does.")]
    public Change<LoopBody?> LoopDetection { get; set; }

    [Description("How long a tripped breaker, or a loop, freezes the agent; null: until somebody unfreezes it.")]
    public Change<int?> ResumeAfterSeconds { get; set; }

    [Description("true (default): what does not fit is refused. false: it is admitted with a warning.")]
    public bool? HardStop { get; set; }

    [JsonPropertyName("alert_at_50_percent")]
    public bool? AlertAt50Percent { get; set; }

    [JsonPropertyName("alert_at_80_percent")]
    public bool? AlertAt80Percent { get; set; }

    [JsonPropertyName("alert_at_95_percent")]
    public bool? AlertAt95Percent { get; set; }

    public Change<string?> EscalationEmail { get; set; }

    [Description("IANA name, such as Europe/Berlin: where its days, weeks and months begin.")]
    public string? TimeZone { get; set; }

    public IsoDayOfWeek? WeekStart { get; set; }

    [Description("What usage of a model without a price costs; null: it is refused. Not by a spend key. A rate set from above can only be made dearer.")]
    public Change<RateBody?> OnUnknownPrice { get; set; }

    [Description("What costs more needs an approval: 402 approval_required. Set from above, it can only be lowered; null: nothing does.")]
    public Change<Money?> ApprovalThreshold { get; set; }

    [Description("From so much of any limit on, in percent of it (1 to 100), calls through the gateway go to cheaper models instead of being stopped. Set from above, it can only be lowered; null: never.")]
    public Change<int?> EconomyAtPercent { get; set; }

    [Description("What the gateway holds for a call: the most that it can cost (strict, default), or what the agent's own calls of this kind come to in 19 cases of 20, once there were 20 of them. expected lets limits be passed by what the rest cost more; it is set from above, and the agent itself can only choose strict.")]
    public Change<HoldMode?> HoldMode { get; set; }

    public void Check(Faults faults)
    {
        faults.Range("economy_at_percent", EconomyAtPercent.Value, 1, 100);
        faults.Money("approval_threshold", ApprovalThreshold.Value, Money.MaxLimit);
        faults.Money("daily_limit", DailyLimit.Value, Money.MaxLimit);
        faults.Money("weekly_limit", WeeklyLimit.Value, Money.MaxLimit);
        faults.Money("monthly_limit", MonthlyLimit.Value, Money.MaxLimit);
        faults.Money("total_limit", TotalLimit.Value, Money.MaxLimit);
        faults.Money("per_call_limit", PerCallLimit.Value, Money.MaxLimit);
        faults.Money("max_spend_per_minute", MaxSpendPerMinute.Value, Money.MaxLimit);
        faults.Range("resume_after_seconds", ResumeAfterSeconds.Value, 1, MaxResumeAfterSeconds);
        Emails.Check(faults, "escalation_email", EscalationEmail.Value);
        Zones.Check(faults, TimeZone);
        OnUnknownPrice.Value?.Check(faults);
        LoopDetection.Value?.Check(faults);
    }

    /// <param name="layer">Above for the operator, Own for the agent itself.</param>
    public ConfigureRequest ToRequest(Layer layer, string by, bool onlyTighten) => new(
        layer,
        by,
        onlyTighten,
        MaxSpendPerMinute,
        DailyLimit,
        WeeklyLimit,
        MonthlyLimit,
        TotalLimit,
        PerCallLimit,
        HardStop,
        ResumeAfterSeconds,
        TimeZone,
        WeekStart,
        AlertAt50Percent,
        AlertAt80Percent,
        AlertAt95Percent,
        EscalationEmail,
        OnUnknownPrice.IsSet ? Change.To<UnknownPriceRate?>(OnUnknownPrice.Value?.ToRate()) : default,
        Loop: LoopDetection.IsSet ? Change.To<LoopRule?>(LoopDetection.Value?.ToRule()) : default,
        ApprovalThreshold: ApprovalThreshold,
        EconomyAtPercent: EconomyAtPercent,
        HoldMode: HoldMode);
}

/// <summary>Requests that name an operation or a model are compared by operation, model, amount or usage, and tags.</summary>
internal sealed record LoopBody : IBody
{
    private const int UsualMinutes = 10;

    [Description("How often, from 2.")]
    public int? Repeats { get; set; }

    [Description("Within how many minutes; default 10.")]
    public int? WithinMinutes { get; set; }

    [Description("freeze (default), or alert: the agent goes on.")]
    public LoopAction? Action { get; set; }

    public void Check(Faults faults)
    {
        faults.AddIf(Repeats is null, "loop_detection.repeats", "is required");
        faults.Range("loop_detection.repeats", Repeats, 2, LoopRule.MostRepeats);
        faults.Range("loop_detection.within_minutes", WithinMinutes, 1, LoopRule.MostMinutes);
    }

    public LoopRule ToRule() => new(Repeats!.Value, WithinMinutes ?? UsualMinutes, Action != LoopAction.Alert);
}

internal enum LoopAction
{
    Freeze = 0,
    Alert,
}

/// <summary>A rate for models that have no price: dollars for a million tokens, or for one image.</summary>
internal sealed record RateBody : IBody
{
    public Money? InputPerMillion { get; set; }

    public Money? OutputPerMillion { get; set; }

    [Description("Left out: usage with images is refused.")]
    public Money? PerImage { get; set; }

    public void Check(Faults faults)
    {
        Check(faults, "on_unknown_price.input_per_million", InputPerMillion, required: true);
        Check(faults, "on_unknown_price.output_per_million", OutputPerMillion, required: true);
        Check(faults, "on_unknown_price.per_image", PerImage, required: false);
    }

    public UnknownPriceRate ToRate() => new(InputPerMillion!.Value, OutputPerMillion!.Value, PerImage);

    private static void Check(Faults faults, string field, Money? rate, bool required)
    {
        faults.AddIf(required && rate is null, field, "is required");
        faults.AddIf(rate == Money.Zero, field, "must be more than zero: what is unknown is never free");
        faults.Money(field, rate, UnknownPriceRate.Most);
    }
}

internal static class Zones
{
    /// <summary>Asked here too, and of the same database, because a request with a wrong zone must not leave half an agent behind.</summary>
    public static void Check(Faults faults, string? zone)
    {
        faults.Text("time_zone", zone, 64);
        faults.AddIf(
            zone is not null && DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is null, "time_zone", "is not in the IANA time zone database");
    }
}
