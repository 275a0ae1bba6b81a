namespace Budgets.Forecasting;

/// <summary>Three instants: with so many chances in a hundred it has happened by then. Null: not within what was asked.</summary>
internal readonly record struct Instants(DateTimeOffset? P10, DateTimeOffset? P50, DateTimeOffset? P90);

/// <summary>When what is left will have been spent.</summary>
internal static class Depleting
{
    /// <summary>Nothing is foretold beyond.</summary>
    public const int MostDays = 92;

    private static readonly double[] Chances = [0.1, 0.5, 0.9];

    public static Instants Of(Spending state, Money balance, DateTimeOffset now) => Crossings(state, balance, now.AddDays(MostDays), now);

    /// <summary>When a limit's window will have spent all that remains of it, if before the window's end.</summary>
    public static Instants OfLimit(Spending state, Money remaining, DateTimeOffset windowEnd, DateTimeOffset now) =>
        Crossings(state, remaining, windowEnd < now.AddDays(MostDays) ? windowEnd : now.AddDays(MostDays), now);

    private static Instants Crossings(Spending state, Money left, DateTimeOffset end, DateTimeOffset now)
    {
        if (left <= Money.Zero)
        {
            return new(now, now, now);
        }

        var (dollars, found) = ((double)left.InDollars, new DateTimeOffset?[3]);
        var (next, at, before) = (0, now, 0.0);
        foreach (var (until, mean, variance) in new Outlook(state, now).Until(end))
        {
            // A tenth of the chances never lies so far above the mean.
            var chance = mean < dollars / 8 ? 0 : 1 - Gamma.AtMost(dollars, mean, variance);
            for (; next < 3 && chance >= Chances[next]; next++)
            {
                found[next] = at + (until - at) * Math.Clamp((Chances[next] - before) / (chance - before), 0, 1);
            }

            if (next == 3)
            {
                break;
            }

            (at, before) = (until, Math.Max(chance, before));
        }

        return new(found[0], found[1], found[2]);
    }
}
