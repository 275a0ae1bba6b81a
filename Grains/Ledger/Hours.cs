using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What was spent in the hours of a day, as a part of the day's usage: of an hour without spending there is nothing.</summary>
/// <remarks>As with every window, a spend belongs to the hour that admitted it. Hours are counted from the day's first instant, so that a day of 23 or 25 has as many.</remarks>
public static class Hours
{
    /// <summary>The hour of today that it is now.</summary>
    public static DateTimeOffset HourNow(this BudgetState s)
    {
        var from = s.Current(LimitType.Daily).Span.From;
        return from.AddTicks((s.Now - from).Ticks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour);
    }

    public static ImmutableArray<HourSums> With(this ImmutableArray<HourSums>? hours, DateTimeOffset hour, Sums sums)
    {
        var known = hours ?? [];

        // The newest is last, and nearly always the one.
        var at = known.Length;
        while (at > 0 && known[at - 1].Begin > hour)
        {
            at--;
        }

        return at > 0 && known[at - 1].Begin == hour
            ? known.SetItem(at - 1, known[at - 1] with { Sums = known[at - 1].Sums + sums })
            : known.Insert(at, new HourSums(hour, sums));
    }

    /// <summary>A row for every hour of a range of days, and for every hour of theirs that something was spent in, whatever the zone was then. Begins have the zone's offset.</summary>
    /// <param name="spent">By the local day that it belongs to.</param>
    public static ImmutableArray<HourSums> Rows(DateOnly first, DateOnly last, string zone, IEnumerable<(DateOnly Date, HourSums Hour)> spent)
    {
        var byDay = spent.ToLookup(s => s.Date, s => s.Hour);
        var rows = ImmutableArray.CreateBuilder<HourSums>();
        for (var date = first; date <= last; date = date.AddDays(1))
        {
            var sums = new SortedDictionary<DateTimeOffset, Sums>();
            foreach (var begin in Calendar.HoursOf(date, zone))
            {
                sums[begin] = default;
            }

            foreach (var hour in byDay[date])
            {
                sums[hour.Begin] = sums.GetValueOrDefault(hour.Begin) + hour.Sums;
            }

            rows.AddRange(sums.Select(s => new HourSums(Calendar.OnTheWall(s.Key, zone), s.Value)));
        }

        return rows.ToImmutable();
    }
}
