using System.Collections.Immutable;

namespace Budgets.Forecasting;

/// <summary>How far forecasts of an hour, a day and a week were off. Squares of misses over what was meant, both in hours of mean weight.</summary>
/// <param name="Squares">Of an hour, a day, a week.</param>
/// <param name="Meant">For the same.</param>
/// <param name="Width">Of an hour, a day, a week: the logarithm of what makes the band of four fifths hold four fifths.</param>
/// <param name="Pending">Daily forecasts not judged yet, the newest first: at most seven.</param>
/// <param name="Hours">Closed since the newest of them.</param>
/// <param name="Total">Dollars in all closed hours, to tell what was spent between two.</param>
internal sealed record Misses(ImmutableArray<double> Squares, ImmutableArray<double> Meant, ImmutableArray<double> Width, ImmutableArray<Pending> Pending, int Hours, double Total)
{
    public static readonly ImmutableArray<double> Spans = [1, 24, 168];

    // What is thought of a stranger, and how many hours it takes to think otherwise.
    private static readonly ImmutableArray<double> Thought = [1, 2.5, 6];
    private static readonly ImmutableArray<double> Held = [24, 48, 96];
    private static readonly ImmutableArray<double> Pace = [0, 0.1, 0.07];
    private static readonly ImmutableArray<double> MostMissed = [24, 48, 96];
    private static readonly ImmutableArray<double> KeptHours = [24 * 14, 24 * 28, 24 * 35];

    private const double LeastKnown = 72;

    public static readonly Misses None = new([0, 0, 0], [0, 0, 0], [0, -0.25, -0.25], [], 0, 0);

    /// <summary>The variance of what an amount of mean-weight hours takes, over that amount.</summary>
    public double Dispersion(double hours)
    {
        var (a, b, c) = (Of(0), Of(1), Of(2));
        var (day, week) = (Slope(a, b, 24), Slope(b, c, 7));
        return hours <= 1 ? a
            : hours <= 24 ? a * Math.Pow(hours, day)
            : a * Math.Pow(24, day) * Math.Pow(hours / 24, week);
    }

    /// <summary>An hour is over.</summary>
    public Misses After(Spending before, double spent, double meant, double level)
    {
        var judged = Judge(0, spent, meant, level, 1) with { Total = Total + spent, Hours = Hours + 1 };
        return judged.Hours < 24 ? judged : before.Weight < LeastKnown ? judged with { Hours = 0 } : judged.Daily(before);
    }

    private Misses Daily(Spending before)
    {
        var judged = this;
        if (Pending is [var yesterday, ..])
        {
            judged = judged.Judge(1, Total - yesterday.Total, yesterday.Day, yesterday.Level, 24).Widen(1, Total - yesterday.Total, yesterday.Day, yesterday.Level);
        }

        if (Pending.Length == 7)
        {
            judged = judged.Judge(2, Total - Pending[6].Total, Pending[6].Week, Pending[6].Level, 24).Widen(2, Total - Pending[6].Total, Pending[6].Week, Pending[6].Level);
        }

        var level = before.Level();
        var (day, week) = (0.0, 0.0);
        for (var h = 1; h <= 168; h++)
        {
            week += level * before.Week.WeightOf(before.LocalHour(before.Hour + h));
            day = h == 24 ? week : day;
        }

        return judged with { Hours = 0, Pending = [new(Total, level, day, week), .. judged.Pending.Take(6)] };
    }

    private Misses Judge(int span, double spent, double meant, double level, double passed)
    {
        if (level <= 0)
        {
            return this;
        }

        var keep = Math.Exp(-passed / KeptHours[span]);
        var miss = Math.Min((spent - meant) / level, MostMissed[span]);
        return this with { Squares = Squares.SetItem(span, Squares[span] * keep + miss * miss), Meant = Meant.SetItem(span, Meant[span] * keep + meant / level) };
    }

    // Against the band of now rather than the one of then: what is asked is whether it would do.
    private Misses Widen(int span, double spent, double meant, double level)
    {
        if (meant <= 0)
        {
            return this;
        }

        var hours = meant / level;
        var outside = Gamma.AtMost(spent, meant, level * level * hours * Dispersion(hours)) is < 0.1 or > 0.9;
        return this with { Width = Width.SetItem(span, Math.Clamp(Width[span] + (outside ? 0.8 : -0.2) * Pace[span], -2, 2)) };
    }

    private double Of(int span) => Math.Exp(Width[span]) * (Squares[span] + Thought[span] * Held[span]) / (Meant[span] + Held[span]);

    private static double Slope(double from, double to, double times) => Math.Clamp(Math.Log(to / from) / Math.Log(times), 0, 1);
}

/// <summary>A forecast that was made, to be held against what came.</summary>
internal sealed record Pending(double Total, double Level, double Day, double Week);
