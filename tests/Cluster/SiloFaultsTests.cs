using System.Diagnostics;
using System.Globalization;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>
/// Three silos and two API hosts as processes, silos killed and made to stand still under load. BUDGETS_FAULTS: how often (default 12). BUDGETS_LONGEST_PAUSE: how long a silo
/// stands still at most, in seconds (default 10). BUDGETS_LONGEST_REST: how long a client rests at most between two bursts, in milliseconds (default 200, for other tests run beside
/// it). BUDGETS_SEED, BUDGETS_REPORT: as for the crashes of one process. scripts/cluster-faults.sh sets them.
/// </summary>
[Collection(nameof(OneFleet))]
public sealed class SiloFaultsTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private const int WidePurses = 11;
    private const int FaultsOfAFleet = 25;
    private const int FaultsBetweenAudits = 5;

    /// <summary>Budgets of a killed silo are served again within this time.</summary>
    private static readonly TimeSpan ServedAgain = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Budgets of other silos are served within this time, whatever happens: a client may be so unlucky that each of its tries (four seconds at most) hits the silo that hangs,
    /// until the others have buried it (ten) and its host has read so (two).
    /// </summary>
    private static readonly TimeSpan OthersServed = TimeSpan.FromSeconds(20);

    /// <summary>Of a fault that lasts: the rest of them notices little.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);
    private const double ShareAtOnce = 0.5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly int Faults = Number("BUDGETS_FAULTS", 12);
    private static readonly int LongestPause = Number("BUDGETS_LONGEST_PAUSE", 10);

    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(Number("BUDGETS_LONGEST_REST", 200));

    [Fact]
    public async Task Whatever_happens_to_a_silo_nothing_is_lost_nothing_happens_twice_and_other_budgets_go_on()
    {
        var seed = KillNineTests.Seed();
        for (var done = 0; done < Faults; done += FaultsOfAFleet)
        {
            await OneFleet(seed + done, Math.Min(FaultsOfAFleet, Faults - done));
        }
    }

    private async Task OneFleet(int seed, int faults)
    {
        var crowd = new Crowd(seed, Clients, WidePurses, Patience, LongestRest);
        await using var fleet = await Fleet.Start(crowd.OperatorKey);
        var nemesis = new Nemesis(fleet, crowd);
        await crowd.Open(fleet.Rest);
        var deck = Shuffled(faults, crowd);
        for (var done = 0; done < faults && crowd.Tally.IsClean; done += FaultsBetweenAudits)
        {
            await crowd.RaiseCap(fleet.Rest);
            await crowd.Spend(fleet.Rest, async () =>
            {
                foreach (var fault in deck.Skip(done).Take(FaultsBetweenAudits))
                {
                    await crowd.Moment(0.2, 0.5);
                    await fault(nemesis);
                }
            });
            await nemesis.AllRevoked();
            await crowd.Audit(fleet.Rest);
            Judge(nemesis, crowd.Tally);
        }

        await LedgerTable.Audit(fleet.Azurite, crowd.Purses, crowd.Tally);
        Report($"{crowd.Tally}, false deaths {nemesis.FalseDeaths}");
        crowd.Tally.IsClean.Should().BeTrue(crowd.Tally.ToString());
    }

    /// <summary>Three of eight are killed, one stands still until it is taken for dead, the rest for a moment.</summary>
    private static List<Func<Nemesis, Task>> Shuffled(int faults, Crowd crowd)
    {
        var deck = Enumerable.Range(0, faults).Select(Fault).ToList();
        for (var i = deck.Count - 1; i > 0; i--)
        {
            var j = crowd.Below(i + 1);
            (deck[i], deck[j]) = (deck[j], deck[i]);
        }

        return deck;

        Func<Nemesis, Task> Fault(int i)
        {
            var silo = crowd.Below(3);
            return (i % 8) switch
            {
                0 or 3 or 6 => n => n.Kill(silo),
                1 => n => n.Pause(silo, Math.Min(9, LongestPause), LongestPause),
                _ => n => n.Pause(silo, 0.2, LongestPause / 6.0),
            };
        }
    }

    private void Judge(Nemesis nemesis, Tally tally)
    {
        var waits = tally.TakeWaits();
        foreach (var fault in nemesis.Done)
        {
            var during = waits.Where(w => w.Answered >= fault.From && w.Asked <= fault.Until).ToLookup(w => fault.Own.Contains(w.Purse));
            var (own, others) = (Longest(during[true]), Longest(during[false]));
            var atOnce = during[false].Count(w => w.Took < TimeSpan.FromSeconds(1)) / (double)Math.Max(1, during[false].Count());
            output.WriteLine(
                $"silo {fault.Silo} {fault.What} for {Stopwatch.GetElapsedTime(fault.From, fault.Until).TotalSeconds:0.0} s: its {fault.Own.Count} budgets waited {own.TotalSeconds:0.0} s at most, "
                + $"the others {others.TotalSeconds:0.0} s, of {during[false].Count()} answers {atOnce:P1} within a second");
            if (own > ServedAgain)
            {
                tally.Wrong($"a budget of the silo that was {fault.What} waited {own.TotalSeconds:0.0} s");
            }

            if (others > OthersServed)
            {
                tally.Wrong($"while a silo was {fault.What}, a budget of another waited {others.TotalSeconds:0.0} s");
            }

            if (fault.Own.Count < WidePurses && atOnce < ShareAtOnce && Stopwatch.GetElapsedTime(fault.From, fault.Until) > Lasting)
            {
                tally.Wrong($"while a silo was {fault.What}, only {atOnce:P1} of the answers of other budgets came within a second");
            }
        }

        nemesis.Done.Clear();
    }

    private static TimeSpan Longest(IEnumerable<Wait> waits) => waits.Select(w => w.Took).DefaultIfEmpty().Max();

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }

    internal static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
