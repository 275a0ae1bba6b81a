using NodaTime;
using NodaTime.TimeZones;

namespace Budgets.Ledger;

/// <summary>Cuts time into windows: minutes, and a zone's days, weeks and months. Half-open, without gap or overlap.</summary>
/// <remarks>
/// Zones come from NodaTime's own copy of the IANA database, so that every silo agrees whatever its operating system has installed.
/// A day starts at its first instant: 01:00 where midnight is skipped, the first of two midnights where it is repeated;
/// a day that a zone skipped altogether is an empty window.
/// </remarks>
public static class Calendar
{
    /// <summary>IANA names only: the provider itself would also take made-up offsets such as UTC+05:30.</summary>
    public static bool KnowsZone(string zone) => TzdbDateTimeZoneSource.Default.CanonicalIdMap.ContainsKey(zone);

    /// <summary>The window of <paramref name="type"/> that contains <paramref name="at"/>.</summary>
    public static PeriodWindow WindowAt(LimitType type, DateTimeOffset at, string zone, IsoDayOfWeek weekStart)
    {
        switch (type)
        {
            case LimitType.PerMinute:
                var minute = new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
                return new PeriodWindow(minute, minute.AddMinutes(1));
            case LimitType.Total:
                return new PeriodWindow(DateTimeOffset.MinValue, null);
        }

        var tz = Zone(zone);
        var first = FirstDate(type, LocalDate(at, zone), weekStart);
        var from = StartOfDay(first, tz);
        var next = Next(type, first);
        var until = StartOfDay(next, tz);

        // Around a midnight that comes twice (a clock set back over it), local dates run d-1, d, d-1, d: the window
        // is the one that holds the instant, whatever date the clock on the wall shows.
        while (at >= until)
        {
            (first, from) = (next, until);
            next = Next(type, first);
            until = StartOfDay(next, tz);
        }

        return new PeriodWindow(from, until);
    }

    /// <summary>The first boundary of <paramref name="type"/> that is not before <paramref name="at"/>.</summary>
    public static DateTimeOffset BoundaryAtOrAfter(LimitType type, DateTimeOffset at, string zone, IsoDayOfWeek weekStart)
    {
        var window = WindowAt(type, at, zone, weekStart);
        return window.From == at ? at : window.Until ?? throw new ArgumentOutOfRangeException(nameof(type), "The lifetime window has no end.");
    }

    /// <summary>The date on the wall of <paramref name="zone"/>.</summary>
    public static DateOnly DateAt(DateTimeOffset at, string zone) => LocalDate(at, zone).ToDateOnly();

    /// <summary>The instants at which the hours of a day begin, counted from its first.</summary>
    public static IEnumerable<DateTimeOffset> HoursOf(DateOnly date, string zone)
    {
        var (tz, day) = (Zone(zone), NodaTime.LocalDate.FromDateOnly(date));
        var until = StartOfDay(day.PlusDays(1), tz);
        for (var hour = StartOfDay(day, tz); hour < until; hour = hour.AddHours(1))
        {
            yield return hour;
        }
    }

    /// <summary>The same instant with the offset that the zone has then.</summary>
    public static DateTimeOffset OnTheWall(DateTimeOffset at, string zone) => Instant.FromDateTimeOffset(at).InZone(Zone(zone)).ToDateTimeOffset();

    private static LocalDate LocalDate(DateTimeOffset at, string zone) => Instant.FromDateTimeOffset(at).InZone(Zone(zone)).Date;

    private static DateTimeZone Zone(string zone) => DateTimeZoneProviders.Tzdb[zone];

    private static LocalDate FirstDate(LimitType type, LocalDate date, IsoDayOfWeek weekStart) => type switch
    {
        LimitType.Daily => date,
        LimitType.Weekly => date.PlusDays(-(((int)date.DayOfWeek - (int)weekStart + 7) % 7)),
        LimitType.Monthly => new LocalDate(date.Year, date.Month, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static LocalDate Next(LimitType type, LocalDate first) => type switch
    {
        LimitType.Daily => first.PlusDays(1),
        LimitType.Weekly => first.PlusDays(7),
        _ => first.PlusMonths(1),
    };

    private static DateTimeOffset StartOfDay(LocalDate date, DateTimeZone tz)
    {
        var midnight = tz.MapLocal(date.AtMidnight());
        var start = midnight.Count == 0 ? midnight.LateInterval.Start : midnight.First().ToInstant();
        return start.ToDateTimeOffset();
    }
}
