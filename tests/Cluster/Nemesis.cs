using System.Diagnostics;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Cluster;

/// <summary>What was done to a silo, from when until all was whole again (<see cref="Stopwatch"/>).</summary>
/// <param name="Own">The budgets that were active there.</param>
internal sealed record Fault(string What, int Silo, HashSet<Purse> Own, long From, long Until);

/// <summary>Does things to one silo after the other, never to two at once: of three, two must be there to agree that the third is dead.</summary>
internal sealed class Nemesis(Fleet fleet, Crowd crowd)
{
    /// <summary>Shorter, and nobody takes a silo that stands still for dead.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(4);

    /// <summary>A silo that the others have buried finds out within this time, and ends.</summary>
    private static readonly TimeSpan FindsOut = TimeSpan.FromSeconds(12);

    private readonly List<Task> _revoking = [];

    public List<Fault> Done { get; } = [];

    /// <summary>Silos that stood still until the others had buried them, and went on for a while: until they found out, their budgets were active twice.</summary>
    public int FalseDeaths { get; private set; }

    /// <summary>SIGKILL, and a new start after a while.</summary>
    public Task Kill(int silo) => Do("killed", silo, async process =>
    {
        await process.Kill();
        await crowd.Moment(0, 2);
        await fleet.Restart(silo);
    });

    /// <summary>SIGSTOP and SIGCONT.</summary>
    public Task Pause(int silo, double leastSeconds, double mostSeconds) => Do("stopped", silo, async process =>
    {
        await process.Pause();
        var stopped = Stopwatch.GetTimestamp();
        await crowd.Moment(leastSeconds, mostSeconds);
        process.Resume();
        if (Stopwatch.GetElapsedTime(stopped) < Noticed)
        {
            return;
        }

        try
        {
            await process.Exited(FindsOut);
        }
        catch (OperationCanceledException)
        {
            // Nobody missed it.
            return;
        }

        FalseDeaths++;
        await fleet.Restart(silo);
    });

    /// <summary>Completes when every key that was revoked during a fault was seen to be.</summary>
    public async Task AllRevoked()
    {
        await Task.WhenAll(_revoking);
        _revoking.Clear();
    }

    private async Task Do(string what, int silo, Func<SiloProcess, Task> deed)
    {
        var process = fleet.Silos[silo];
        if (process.HasExited)
        {
            crowd.Tally.Wrong($"silo {silo} ended by itself:\n{process.Output}");
            await fleet.Restart(silo);
            return;
        }

        var key = await RevokedKey.Mint(fleet, crowd);
        var own = await fleet.HomedOn(silo, crowd.Purses);
        var from = Stopwatch.GetTimestamp();
        _revoking.Add(key.Revoke());
        await deed(process);
        Done.Add(new Fault(what, silo, own, from, Stopwatch.GetTimestamp()));
        crowd.Tally.Kills++;
    }
}
