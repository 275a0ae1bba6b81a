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

    /// <summary>What the store had been sent before it stood still may have been answered just before.</summary>
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(100);

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
            fleet.Azurite.Process.Pause();
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
        waits.Where(w => w.Spent && w.Answered < back && Stopwatch.GetElapsedTime(gone, w.Answered) > UnderWay).Should().BeEmpty("nothing is admitted that cannot be written");
        recovered.Values.Max().Should().BeLessThan(Recovers);
        fleet.Silos.Should().OnlyContain(s => !s.HasExited);
    }

    private static async Task ShouldLiveAndNotBeReady(Fleet fleet, Crowd crowd)
    {
        foreach (var host in fleet.Hosts)
        {
            (await host.Get("/health/live", crowd.OperatorKey)).Status.Should().Be(200);
            (await host.Get("/health/ready", crowd.OperatorKey)).Should().BeEquivalentTo(new { Status = 503, Code = "store_unavailable", SaysWhen = true });
        }

        foreach (var silo in fleet.Silos)
        {
            (await silo.Ask("live")).Should().Be("yes");
            (await silo.Ask("ready")).Should().Be("no: the store does not answer");
        }
    }

    private static async Task ShouldBeReady(Fleet fleet, Crowd crowd)
    {
        foreach (var host in fleet.Hosts)
        {
            (await host.Get("/health/ready", crowd.OperatorKey)).Status.Should().Be(200);
        }

        foreach (var silo in fleet.Silos)
        {
            (await silo.Ask("ready")).Should().Be("yes");
        }
    }
}
