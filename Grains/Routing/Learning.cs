using System.Collections.Immutable;

namespace Budgets.Routing;

/// <summary>"What was said last counts most, and what falls is believed at once."</summary>
internal static class Learning
{
    /// <summary>The standard deviation of a rating of which nothing is known yet.</summary>
    public const double UsualSpread = 0.2;

    /// <summary>What a rating still weighs after the next of its model: the last 67 count, in sum.</summary>
    private const double Kept = 0.985;

    /// <summary>The same after one of another model at the same work: what is not tried any more is known less, until it is tried again.</summary>
    private const double KeptUntried = 0.998;

    private const double KeptDelivered = 0.95;
    private const double RecentPart = 0.3;

    /// <summary>A single rating may be this much below the mean and mean nothing.</summary>
    private const double Tolerated = 0.15;

    /// <summary>So much below it in sum is no chance any more (a one-sided CUSUM: Page, "Continuous inspection schemes", 1954).</summary>
    private const double IsFallen = 0.6;

    /// <summary>How many ratings the last few are worth when those before them are thrown away.</summary>
    private const double AfterTheFall = 6;

    public static Practice After(Practice before, string model, double quality)
    {
        var rated = (before.Rated * KeptDelivered) + 1;
        var models = ImmutableArray.CreateBuilder<Evidence>();
        models.AddRange(before.Models.Where(m => m.Model != model).Select(m => m with { Weight = m.Weight * KeptUntried }));
        if (models.Count == Practice.MostModels)
        {
            models.Remove(models.MinBy(m => m.Weight));
        }

        models.Add(After(before.Of(model) with { Model = model }, quality));
        return before with { Rated = rated, Delivered = before.Delivered + ((quality - before.Delivered) / rated), Models = models.DrainToImmutable() };
    }

    private static Evidence After(Evidence before, double quality)
    {
        if (before.Weight == 0)
        {
            return before with { Weight = 1, Mean = quality, Recent = quality, Variance = UsualSpread * UsualSpread, Fallen = 0 };
        }

        var fallen = Math.Max(0, before.Fallen + before.Mean - quality - Tolerated);
        var recent = before.Recent + (RecentPart * (quality - before.Recent));
        if (fallen > IsFallen)
        {
            return before with { Weight = AfterTheFall, Mean = Math.Min(before.Mean, recent), Recent = recent, Fallen = 0 };
        }

        var kept = before.Weight * Kept;
        var (weight, off) = (kept + 1, quality - before.Mean);
        return before with
        {
            Weight = weight,
            Mean = before.Mean + (off / weight),
            Variance = kept * (before.Variance + (off * off / weight)) / weight,
            Recent = recent,
            Fallen = fallen,
        };
    }
}
