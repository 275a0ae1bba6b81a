using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>Which prices a stretch of time meets.</summary>
internal static class Timing
{
    /// <summary>Every price that is in force at some instant of it, both ends included. Null among them: at some instant there is none.</summary>
    public static IEnumerable<Price?> PricesIn(this PricedModel model, DateTimeOffset from, DateTimeOffset until) =>
        from >= until || model.Prices is [{ From: null, Until: null, DailyFrom: null }] ? [model.At(from)] : Changes(model.Prices, from, until).Append(from).Select(model.At).Distinct();

    private static IEnumerable<DateTimeOffset> Changes(ImmutableArray<Price> prices, DateTimeOffset from, DateTimeOffset until)
    {
        var days = Enumerable.Range(0, 1 + (until.UtcDateTime.Date - from.UtcDateTime.Date).Days).Select(d => from.UtcDateTime.Date.AddDays(d)).ToList();
        return prices.SelectMany(p =>
                new[] { p.From, p.Until }.OfType<DateTimeOffset>()
                    .Concat(from time in new[] { p.DailyFrom, p.DailyUntil }.OfType<TimeOnly>() from day in days select new DateTimeOffset(day + time.ToTimeSpan(), TimeSpan.Zero)))
            .Where(at => at > from && at <= until);
    }
}
