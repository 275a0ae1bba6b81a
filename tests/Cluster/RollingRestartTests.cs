using System.Diagnostics;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>A new version, or new settings: every silo ends in good order and starts again, one after the other, while everybody spends.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    /// <summary>Below what container engines give before they kill.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    /// <summary>Longer, and a client would have been better off with a crash.</summary>
    private static readonly TimeSpan Served = TimeSpan.FromSeconds(10);

    private const int Clients = 16;

    [Fact]
    public async Task Silos_that_are_restarted_in_turn_leave_no_request_that_the_same_key_does_not_cure()
    {
        var crowd = new Crowd(KillNineTests.Seed(), Clients, wide: 11, patience: TimeSpan.FromSeconds(30));
        await using var fleet = await Fleet.Start(crowd.OperatorKey);
        await crowd.Open(fleet.Rest);
        await crowd.RaiseCap(fleet.Rest);
        await crowd.Spend(fleet.Rest, async () =>
        {
            for (var silo = 0; silo < fleet.Silos.Count; silo++)
            {
                await crowd.Moment(0.5, 1);
                var (process, asked) = (fleet.Silos[silo], Stopwatch.GetTimestamp());
                process.Terminate();
                (await process.Exited()).Should().Be(0, process.Output);
                var took = Stopwatch.GetElapsedTime(asked);
                output.WriteLine($"silo {silo} ended in {took.TotalSeconds:0.00} s");
                took.Should().BeLessThan(EndsWithin);
                await fleet.Restart(silo);
            }

            await crowd.Moment(0.5, 1);
        });
        await crowd.Audit(fleet.Rest);
        await LedgerTable.Audit(fleet.Azurite, crowd.Purses, crowd.Tally);

        var waits = crowd.Tally.TakeWaits();
        var again = waits.Where(w => w.Tries > 1).ToList();
        output.WriteLine($"{crowd.Tally}; of {waits.Count} answers the slowest took {waits.Max(w => w.Took).TotalSeconds:0.0} s; asked again were {string.Join(", ", again.Select(w => $"{w.Tries} times in {w.Took.TotalSeconds:0.0} s"))}");
        crowd.Tally.IsClean.Should().BeTrue(crowd.Tally.ToString());
        waits.Max(w => w.Took).Should().BeLessThan(Served);

        // Four to nine answers are missing at first, on a busy machine too. Where silos are killed instead about 45 are, and some have to be asked for twenty times.
        again.Count.Should().BeLessThan(2 * Clients, "three crashes would cost nearly every client an answer each");
    }
}
