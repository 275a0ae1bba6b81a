using System.Diagnostics;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>The store stands still (SIGSTOP: connections stay open, and nobody answers) while everybody spends. BUDGETS_OUTAGE: for how many seconds (default 15).</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class StoreOutageTests(ITestOutputHelper output)
{
    /// <summary>From the return of the store until every budget spends again.</summary>
    private static readonly TimeSpan Recovers = TimeSpan.FromSeconds(10);

    private static readonly int Seconds = SiloFaultsTests.Number("BUDGETS_OUTAGE", 15);

    [Fact]
    public async Task Without_its_store_the_service_admits_nothing_loses_nothing_and_goes_on_when_the_store_is_back()
    {
        var crowd = new Crowd(KillNineTests.Seed(), clients: 16, wide: 11, patience: TimeSpan.FromSeconds(Seconds + 30));
        await using var fleet = await Fleet.Start(crowd.OperatorKey);
        await crowd.Open(fleet.Rest);
        await crowd.RaiseCap(fleet.Rest);
        var (gone, back) = (0L, 0L);
        await crowd.Spend(fleet.Rest, async () =>
        {
            await crowd.Moment(2, 3);
            await fleet.Azurite.Process.Pause();
            gone = Stopwatch.GetTimestamp();
            await crowd.Moment(Seconds - 1, Seconds - 1);
            await ShouldLiveAndNotBeReady(fleet, crowd);
            fleet.Azurite.Process.Resume();
            back = Stopwatch.GetTimestamp();
            await crowd.Moment(Recovers.TotalSeconds, Recovers.TotalSeconds);
        });
        await ShouldBeReady(fleet, crowd);
        await crowd.Audit(fleet.Rest);
        await LedgerTable.Audit(fleet.Azurite, crowd.Purses, crowd.Tally);

        var waits = crowd.Tally.TakeWaits();
        var recovered = crowd.Purses.ToDictionary(p => p, p => waits.Where(w => w.Purse == p && w.Answered > back).Select(w => Stopwatch.GetElapsedTime(back, w.Answered)).DefaultIfEmpty(TimeSpan.MaxValue).Min());
        output.WriteLine($"{crowd.Tally}; budgets were back after {recovered.Values.Min().TotalSeconds:0.0} to {recovered.Values.Max().TotalSeconds:0.0} s");
        crowd.Tally.IsClean.Should().BeTrue(crowd.Tally.ToString());

        // What was asked before may have been written before, however long its answer was on the way.
        waits.Where(w => w.Spent && w.Tried > gone && w.Answered < back).Should().BeEmpty("nothing is admitted that cannot be written");
        recovered.Values.Max().Should().BeLessThan(Recovers);
        fleet.Silos.Should().OnlyContain(s => !s.HasExited);
    }

    private static async Task ShouldLiveAndNotBeReady(Fleet fleet, Crowd crowd)
    {
        var (hosts, silos) = await Asked(fleet, crowd, "live");
        hosts.Should().OnlyContain(a => a.Status == 200);
        silos.Should().OnlyContain(a => a == "yes");

        (hosts, silos) = await Asked(fleet, crowd, "ready");
        hosts.Should().OnlyContain(a => a.Status == 503 && a.Code == "store_unavailable" && a.SaysWhen);
        silos.Should().OnlyContain(a => a == "no: the store does not answer");
    }

    private static async Task ShouldBeReady(Fleet fleet, Crowd crowd)
    {
        var (hosts, silos) = await Asked(fleet, crowd, "ready");
        hosts.Should().OnlyContain(a => a.Status == 200);
        silos.Should().OnlyContain(a => a == "yes");
    }

    /// <summary>How everybody says that it is.</summary>
    private static async Task<(Answer[] Hosts, string?[] Silos)> Asked(Fleet fleet, Crowd crowd, string question)
    {
        var hosts = Task.WhenAll(fleet.Hosts.Select(h => h.Get($"/health/{question}", crowd.OperatorKey)));
        var silos = Task.WhenAll(fleet.Silos.Select(s => s.Ask(question)));
        return (await hosts, await silos);
    }
}
