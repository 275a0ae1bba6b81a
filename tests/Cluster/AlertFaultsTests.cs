using System.Diagnostics;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Alerts;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>
/// Silos that are killed while they deliver alerts, to a receiver that fails half the time. BUDGETS_FAULTS: how often (default 2). BUDGETS_SEED: the run to repeat, as far as chance is ours.
/// </summary>
[Collection(nameof(OneFleet))]
public sealed class AlertFaultsTests(ITestOutputHelper output)
{
    private const int AgentsOfAFault = 8;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    /// <summary>From the death of a silo: the others must agree on it, its letters be woken, and each of some ten wait five seconds once.</summary>
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly int Faults = SiloFaultsTests.Number("BUDGETS_FAULTS", 2);

    [Fact]
    public async Task A_silo_that_is_killed_in_mid_delivery_loses_nothing_and_no_agents_order()
    {
        var seed = KillNineTests.Seed();
        var (random, tally, began) = (new Random(seed), new Tally(seed), Stopwatch.GetTimestamp());
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        var receiving = new Receiving(seed);
        await using var box = await Postbox.Open(receiving.Answer, receiving.Lag);
        await using var fleet = await Fleet.Start(operatorKey, new Dictionary<string, string> { ["Budgets__Webhooks__AllowedNetworks"] = "127.0.0.0/8" });

        var (agents, cut, spending) = (new List<Watched>(), new List<Posted>(), new List<Task>());
        while (tally.Kills < Faults)
        {
            Watched[] some = await Task.WhenAll(Enumerable.Range(0, AgentsOfAFault).Select(_ => Watched.Open(fleet.Rest, operatorKey, box.Address, random.Next())).ToList());
            agents.AddRange(some);
            spending.AddRange(some.Select(a => a.Spend(fleet.Rest, Pace, tally)));
            cut.Add(await KillInMidDelivery(fleet, box));
            tally.Kills++;
        }

        await Task.WhenAll(spending);
        await AlertAudit.AllArrive(box, agents, ArrivesWithin);

        var counts = AlertAudit.Judge(box, agents, tally);
        foreach (var agent in agents)
        {
            var sums = await LedgerTable.Read(fleet.Azurite, $"budget/{agent.Agent}", tally);
            if (!agent.IsDone || sums.Spent != agent.Spent || sums.Open.Count > 0)
            {
                tally.Wrong($"{agent.Agent}: the table adds up to {sums.Spent} with {sums.Open.Count} holds, its agent has spent {agent.Spent}");
            }
        }

        output.WriteLine($"{counts}\nsent again after no answer {agents.Sum(a => a.Unanswered)}, {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {tally}");
        tally.IsClean.Should().BeTrue(tally.ToString());
        foreach (var call in cut)
        {
            box.Posted.Where(p => p.Id == call.Id).Should().Contain(p => p.IsTaken && p.Time > call.Time, $"{call.Id} was under way when its silo was killed, and came again with its id; seed {seed}");
        }
    }

    /// <returns>The call that was under way.</returns>
    private static async Task<Posted> KillInMidDelivery(Fleet fleet, Postbox box)
    {
        var call = await box.Hold().WaitAsync(Patience);
        var silo = await fleet.CarrierOf(call.Path.Split('/')[1]);
        silo.Should().BeGreaterThanOrEqualTo(0, "somebody carries it");
        await fleet.Silos[silo].Kill();
        await call.Gone.WaitAsync(Patience);
        await fleet.Restart(silo);
        return call;
    }
}
