using Budgets.Forecasting;

namespace Budgets.Tests.Forecasting;

/// <summary>Many simulated agents under every rule, and forecasts held against what came.</summary>
internal static class Backtest
{
    public static readonly string[] Rules = ["forecast", "forecast, hourly checks", "straight line", "threshold", "clairvoyant, 24 h", "clairvoyant, last check"];

    public static IEnumerable<SimulatedAgent> Agents(int agentDays, int seed)
    {
        for (var (i, left) = (0, agentDays); left > 0; i++)
        {
            var kind = SimulatedAgent.Kinds[i % SimulatedAgent.Kinds.Length];
            var agent = new SimulatedAgent(kind, Math.Min(left, 84), seed * 1_000_003 + i);
            left -= agent.Days;
            yield return agent;
        }
    }

    public static List<Row> Run(int agentDays, int seed)
    {
        var agents = Agents(agentDays, seed).ToList();
        var judged = agents.Select(a => (a.Kind, a.Days, Band: Judge(a, seed), Purses: Rules.Select(r => new Purse(a, r).Run()).ToList())).ToList();
        return [.. judged.GroupBy(a => a.Kind).Append(null).Select(g =>
        {
            var all = g?.ToList() ?? judged;
            return new Row(
                g?.Key ?? "all", all.Sum(a => a.Days),
                [.. Rules.Select((_, r) => new Outcome(
                    all.Sum(a => a.Purses[r].Depletions), all.Sum(a => a.Purses[r].Outsized), all.Sum(a => a.Purses[r].Capped),
                    all.Sum(a => a.Purses[r].Idle * a.Days) / all.Sum(a => a.Days)))],
                all.Sum(a => a.Band.Within), all.Sum(a => a.Band.Early), all.Sum(a => a.Band.Of));
        })];
    }

    /// <summary>Once a day, at any hour, a balance of half a day's to eight days' spend: does it run out between p10 and p90?</summary>
    private static (int Within, int Early, int Of) Judge(SimulatedAgent agent, int seed)
    {
        var dice = new Random(seed + agent.Spends.Count);
        var (state, next, within, early, of) = (Spending.Begin(agent.Zone), 0, 0, 0, 0);
        for (var day = agent.Counts; day < agent.Ends; day = day.AddDays(1))
        {
            var now = day.AddHours(dice.NextDouble() * 24);
            for (; agent.Spends[next].At <= now; next++)
            {
                state = state.After(new Money((long)(agent.Spends[next].Dollars * Money.NanosPerDollar)), agent.Spends[next].At);
            }

            if (state.Since is null)
            {
                continue;
            }

            var left = agent.PerDay * (0.5 + 7.5 * dice.NextDouble());
            var told = Depleting.Of(state, new Money((long)(left * Money.NanosPerDollar)), now);
            var then = agent.Spends.Skip(next).SkipWhile(s => (left -= s.Dollars) > 0).First().At;
            of++;
            early += then < told.P10 ? 1 : 0;
            within += then >= told.P10 && !(then > told.P90) ? 1 : 0;
        }

        return (within, early, of);
    }
}

/// <summary>Of one rule: see <see cref="Purse"/>.</summary>
internal sealed record Outcome(int Depletions, int Outsized, int Capped, double Idle);

/// <summary>One kind of agent, the rules in their order; and how many depletions came within p10 to p90, before p10, of all.</summary>
internal sealed record Row(string Kind, int AgentDays, List<Outcome> Rules, int Within, int Early, int Of)
{
    public double Covered => 100.0 * Within / Of;

    public double IdleOver(int rule) => Rules[0].Idle / Rules[rule].Idle;
}
