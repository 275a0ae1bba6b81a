using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>How the clock moves: by a bit, to the edge of a window or of a hold, or back.</summary>
internal static class Passing
{
    private static readonly ImmutableArray<double> Seconds =
        [0.001, 1, 10, 30, 59.999, 60, 600, 3_600, 21_600, 82_800, 86_400, 90_000, 259_200, 604_800, 2_678_400, 8_000_000];

    private static readonly ImmutableArray<double> Back = [0.0000001, 1, 60, 3_600, 86_400, 691_200];

    public static DateTimeOffset Later(Step s, DateTimeOffset clock, ReferenceBudget budget, List<string> holds)
    {
        budget.At(clock);
        var edge = s.Form switch
        {
            _ when !budget.Exists => null,
            >= 56 when holds.Count > 0 && budget.Holds.TryGetValue(holds[s.Pick % holds.Count], out var hold) => hold.ExpiresAt,
            >= 40 => budget.Window((LimitType)(s.Pick % 4)).Until,
            >= 36 => budget.View(clock)!.Freeze?.ResumesAt,
            _ => null,
        };
        edge = edge?.AddTicks((s.Amount % 3) - 1);
        return edge > clock ? edge.Value : clock.AddSeconds(Seconds[s.Form < 24 ? s.Pick % 8 : s.Pick % Seconds.Length]);
    }

    public static DateTimeOffset Earlier(Step s, DateTimeOffset clock) => clock.AddSeconds(-Back[s.Pick % Back.Length]);
}

/// <summary>Changes of configuration, of both layers and by anybody.</summary>
internal static class Changes
{
    private static readonly ImmutableArray<long> Limits = [0, 1, 2_000_000_000, 5_000_000_000, 10_000_000_000, 25_000_000_000, 50_000_000_000, 100_000_000_000, 500_000_000_000, 1_000_000_000_000_000_000];

    public static ConfigureRequest Of(Step s, Money amount)
    {
        var layer = (Layer)(s.Form % 2);
        var change = new ConfigureRequest(layer, "operator", OnlyTighten: layer == Layer.Own && s.Form % 8 == 1);
        change = s.Form switch
        {
            >= 60 => change with { TimeZone = ((string[])["UTC", "America/New_York", "Nowhere/Land"])[s.Pick % 3] },
            >= 57 => change with { WeekStart = (IsoDayOfWeek)(1 + (s.Pick % 7)) },
            >= 54 => change with { HardStop = s.Pick % 3 != 0 },
            >= 50 => change with { AlertAt50 = s.Pick % 2 == 0, AlertAt80 = s.Pick % 3 == 0, AlertAt95 = s.Pick % 5 == 0 ? null : true },
            _ => With(change, (LimitType)(s.Pick % 6), LimitOf(s, amount)),
        };
        return s.Form is >= 30 and < 45 ? With(change, (LimitType)(s.Form % 6), LimitOf(s with { Pick = s.Pick / 3 }, amount)) : change;
    }

    private static Money? LimitOf(Step s, Money amount) => (s.Pick % 12) switch
    {
        < 2 => null,
        2 => amount,
        _ => new Money(Limits[s.Pick % Limits.Length]),
    };

    private static ConfigureRequest With(ConfigureRequest c, LimitType type, Money? limit) => type switch
    {
        LimitType.PerMinute when c.OnlyTighten => c with { PerMinute = Change.To(limit) },
        LimitType.PerMinute => c with { PerMinute = Change.To(limit), ResumeAfterSeconds = Change.To(limit?.Nanos == 1 ? (int?)null : 90) },
        LimitType.Daily => c with { Daily = Change.To(limit) },
        LimitType.Weekly => c with { Weekly = Change.To(limit) },
        LimitType.Monthly => c with { Monthly = Change.To(limit) },
        LimitType.Total => c with { Total = Change.To(limit) },
        _ => c with { PerCall = Change.To(limit) },
    };
}
