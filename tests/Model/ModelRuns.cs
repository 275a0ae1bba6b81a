using System.Collections.Concurrent;
using CsCheck;
using Xunit.Abstractions;

namespace Budgets.Tests.Model;

/// <summary>Sequences until there are enough operations, each from its own seed; the first that diverges is shrunk.</summary>
internal static class ModelRuns
{
    /// <summary>To see a divergence again: the seed that it was reported with.</summary>
    private static readonly string? Seed = Environment.GetEnvironmentVariable("BUDGETS_MODEL_SEED");

    /// <returns>How often each outcome was met.</returns>
    public static async Task<IReadOnlyDictionary<Outcome, long>> Of(
        ITestOutputHelper output, string what, long operations, Gen<Step[]> sequences, Func<ISubject> subject, bool thorough = true)
    {
        var met = new ConcurrentDictionary<Outcome, long>(Reachable.ToDictionary(o => o, _ => 0L));
        var pcg = PCG.Parse(Seed ?? PCG.ThreadPCG.ToString());
        var (first, taken, began) = (pcg.ToString(), 0L, TimeProvider.System.GetTimestamp());
        while (taken < operations)
        {
            var seed = pcg.ToString();
            var steps = sequences.Generate(pcg, null, out _);
            try
            {
                taken += await ModelRun.Take(subject(), steps, thorough, met);
            }
            catch (Divergence e)
            {
                output.WriteLine($"{what}: 1 divergence after {taken} operations; see it again with BUDGETS_MODEL_SEED={seed}\n{e.Message}");
                await sequences.SampleAsync(async s => _ = await ModelRun.Take(subject(), s, thorough, []), seed: seed, iter: 3_000, threads: 1);
                throw;
            }
        }

        output.WriteLine($"{what}: {taken} operations, seed {first}, 0 divergences, {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
        output.WriteLine(string.Join(", ", met.OrderBy(o => o.Key).Select(o => $"{o.Key} {o.Value}")));
        return met;
    }

    // The books of a budget fill up with 4,000 of the largest requests, and 10,000 holds are many; tests/Ledger has both, and wallets of agents with a parent.
    private static IEnumerable<Outcome> Reachable => Enum.GetValues<Outcome>().Except([Outcome.AmountTooLarge, Outcome.TooManyHolds, Outcome.NoWallet]);
}
