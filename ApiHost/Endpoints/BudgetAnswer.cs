using System.Text.Json.Serialization;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Only the limits that are in force, the strictest of each type.</summary>
internal sealed record LimitsActive(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? Daily,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? Weekly,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? Monthly,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? Total,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? PerCall,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? PerMinute)
{
    public static LimitsActive Of(BudgetView budget) => new(
        Strictest(budget, LimitType.Daily),
        Strictest(budget, LimitType.Weekly),
        Strictest(budget, LimitType.Monthly),
        Strictest(budget, LimitType.Total),
        Strictest(budget, LimitType.PerCall),
        Strictest(budget, LimitType.PerMinute));

    public static Money? Strictest(BudgetView budget, LimitType type) =>
        (budget.Above[type], budget.Own[type]) is ({ } above, { } own) ? Money.Min(above, own) : budget.Above[type] ?? budget.Own[type];
}

/// <summary>One layer's configuration: set from above (by the operator), or by the agent itself.</summary>
internal sealed record LayerAnswer(
    Money? DailyLimit,
    Money? WeeklyLimit,
    Money? MonthlyLimit,
    Money? TotalLimit,
    Money? PerCallLimit,
    Money? MaxSpendPerMinute,
    bool HardStop,
    int? ResumeAfterSeconds,
    RateAnswer? OnUnknownPrice,
    LoopAnswer? LoopDetection,
    Money? ApprovalThreshold,
    int? EconomyAtPercent,
    HoldMode? HoldMode)
{
    public static LayerAnswer Of(Limits l) =>
        new(l.Daily, l.Weekly, l.Monthly, l.Total, l.PerCall, l.PerMinute, l.HardStop, l.ResumeAfterSeconds, RateAnswer.Of(l.OnUnknownPrice), LoopAnswer.Of(l.Loop), l.ApprovalThreshold, l.EconomyAtPercent, l.HoldMode);
}

/// <summary>The same request so often within so many minutes, with nothing new in between, is a loop.</summary>
internal sealed record LoopAnswer(int Repeats, int WithinMinutes, LoopAction Action)
{
    public static LoopAnswer? Of(LoopRule? r) => r is null ? null : new(r.Repeats, r.WithinMinutes, r.Freezes ? LoopAction.Freeze : LoopAction.Alert);
}

/// <summary>What usage of a model without a price costs; of the two layers the dearer rate holds, in each part.</summary>
internal sealed record RateAnswer(Money InputPerMillion, Money OutputPerMillion, Money? PerImage)
{
    public static RateAnswer? Of(UnknownPriceRate? r) => r is null ? null : new(r.InputPerMillion, r.OutputPerMillion, r.PerImage);
}

/// <param name="SetBy">above: the operator; own: the agent itself.</param>
/// <param name="PercentUsed">Spent as a share of the limit; 100 for a limit of 0.</param>
/// <param name="ResetsAt">When the window ends and another begins; null: never.</param>
internal sealed record WindowAnswer(
    LimitType LimitType,
    Layer SetBy,
    bool HardStop,
    Money Limit,
    Money Spent,
    Money Held,
    Money Remaining,
    decimal PercentUsed,
    DateTimeOffset? WindowStart,
    DateTimeOffset? ResetsAt)
{
    public static WindowAnswer Of(LimitStanding s) => new(
        s.Type,
        s.SetBy,
        s.HardStop,
        s.Limit,
        s.Spent,
        s.Held,
        s.Remaining,
        s.PercentUsed,
        s.Window.From == DateTimeOffset.MinValue ? null : s.Window.From,
        s.Window.Until);
}

/// <param name="BudgetConfigured">True when any limit is in force.</param>
/// <param name="HardStop">True when any limit in force refuses; false when all of them only warn.</param>
/// <param name="FromAbove">What the operator set: a ceiling for what the agent sets.</param>
internal sealed record BudgetAnswer(
    bool BudgetConfigured,
    LimitsActive LimitsActive,
    string AgentId,
    bool HardStop,
    LayerAnswer FromAbove,
    LayerAnswer Own,
    string TimeZone,
    IsoDayOfWeek WeekStart,
    [property: JsonPropertyName("alert_at_50_percent")] bool AlertAt50Percent,
    [property: JsonPropertyName("alert_at_80_percent")] bool AlertAt80Percent,
    [property: JsonPropertyName("alert_at_95_percent")] bool AlertAt95Percent,
    string? EscalationEmail,
    Money? ApprovalThreshold,
    HoldMode HoldMode,
    IReadOnlyList<WindowAnswer> Windows,
    int OpenReservations)
{
    public static BudgetAnswer Of(BudgetView budget, bool configured = false)
    {
        var active = LimitsActive.Of(budget);
        return new(
            configured || active != new LimitsActive(null, null, null, null, null, null),
            active,
            budget.Agent.Value,
            Refuses(budget.Above) || Refuses(budget.Own) || (budget.Above.HardStop && budget.Own.HardStop),
            LayerAnswer.Of(budget.Above),
            LayerAnswer.Of(budget.Own),
            budget.TimeZone,
            budget.WeekStart,
            budget.Alerts.Thresholds.Contains(50),
            budget.Alerts.Thresholds.Contains(80),
            budget.Alerts.Thresholds.Contains(95),
            budget.Alerts.EscalationEmail,
            ThresholdOf(budget),
            ModeOf(budget),
            [.. budget.Windows.Select(WindowAnswer.Of)],
            budget.OpenHolds);
    }

    /// <summary>The strictest of both layers; null: no spend needs an approval.</summary>
    public static Money? ThresholdOf(BudgetView budget) =>
        (budget.Above.ApprovalThreshold, budget.Own.ApprovalThreshold) is ({ } above, { } own) ? Money.Min(above, own) : budget.Above.ApprovalThreshold ?? budget.Own.ApprovalThreshold;

    /// <summary>The mode of holds in force.</summary>
    public static HoldMode ModeOf(BudgetView budget) => Limits.ModeOf(budget.Above, budget.Own);

    private static bool Refuses(Limits limits) => limits.HardStop && limits with { HardStop = true, ResumeAfterSeconds = null, PerMinute = null, OnUnknownPrice = null, Loop = null, ApprovalThreshold = null, EconomyAtPercent = null, HoldMode = null } != Limits.None;
}
