namespace Budgets.Forecasting;

/// <summary>Sums of many spends, never negative and with a tail: the gamma distribution of a mean and a variance.</summary>
/// <remarks>The incomplete gamma function: its series below the hump, its continued fraction (modified Lentz) above; DLMF 8.7.1 and 8.9.2.</remarks>
internal static class Gamma
{
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
        9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>How likely the sum is this or less.</summary>
    public static double AtMost(double sum, double mean, double variance) =>
        mean <= 0 || variance <= 0 ? sum >= mean ? 1 : 0 : Lower(mean * mean / variance, sum * mean / variance);

    /// <summary>The sum that is not exceeded with this likelihood.</summary>
    public static double Quantile(double likelihood, double mean, double variance)
    {
        if (mean <= 0 || variance <= 0)
        {
            return Math.Max(0, mean);
        }

        var (low, high) = (0.0, mean + Math.Sqrt(variance));
        while (AtMost(high, mean, variance) < likelihood)
        {
            (low, high) = (high, high * 2);
        }

        for (var i = 0; i < 40; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = AtMost(middle, mean, variance) < likelihood ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static double Lower(double a, double x)
    {
        if (x <= 0)
        {
            return 0;
        }

        var front = Math.Exp(a * Math.Log(x) - x - LogGamma(a));
        if (x < a + 1)
        {
            var (term, sum) = (1 / a, 1 / a);
            for (var n = 1; n < 10_000 && term > sum * 1e-12; n++)
            {
                term *= x / (a + n);
                sum += term;
            }

            return Math.Min(1, sum * front);
        }

        var b = x + 1 - a;
        var (c, d) = (1e300, 1 / b);
        var h = d;
        for (var n = 1; n < 10_000; n++)
        {
            var step = -n * (n - a);
            b += 2;
            d = 1 / NotZero(step * d + b);
            c = NotZero(b + step / c);
            h *= d * c;
            if (Math.Abs(d * c - 1) < 1e-12)
            {
                break;
            }
        }

        return Math.Max(0, 1 - front * h);
    }

    private static double NotZero(double v) => Math.Abs(v) < 1e-300 ? 1e-300 : v;

    private static double LogGamma(double z)
    {
        if (z < 0.5)
        {
            return Math.Log(Math.PI / Math.Sin(Math.PI * z)) - LogGamma(1 - z);
        }

        z--;
        var sum = Lanczos[0];
        for (var i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (z + i);
        }

        var t = z + 7.5;
        return 0.5 * Math.Log(2 * Math.PI) + (z + 0.5) * Math.Log(t) - t + Math.Log(sum);
    }
}
