using System.Collections.Immutable;

namespace Budgets.Routing;

/// <summary>"The cheapest model that is good enough for this work, as far as anybody can tell; and now and then a cheaper one that may be."</summary>
/// <remarks>
/// What the operator expects counts as <see cref="ExpectationWeight"/> ratings. A cheaper model is tried only while what was delivered of late leaves room for
/// it to fail, so that the mean stays at the threshold (the idea of conservative bandits: Wu et al., "Conservative Bandits", 2016). Where nobody rates, nothing is tried.
/// </remarks>
internal static class Choosing
{
    private const double ExpectationWeight = 6;

    /// <summary>A model is expected to do so much less for each tier that a task is above it.</summary>
    private const double LostPerTier = 0.12;

    /// <summary>How many standard errors a model must be above the threshold to be taken, and may be below it to be tried.</summary>
    private const double Caution = 0.3;
    private const double Hope = 1.5;

    /// <summary>So many ratings of late must say what is delivered before anything is tried.</summary>
    private const double LeastRated = 3;

    private const double LeastTried = 0.02;
    private const double MostTried = 0.5;

    /// <summary>The choice, and what to do when it fails: the next tier's best, and so on.</summary>
    public static ImmutableArray<string> Of(RoutingState state, RouteQuestion question)
    {
        if (question.Candidates.IsEmpty)
        {
            return [];
        }

        var practice = state.Of(question.Job);
        var known = question.Candidates.Select(c => Judged.Of(c, practice, question.Job.Complexity)).OrderBy(j => j.Candidate.Cost).ThenBy(j => j.Candidate.Tier).ToList();
        var first = question.IsEconomy ? known[0] : First(known, practice, question);
        var order = ImmutableArray.CreateBuilder<string>();
        order.Add(first.Candidate.Model);

        // A tier at a time; from the last one there is only aside.
        var tiers = known.Where(j => j.Candidate.Tier > first.Candidate.Tier).GroupBy(j => j.Candidate.Tier).OrderBy(t => t.Key).ToList();
        var others = tiers.Count > 0 ? tiers.Select(t => GoodEnough([.. t], question.Threshold)) : known.Where(j => j.Candidate.Tier == first.Candidate.Tier && j != first).OrderByDescending(j => j.Quality).Take(1);
        order.AddRange(others.Select(j => j.Candidate.Model));
        return order.ToImmutable();
    }

    private static Judged First(List<Judged> known, Practice practice, RouteQuestion question)
    {
        var usual = GoodEnough(known, question.Threshold);
        var hopeful = known.TakeWhile(j => j != usual).Where(j => j.AtBest >= question.Threshold).ToList();
        if (hopeful.Count == 0 || practice.Rated < LeastRated)
        {
            return usual;
        }

        var tried = hopeful.MaxBy(j => j.AtBest)!;
        var room = (practice.Delivered - question.Threshold) / Math.Max(0.05, practice.Delivered - tried.AtWorst);
        return Chance(question.Seed) < Math.Clamp(room, LeastTried, MostTried) ? tried : usual;
    }

    /// <summary>The cheapest that is good enough; if none is, the best there is.</summary>
    /// <param name="known">The cheapest first.</param>
    private static Judged GoodEnough(List<Judged> known, double threshold) =>
        known.Find(j => j.Cautiously >= threshold) ?? known.MaxBy(j => j.Cautiously)!;

    /// <summary>0 to 1, evenly (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).</summary>
    private static double Chance(long seed)
    {
        var mixed = unchecked((ulong)seed + 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return ((mixed ^ (mixed >> 31)) >> 11) / (double)(1L << 53);
    }

    /// <param name="Quality">The mean of what was expected and what was said.</param>
    /// <param name="Error">Its standard error.</param>
    private sealed record Judged(RouteCandidate Candidate, double Quality, double Error)
    {
        public double Cautiously => Quality - (Caution * Error);

        public double AtBest => Quality + (Hope * Error);

        public double AtWorst => Quality - Error;

        public static Judged Of(RouteCandidate candidate, Practice practice, Complexity complexity)
        {
            var evidence = practice.Of(candidate.Model);
            var expected = candidate.ExpectedQuality - (LostPerTier * Math.Max(0, (int)complexity - candidate.Tier));
            var weight = ExpectationWeight + evidence.Weight;
            var variance = ((ExpectationWeight * Learning.UsualSpread * Learning.UsualSpread) + (evidence.Weight * evidence.Variance)) / weight;
            return new Judged(candidate, ((ExpectationWeight * expected) + (evidence.Weight * evidence.Mean)) / weight, Math.Sqrt(variance / weight));
        }
    }
}
