using System.Globalization;

namespace Budgets.Tests.Crash;

/// <summary>
/// The real process under load, killed with SIGKILL again and again. BUDGETS_KILLS: how often (default 15). BUDGETS_LONGEST_LIFE: how long one spends before it is
/// killed, in seconds at most (default 1.5; of a family 0.8). BUDGETS_SEED: the run to repeat, as far as
/// chance is ours. BUDGETS_REPORT: a file that the counts are written to while it runs. scripts/kill-9.sh sets them.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class KillNineTests
{
    private const int ReportEvery = 25;

    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("BUDGETS_KILLS") ?? "15", CultureInfo.InvariantCulture);

    private static readonly double LongestLife = double.Parse(Environment.GetEnvironmentVariable("BUDGETS_LONGEST_LIFE") ?? "1.5", CultureInfo.InvariantCulture);

    [Fact]
    public Task Killed_at_any_moment_nothing_acknowledged_is_lost_nothing_happens_twice_and_no_cap_is_passed() => Run(isFamily: false, LongestLife);

    /// <summary>The same for agents whose money is drawn through four levels. At rest every ancestor's spent is what its subtree's ledgers add up to.</summary>
    [Fact]
    public Task Killed_at_any_moment_a_family_loses_nothing_spends_nothing_twice_and_passes_no_cap_at_any_level() => Run(isFamily: true, longestLife: 0.8);

    private static async Task Run(bool isFamily, double longestLife)
    {
        using var siege = new Siege(Seed(), isFamily);
        try
        {
            await Besiege(siege, longestLife);
        }
        finally
        {
            Report(siege.Tally);
        }

        siege.Tally.IsClean.Should().BeTrue(siege.Tally.ToString());
        siege.Tally.MedianStart.Should().BeLessThan(ApiProcess.StartsWithin, siege.Tally.ToString());
    }

    private static async Task Besiege(Siege siege, double longestLife)
    {
        var tally = siege.Tally;
        for (var life = 0; tally.Kills < Kills && tally.IsClean; life++)
        {
            if (life > 0 && siege.OneIn(8))
            {
                await KillWhileItStarts(siege);
            }

            using var process = siege.Start();
            using var rest = await siege.Ready(process);
            await (life == 0 ? siege.Open(rest) : siege.Audit(rest));
            await siege.RaiseCap(rest);
            await siege.Spend(rest, async () =>
            {
                await siege.Moment(0.2, longestLife);
                if (process.HasExited)
                {
                    tally.Wrong($"it ended by itself:\n{process.Output}");
                }

                await process.Kill();
                tally.Kills++;
            });
            if (tally.Kills % ReportEvery == 0)
            {
                Report(tally);
            }
        }

        // Once more, and to an end in good order.
        using var last = siege.Start();
        using (var rest = await siege.Ready(last))
        {
            await siege.Audit(rest);
            await siege.Settle(rest);
        }

        last.Terminate();
        (await last.Exited()).Should().Be(0, last.Output);
        siege.AuditFile();
    }

    private static async Task KillWhileItStarts(Siege siege)
    {
        using var process = siege.Start();
        await siege.Moment(0.001, 1.5);
        await process.Kill();
        siege.Tally.Kills++;
    }

    internal static int Seed() => Environment.GetEnvironmentVariable("BUDGETS_SEED") is { Length: > 0 } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    private static void Report(Tally tally)
    {
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, tally + "\n");
        }
    }
}
