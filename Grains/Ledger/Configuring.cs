using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"A limit set from above is a ceiling that the agent's own call can only lower."</summary>
public static class Configuring
{
    private static readonly ImmutableArray<LimitType> AllTypes =
        [LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total, LimitType.PerCall, LimitType.PerMinute];

    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Configure(BudgetState s, ConfigureRequest request)
    {
        if (Governing.Refused(s) is { } no)
        {
            return (new ConfigureOutcome(no, null), []);
        }

        if (request.TimeZone is { } zone && !Calendar.KnowsZone(zone))
        {
            return (UnknownZone(zone), []);
        }

        var own = request.Layer == Layer.Own;
        var old = own ? s.Terms.Own : s.Terms.Above;
        var limits = Changed(old, request);
        if (own && Widens(s, old, limits, request) is { } widens)
        {
            return (widens, []);
        }

        var alerts = Changed(own ? s.Terms.Alerts : s.Terms.AlertsAbove, request);
        var (timeZone, weekStart) = (request.TimeZone ?? s.TimeZone, request.WeekStart ?? s.Terms.WeekStart);
        var configured = new Configured(
            s.Now,
            request.By,
            own ? s.Terms.Above : limits,
            own ? limits : s.Terms.Own,
            timeZone,
            weekStart,
            own ? alerts : s.Terms.Alerts,
            timeZone == s.TimeZone && weekStart == s.Terms.WeekStart ? null : Rollover.Recut(s, timeZone, weekStart),
            (own ? s.Terms.AlertsAbove : alerts) is { IsNone: false } above ? above : null);
        return (new ConfigureOutcome(ConfigureResult.Done, null), [configured]);
    }

    private static Limits Changed(Limits limits, ConfigureRequest request)
    {
        foreach (var type in AllTypes)
        {
            limits = request[type].IsSet ? limits.With(type, request[type].Value) : limits;
        }

        return limits with
        {
            HardStop = request.HardStop ?? limits.HardStop,
            ResumeAfterSeconds = request.ResumeAfterSeconds.Or(limits.ResumeAfterSeconds),
            OnUnknownPrice = request.OnUnknownPrice.Or(limits.OnUnknownPrice),
            Loop = request.Loop.Or(limits.Loop),
            ApprovalThreshold = request.ApprovalThreshold.Or(limits.ApprovalThreshold),
            EconomyAtPercent = request.EconomyAtPercent.Or(limits.EconomyAtPercent),
            HoldMode = request.HoldMode.Or(limits.HoldMode),
        };
    }

    private static AlertSettings Changed(AlertSettings alerts, ConfigureRequest request)
    {
        var thresholds = request.Thresholds ?? alerts.Thresholds;
        thresholds = Switched(thresholds, 50, request.AlertAt50);
        thresholds = Switched(thresholds, 80, request.AlertAt80);
        thresholds = Switched(thresholds, 95, request.AlertAt95);
        return new AlertSettings(thresholds, request.EscalationEmail.Or(alerts.EscalationEmail), request.Wanted.Or(alerts.Wanted));
    }

    private static ImmutableArray<int> Switched(ImmutableArray<int> thresholds, int percent, bool? on) => on switch
    {
        null => thresholds,
        true => thresholds.Contains(percent) ? thresholds : thresholds.Add(percent).Sort(),
        false => thresholds.Remove(percent),
    };

