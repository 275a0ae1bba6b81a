using System.Collections.Immutable;

namespace Budgets.Tests.Alerts;

/// <param name="Limit">"daily", "total".</param>
/// <param name="Threshold">The highest that was reached, 100 for a limit that is used up or has refused.</param>
/// <param name="Passed">Those below it that were passed in the same step.</param>
/// <param name="Spent">In nano-dollars, in the limit's window.</param>
internal sealed record ExpectedAlert(string Type, string Limit, int Threshold, ImmutableArray<int> Passed, long Spent);

/// <summary>
/// What is to be told of one agent, as one would do it on paper: each threshold once for each limit, the highest of a step names the others, and a limit that is used up or refuses once.
/// </summary>
/// <param name="limits">In nano-dollars, in the order in which they are looked at.</param>
internal sealed class AlertModel(ImmutableArray<(string Name, long Nanos)> limits)
{
    private static readonly int[] Thresholds = [50, 80, 95];

    private readonly Dictionary<string, int> _told = limits.ToDictionary(l => l.Name, _ => 0);
    private readonly HashSet<string> _exceeded = [];

    public long Spent { get; private set; }

    public long Remaining => limits.Min(l => l.Nanos) - Spent;

    public List<ExpectedAlert> Alerts { get; } = [];

    public void Spend(long nanos)
    {
        Spent += nanos;
        foreach (var (name, limit) in limits)
        {
            var reached = Spent >= limit ? 100 : Thresholds.LastOrDefault(t => (Int128)Spent * 100 >= (Int128)limit * t);
            ImmutableArray<int> passed = [.. Thresholds.Where(t => t > _told[name] && t < reached)];
            if (reached == 100 ? _exceeded.Add(name) : reached > _told[name])
            {
                Alerts.Add(new(reached == 100 ? "budget_exceeded" : "budget_warning", name, reached, passed, Spent));
                _told[name] = reached;
            }
        }
    }

    /// <returns>Whether this limit may have refused so much.</returns>
    public bool Refuse(string name, long nanos)
    {
        if (_exceeded.Add(name))
        {
            Alerts.Add(new("budget_exceeded", name, 100, [], Spent));
        }

        return Spent + nanos > limits.Single(l => l.Name == name).Nanos;
    }
}
