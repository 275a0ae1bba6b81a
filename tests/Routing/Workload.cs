using System.Collections.Immutable;
using Budgets.Routing;

namespace Budgets.Tests.Routing;

/// <summary>A made-up day of five operations and five models whose true qualities are known. What the operator expects of them is wrong in both directions.</summary>
internal sealed class Workload(int seed, int? worseFrom)
{
    public const double Threshold = 0.8;

    /// <summary>The standard deviation of a rating around the truth.</summary>
    private const double Noise = 0.15;

    public static readonly ImmutableArray<RouteCandidate> Models =
    [
        new("small", 0, 0.85, Usd(0.1)), new("small-b", 0, 0.86, Usd(0.3)), new("middle", 1, 0.90, Usd(1)), new("middle-b", 1, 0.92, Usd(2)), new("large", 2, 0.98, Usd(15)),
    ];

    private static readonly ImmutableArray<(Job Job, double[] True)> s_operations =
    [
        (new("classify", Complexity.Simple), [0.90, 0.88, 0.93, 0.95, 0.98]),

        // Its tier's cheapest is not up to it.
        (new("extract", Complexity.Simple), [0.55, 0.86, 0.90, 0.93, 0.97]),

        // The tier below is good enough, until it is not any more.
        (new("summarize", Complexity.Medium), [0.88, 0.80, 0.91, 0.92, 0.97]),
        (new("translate", Complexity.Medium), [0.50, 0.60, 0.70, 0.89, 0.96]),

        // A cheaper tier will do; and a dearer one of it would not.
        (new("plan", Complexity.Complex), [0.40, 0.45, 0.86, 0.75, 0.97]),
    ];

    private static readonly double[] s_worse = [0.60, 0.80, 0.91, 0.92, 0.97];

    private readonly Random _dice = new(seed);

    /// <param name="choose">Of a job, with a seed for chance: the place of a model.</param>
    /// <param name="rated">Is told what its caller thinks of each answer.</param>
    public List<Step> Run(int calls, Func<Job, long, int> choose, Action<Job, int, double> rated)
    {
        var steps = new List<Step>();
        for (var i = 0; i < calls; i++)
        {
            var (job, truth) = s_operations[_dice.Next(s_operations.Length)];
            truth = i >= worseFrom && job.Operation == "summarize" ? s_worse : truth;
            var model = choose(job, _dice.NextInt64());
            rated(job, model, Math.Clamp(truth[model] + (Noise * Normal()), 0, 1));
            var best = Array.FindIndex(truth, q => q >= Threshold);
            steps.Add(new Step(truth[model], Saved(model), Saved(best)));
        }

        return steps;
    }

    private static double Saved(int model) => (double)(Models[^1].Cost - Models[model].Cost).InDollars;

    private static Money Usd(double dollars) => Money.FromDollars((decimal)dollars);

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _dice.NextDouble())) * Math.Cos(2 * Math.PI * _dice.NextDouble());
}

/// <summary>One call: the true quality of its answer, what was saved against the dearest model, and what could be at the threshold.</summary>
internal readonly record struct Step(double Quality, double Saved, double Savable);

/// <summary>Whoever chooses, and what came of it.</summary>
internal sealed record Outing(List<Step> Steps)
{
    public const int Window = 50;

    /// <summary>Of the best possible saving at the threshold. Below the threshold more can be saved, and is no merit.</summary>
    public double ShareSaved(int from) => Steps.Skip(from).Sum(s => s.Saved) / Steps.Skip(from).Sum(s => s.Savable);

    public double Quality => Steps.Average(s => s.Quality);

    /// <summary>The mean true quality of the worst window of calls in a row.</summary>
    public double Worst(int from) => Enumerable.Range(from, Steps.Count - Window - from + 1).Min(i => Steps.GetRange(i, Window).Average(s => s.Quality));

    public static Outing Of(string chooser, int seed, int? worseFrom, int calls)
    {
        var state = new RoutingState(new AgentId("agent_0123456789abcdefghij"));
        var (at, call) = (DateTimeOffset.UnixEpoch, new HoldId("gwr_0123456789abcdefghij"));
        return new Outing(new Workload(seed, worseFrom).Run(calls, Choose, (job, model, quality) =>
            state = RoutingFold.Apply(state, new CallRated(at, call, state.Root, job.Operation, job.Complexity, Workload.Models[model].Model, quality))));

        int Choose(Job job, long chance) => chooser switch
        {
            "cheapest" => 0,
            "dearest" => Workload.Models.Length - 1,

            // The seed's CostOptimizer: one model for each complexity.
            "seed's map" => (int)job.Complexity * 2,
            _ => Place(Choosing.Of(state, new RouteQuestion(job, Workload.Threshold, Workload.Models, IsEconomy: false, chance))[0]),
        };

        int Place(string model) => Workload.Models.Select(m => m.Model).ToList().IndexOf(model);
    }
}