    private static ConfigureOutcome? Widens(BudgetState s, Limits old, Limits wanted, ConfigureRequest request)
    {
        foreach (var type in AllTypes.Where(type => request[type].IsSet))
        {
            if (s.Terms.Above[type] is { } ceiling && wanted[type] > ceiling)
            {
                return new ConfigureOutcome(
                    ConfigureResult.AboveCeiling, null, FieldOf(type), $"The limit set from above is {ceiling}; it can only be lowered.");
            }

            if (request.OnlyTighten && (wanted[type] is not { } limit || limit > old[type]))
            {
                return TightenOnly(FieldOf(type), wanted[type] is null ? "remove" : "raise");
            }
        }

        if (request.ApprovalThreshold.IsSet)
        {
            if (s.Terms.Above.ApprovalThreshold is { } ceiling && wanted.ApprovalThreshold > ceiling)
            {
                return new ConfigureOutcome(ConfigureResult.AboveCeiling, null, "approval_threshold", $"The threshold set from above is {ceiling}; it can only be lowered.");
            }

            if (request.OnlyTighten && (wanted.ApprovalThreshold is not { } threshold || threshold > old.ApprovalThreshold))
            {
                return TightenOnly("approval_threshold", wanted.ApprovalThreshold is null ? "remove" : "raise");
            }
        }

        if (request.EconomyAtPercent.IsSet)
        {
            if (s.Terms.Above.EconomyAtPercent is { } ceiling && wanted.EconomyAtPercent > ceiling)
            {
                return new ConfigureOutcome(ConfigureResult.AboveCeiling, null, "economy_at_percent", $"What is set from above is {ceiling}; it can only be earlier.");
            }

            if (request.OnlyTighten && (wanted.EconomyAtPercent is not { } percent || percent > old.EconomyAtPercent))
            {
                return TightenOnly("economy_at_percent", wanted.EconomyAtPercent is null ? "remove" : "raise");
            }
        }

        if (request.OnUnknownPrice.IsSet && s.Above.OnUnknownPrice is { } floor && wanted.OnUnknownPrice is { } rate && UnknownPriceRate.Dearer(rate, floor) != rate)
        {
            return new ConfigureOutcome(
                ConfigureResult.AboveCeiling, null, "on_unknown_price", "The rate set from above is dearer in some part; the agent's own can only be dearer still.");
        }

        if (request.HoldMode is { IsSet: true, Value: HoldMode.Expected } && s.Terms.Above.HoldMode != HoldMode.Expected)
        {
            return new ConfigureOutcome(ConfigureResult.AboveCeiling, null, "hold_mode", "'expected' lets limits be passed, and is chosen from above; the agent itself can only choose 'strict'.");
        }

        if (!request.OnlyTighten)
        {
            return null;
        }

        if (old.HardStop && !wanted.HardStop)
        {
            return TightenOnly("hard_stop", "soften");
        }

        return old.ResumeAfterSeconds != wanted.ResumeAfterSeconds ? TightenOnly("resume_after_seconds", "change")
            : request.TimeZone is not null ? TightenOnly("time_zone", "change")
            : request.WeekStart is not null ? TightenOnly("week_start", "change")
            : request.AlertAt50 is not null || request.AlertAt80 is not null || request.AlertAt95 is not null ? TightenOnly("alert_at_*_percent", "change")
            : request.EscalationEmail.IsSet ? TightenOnly("escalation_email", "change")
            : request.Thresholds is not null || request.Wanted.IsSet ? TightenOnly("alerts", "change")
            : request.OnUnknownPrice.IsSet ? TightenOnly("on_unknown_price", "change")
            : request.Loop.IsSet ? TightenOnly("loop_detection", "change")
            : request.HoldMode.IsSet && wanted.HoldMode != HoldMode.Strict ? TightenOnly("hold_mode", "loosen")
            : null;
    }

    private static ConfigureOutcome TightenOnly(string field, string verb) => new(
        ConfigureResult.WouldWiden, null, field, $"A spend key may only tighten its agent's limits; it may not {verb} this. Use a manage or operator key.");

    internal static ConfigureOutcome UnknownZone(string zone) =>
        new(ConfigureResult.UnknownTimeZone, null, "time_zone", $"'{zone}' is not in the IANA time zone database.");

    public static string FieldOf(LimitType type) => type switch
    {
        LimitType.PerMinute => "max_spend_per_minute",
        LimitType.Daily => "daily_limit",
        LimitType.Weekly => "weekly_limit",
        LimitType.Monthly => "monthly_limit",
        LimitType.Total => "total_limit",
        LimitType.PerCall => "per_call_limit",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
