using System.Collections.Concurrent;
using Budgets.Ledger;
using NodaTime;
using NodaTime.TimeZones;

namespace Budgets.Tests.Ledger;

/// <summary>Windows tile time: in every IANA zone, from 2015 to 2040, each instant is in exactly one day, week and month (field.md T9).</summary>
public sealed class TilingTests
{
    private static readonly DateTimeOffset Start = new(2015, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Around a change of clocks by as much as any zone ever changed them in one step short of a day.
    private static readonly TimeSpan[] Around =
        [.. new[] { 0, 30, 60, 90, 120, 180 }.SelectMany(m => new[] { m * TimeSpan.TicksPerMinute, (m * TimeSpan.TicksPerMinute) - 1, (m * TimeSpan.TicksPerMinute) + 1 })
            .SelectMany(t => new[] { t, -t }).Distinct().Order().Select(t => TimeSpan.FromTicks(t))];

    [Fact]
    public void Every_zone_of_the_database_is_walked()
    {
        var ids = DateTimeZoneProviders.Tzdb.Ids;

        Zones().Sum(z => z.Names.Count).Should().Be(ids.Count).And.BeGreaterThan(500);
        ids.Should().OnlyContain(id => Calendar.KnowsZone(id));
    }

    [Fact]
    public void Days_weeks_and_months_tile_time_in_every_zone_from_2015_to_2040() =>
        Walk(Zones(), (LimitType.Daily, IsoDayOfWeek.Monday), (LimitType.Weekly, IsoDayOfWeek.Monday), (LimitType.Monthly, IsoDayOfWeek.Monday));

    /// <summary>litellm #33161: the day a week starts on is settable.</summary>
    [Fact]
    public void Weeks_tile_time_whatever_day_they_start_on()
    {
        string[] names = ["UTC", "Asia/Beirut", "Africa/Cairo", "America/Santiago", "America/Havana", "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu"];

        Walk(
            Zones().Where(z => z.Names.Intersect(names).Any()),
            [.. Enum.GetValues<IsoDayOfWeek>().Where(d => d != IsoDayOfWeek.Monday).Select(d => (LimitType.Weekly, d))]);
    }

    /// <summary>Zones with the same offsets at all times in the range are one zone under several names.</summary>
    private static List<(List<string> Names, DateTimeZone Zone)> Zones() =>
    [
        .. from id in DateTimeZoneProviders.Tzdb.Ids
           let zone = DateTimeZoneProviders.Tzdb[id]
           group id by string.Join(';', Changes(zone).Select(i => $"{(i.HasStart ? i.Start : Instant.MinValue)} {i.WallOffset}")) into same
           select (same.Order(StringComparer.Ordinal).ToList(), DateTimeZoneProviders.Tzdb[same.First()]),
    ];

    private static IEnumerable<ZoneInterval> Changes(DateTimeZone zone) => zone.GetZoneIntervals(
        new Interval(Instant.FromDateTimeOffset(Start.AddMonths(-2)), Instant.FromDateTimeOffset(End.AddMonths(2))));

    private static void Walk(IEnumerable<(List<string> Names, DateTimeZone Zone)> zones, params (LimitType Type, IsoDayOfWeek WeekStart)[] kinds)
    {
        var faults = new ConcurrentBag<string>();
        Parallel.ForEach(zones, new ParallelOptions { MaxDegreeOfParallelism = 2 }, zone =>
        {
            // Those of the whole range, in order, so that one walk meets each in its window.
            var probes = Changes(zone.Zone).Where(i => i.HasStart)
                .SelectMany(i => Around.Select(by => i.Start.ToDateTimeOffset() + by)).Where(at => at >= Start).Order().ToArray();
            foreach (var (type, weekStart) in kinds)
            {
                if (FirstFault(zone.Names[0], zone.Zone, type, weekStart, probes) is { } fault)
                {
                    faults.Add($"{zone.Names[0]} {type} from {weekStart}: {fault}");
                }
            }
        });
        faults.Should().BeEmpty();
    }

    private static string? FirstFault(string name, DateTimeZone zone, LimitType type, IsoDayOfWeek weekStart, DateTimeOffset[] probes)
    {
        PeriodWindow At(DateTimeOffset at) => Calendar.WindowAt(type, at, name, weekStart);

        var window = At(Start);
        if (!window.Contains(Start))
        {
            return $"{window} does not contain {Start:O}";
        }

        var probe = 0;
        while (window.From < End)
        {
            var (from, until) = (window.From, window.Until!.Value);
            if (from >= until || Misplaced(window, type, weekStart, zone) is not null)
            {
                return $"{window} is {Misplaced(window, type, weekStart, zone) ?? "empty"}";
            }

            if (At(from) != window || At(from + ((until - from) / 2)) != window || At(until.AddTicks(-1)) != window)
            {
                return $"{window} is not the window of its start, middle and last tick";
            }

            for (; probe < probes.Length && probes[probe] < until; probe++)
            {
                if (probes[probe] >= from && At(probes[probe]) != window)
                {
                    return $"{probes[probe]:O} is in {window}, not in {At(probes[probe])}";
                }
            }

            var next = At(until);
            if (next.From != until)
            {
                return $"after {window} comes {next}";
            }

            window = next;
        }

        return null;
    }

    /// <summary>What people there would say of its first instant, asked of NodaTime in another way than the calendar does.</summary>
    private static string? Misplaced(PeriodWindow window, LimitType type, IsoDayOfWeek weekStart, DateTimeZone zone)
    {
        var first = Instant.FromDateTimeOffset(window.From).InZone(zone);
        var isFirst = type switch
        {
            LimitType.Weekly => (int)first.DayOfWeek == (int)weekStart,
            LimitType.Monthly => first.Day == 1,
            _ => true,
        };
        return !isFirst ? $"starting on {first.Date}"
            : zone.AtStartOfDay(first.Date) != first ? $"not starting with the day, which starts at {zone.AtStartOfDay(first.Date)}"
            : null;
    }
}
