using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace Budgets.Tests.Routing;

/// <summary>The router on a workload whose qualities are known, beside three that do not learn. More with scripts/routing.sh.</summary>
public sealed class RoutingBacktestTests(ITestOutputHelper output)
{
    private const int Calls = 1_000;
    private const int Learnt = 500;

    /// <summary>"Never below the threshold for long": the mean of any 50 calls in a row after the first 100 is at most this much below it.</summary>
    private const double Epsilon = 0.05;

    private static readonly string[] s_choosers = ["router", "cheapest", "seed's map", "dearest"];

    [Fact]
    public void After_500_feedbacks_nearly_all_is_saved_that_can_be_and_the_quality_never_stays_below_the_threshold()
    {
        var runs = int.TryParse(Environment.GetEnvironmentVariable("BUDGETS_ROUTING_RUNS"), CultureInfo.InvariantCulture, out var told) ? told : 20;
        var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            {runs} runs of {Calls} calls, each rated; threshold {Workload.Threshold}. Saving as a share of the best possible at the threshold, after {Learnt} feedbacks.
            The worst window is of {Outing.Window} calls in a row after the first 100, in the worst run.

            | workload | who chooses | saving, mean | worst run | runs >= 95 % | mean quality | worst window |
            |---|---|---|---|---|---|---|

            """);
        foreach (var (name, worseFrom) in new (string, int?)[] { ("steady", null), ("a model gets worse at 300", 300), ("a model gets worse at 500", 500) })
        {
            foreach (var chooser in s_choosers)
            {
                var outings = Enumerable.Range(1, runs).Select(seed => Outing.Of(chooser, seed, worseFrom, Calls)).ToList();
                var (saved, worst) = (outings.Select(o => o.ShareSaved(Learnt)).ToList(), outings.Min(o => o.Worst(100)));
                table.AppendLine(CultureInfo.InvariantCulture,
                    $"| {name} | {chooser} | {saved.Average():P1} | {saved.Min():P1} | {saved.Count(s => s >= 0.95)} | {outings.Average(o => o.Quality):0.000} | {worst:0.000} |");
                if (chooser == "router")
                {
                    saved.Average().Should().BeGreaterThanOrEqualTo(0.95, name);
                    saved.Order().ElementAt(runs / 10).Should().BeGreaterThanOrEqualTo(0.9, name);
                    worst.Should().BeGreaterThanOrEqualTo(Workload.Threshold - Epsilon, name);
                }
            }
        }

        output.WriteLine(table.ToString());
    }
}
