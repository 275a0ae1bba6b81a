using NodaTime;

namespace Budgets.Tests.Forecasting;

/// <summary>An agent of a kind, all of whose spends a seed decides. The same seed, the same spends.</summary>
internal sealed class SimulatedAgent
{
    public static readonly string[] Kinds = ["steady", "diurnal", "weekday", "bursty", "growing", "from nothing", "one-off spike"];

    private const double Growth = 0.012;

    private static readonly DateTimeOffset Beginning = new(2026, 1, 5, 7, 20, 0, TimeSpan.Zero);

    public SimulatedAgent(string kind, int days, int seed)
    {
        var dice = new Random(seed);
        (Kind, Days, WarmUp) = (kind, days, kind == "from nothing" ? 0 : 28);
        Zone = ((string[])["UTC", "America/New_York", "Asia/Kolkata"])[seed % 3];
        PerDay = Math.Round(2 * Math.Pow(100, dice.NextDouble()), 2);
        Begins = Beginning.AddHours(dice.Next(24 * 7));
        Spends = [.. Spend(dice)];
    }

    public string Kind { get; }

    /// <summary>Those that count; before them come those of the warm-up, after them some to see what became of the last forecasts.</summary>
    public int Days { get; }

    public int WarmUp { get; }

    public string Zone { get; }

    /// <summary>Dollars in a day on the long mean (a growing one begins there).</summary>
    public double PerDay { get; }

    /// <summary>Dollars, as the seed's example has them: 100 for 15 in a day. A growing one was given what it will need.</summary>
    public double Recharge => PerDay * 100 / 15 * (Kind == "growing" ? Math.Exp(Growth * (WarmUp + Days)) : 1);

    public DateTimeOffset Begins { get; }

    public DateTimeOffset Counts => Begins.AddDays(WarmUp);

    public DateTimeOffset Ends => Counts.AddDays(Days);

    public IReadOnlyList<(DateTimeOffset At, double Dollars)> Spends { get; }

    private IEnumerable<(DateTimeOffset At, double Dollars)> Spend(Random dice)
    {
        var zone = DateTimeZoneProviders.Tzdb[Zone];
        var perHour = 1 + dice.Next(8);
        var spread = 0.3 + 0.7 * dice.NextDouble();
        var spikeHour = (WarmUp + 5 + dice.Next(Math.Max(1, Days - 10))) * 24 + dice.Next(24);
        var (ofDay, burst, left) = (1.0, 1.0, 0);
        for (var h = 0; h < (WarmUp + Days + 60) * 24; h++)
        {
            var at = Begins.AddHours(h);
            if (h % 24 == 0)
            {
                ofDay = Math.Exp(0.2 * Normal(dice) - 0.02);
            }

            // A burst about every thirty hours, of three hours on the mean, at eight times the rest.
            (burst, left) = left > 1 ? (burst, left - 1) : dice.NextDouble() < 1 / 30.0 ? (4 + dice.NextDouble() * 8, 1 + dice.Next(5)) : (1.0, 0);
            var local = Instant.FromDateTimeOffset(at).InZone(zone).LocalDateTime;
            var shape = Kind switch
            {
                "diurnal" or "from nothing" or "one-off spike" => 1 + 0.8 * Math.Sin((local.Hour - 9) * Math.PI / 12),
                "weekday" => local.DayOfWeek is NodaTime.IsoDayOfWeek.Saturday or NodaTime.IsoDayOfWeek.Sunday ? 0.1 : local.Hour is >= 8 and < 18 ? 2.9 : 0.2,
                "bursty" => burst / 1.65,
                "growing" => Math.Exp(Growth * h / 24),
                _ => 1,
            };
            var (dollars, count) = (PerDay / 24 * shape * ofDay, Poisson(dice, perHour * shape));
            foreach (var minute in Enumerable.Range(0, count).Select(_ => dice.NextDouble() * 60).Order().ToList())
            {
                yield return (at.AddMinutes(minute), dollars / (perHour * shape) * Math.Exp(spread * Normal(dice) - spread * spread / 2));
            }

            if (Kind == "one-off spike" && h == spikeHour)
            {
                var size = PerDay * (2 + 4 * dice.NextDouble());
                for (var i = 0; i < 20; i++)
                {
                    yield return (at.AddMinutes(60 + i * 0.01), size / 20);
                }
            }
        }
    }

    private static int Poisson(Random dice, double mean)
    {
        var (n, product, limit) = (0, dice.NextDouble(), Math.Exp(-mean));
        while (product > limit)
        {
            product *= dice.NextDouble();
            n++;
        }

        return n;
    }

    private static double Normal(Random dice) => Math.Sqrt(-2 * Math.Log(1 - dice.NextDouble())) * Math.Cos(2 * Math.PI * dice.NextDouble());
}
