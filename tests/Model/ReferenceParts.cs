using System.Collections.Immutable;

namespace Budgets.Tests.Model;

internal sealed record Unfreeze(string By);

internal sealed record Close(string By);

/// <summary>A hold, and the number of the window of each type that it was admitted in.</summary>
internal sealed record ReferenceHold(string Id, long Amount, int[] Windows, DateTimeOffset At)
{
    public DateTimeOffset ExpiresAt { get; set; }

    public HoldStatus Status { get; set; }

    public Money? Charged { get; set; }

    public bool BooksItself { get; init; }

    /// <summary>The call that settled or released it, and its answer.</summary>
    public (string Body, SpendOutcome Answer)? Ending { get; private set; }

    public SpendOutcome End(string body, SpendOutcome answer)
    {
        Ending = (body, answer);
        return answer;
    }
}

/// <param name="Since">What was admitted from then on is counted here: From, until a change of zone moves that.</param>
internal sealed record ReferenceWindow(LimitType Type, int Number, DateTimeOffset From, DateTimeOffset? Until, DateOnly Date, DateTimeOffset Since)
{
    public static ReferenceWindow First(LimitType type, DateTimeOffset at, string zone, IsoDayOfWeek weekStart)
    {
        var (from, until) = NaiveCalendar.WindowAt(type, at, zone, weekStart);
        return new ReferenceWindow(type, 0, from, until, NaiveCalendar.DateAt(at, zone), from);
    }

    public ReferenceWindow Next(DateTimeOffset at, string zone, IsoDayOfWeek weekStart) => First(Type, at, zone, weekStart) with { Number = Number + 1 };

    /// <summary>A new zone or week start cuts an unused window anew, and never shortens a used one: it ends with the first new window that starts at its end or after.</summary>
    public ReferenceWindow Recut(bool unused, DateTimeOffset now, string zone, IsoDayOfWeek weekStart) => Type is LimitType.PerMinute or LimitType.Total ? this
        : unused ? First(Type, now, zone, weekStart) with { Number = Number, Since = Since }
        : this with { Until = NaiveCalendar.StartAtOrAfter(Type, Until!.Value, zone, weekStart) };
}

/// <summary>What a change of configuration makes of limits and alerts, and which changes an agent may not make.</summary>
internal static class ReferenceConfiguration
{
    private static readonly LimitType[] Types = [LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total, LimitType.PerCall, LimitType.PerMinute];

    public static Limits Changed(Limits l, ConfigureRequest c) => new(
        c.PerMinute.IsSet ? c.PerMinute.Value : l.PerMinute,
        c.Daily.IsSet ? c.Daily.Value : l.Daily,
        c.Weekly.IsSet ? c.Weekly.Value : l.Weekly,
        c.Monthly.IsSet ? c.Monthly.Value : l.Monthly,
        c.Total.IsSet ? c.Total.Value : l.Total,
        c.PerCall.IsSet ? c.PerCall.Value : l.PerCall,
        c.HardStop ?? l.HardStop,
        c.ResumeAfterSeconds.IsSet ? c.ResumeAfterSeconds.Value : l.ResumeAfterSeconds);

    public static AlertSettings Changed(AlertSettings a, ConfigureRequest c)
    {
        var thresholds = new SortedSet<int>(a.Thresholds);
        foreach (var (percent, on) in ((int, bool?)[])[(50, c.AlertAt50), (80, c.AlertAt80), (95, c.AlertAt95)])
        {
            _ = on == true ? thresholds.Add(percent) : on == false && thresholds.Remove(percent);
        }

        return a with { Thresholds = [.. thresholds], EscalationEmail = c.EscalationEmail.IsSet ? c.EscalationEmail.Value : a.EscalationEmail };
    }

    public static ConfigureResult? Refuses(ReferenceBudget b, ConfigureRequest c)
    {
        if (c.TimeZone is "Nowhere/Land")
        {
            return ConfigureResult.UnknownTimeZone;
        }

        if (c.Layer == Layer.Above)
        {
            return null;
        }

        var (above, own) = (b.Layers[0], b.Layers[1]);
        foreach (var type in Types.Where(t => c[t].IsSet))
        {
            var wanted = c[type].Value?.Nanos ?? long.MaxValue;
            if (wanted != long.MaxValue && wanted > (above[type]?.Nanos ?? long.MaxValue))
            {
                return ConfigureResult.AboveCeiling;
            }

            if (c.OnlyTighten && (wanted == long.MaxValue || wanted > (own[type]?.Nanos ?? long.MaxValue)))
            {
                return ConfigureResult.WouldWiden;
            }
        }

        var more = (own.HardStop && c.HardStop == false)
            || (c.ResumeAfterSeconds.IsSet && c.ResumeAfterSeconds.Value != own.ResumeAfterSeconds)
            || c is not { TimeZone: null, WeekStart: null, AlertAt50: null, AlertAt80: null, AlertAt95: null, EscalationEmail.IsSet: false };
        return c.OnlyTighten && more ? ConfigureResult.WouldWiden : null;
    }
}
