using System.Collections.Concurrent;
using System.Diagnostics;

namespace Budgets.Tests.Crash;

/// <summary>A request from its first try to its answer (<see cref="Stopwatch"/>).</summary>
/// <param name="Tried">When the try that was answered was sent.</param>
/// <param name="Tries">How often it was sent.</param>
/// <param name="Spent">It was told that it is done, and that it had not been done before.</param>
internal readonly record struct Wait(Purse Purse, long Asked, long Tried, long Answered, int Tries, bool Spent)
{
    public TimeSpan Took => Stopwatch.GetElapsedTime(Asked, Answered);
}

/// <summary>What a run counted, and everything in it that must not happen.</summary>
internal sealed class Tally(int seed)
{
    private const int MostTold = 20;

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly List<TimeSpan> _starts = [];
    private int _lost, _doubled, _over, _wrong;
    private readonly ConcurrentQueue<Wait> _waits = new();
    private long _acknowledged, _refused, _cured;

    public int Kills { get; set; }

    public int Unknown { get; set; }

    /// <summary>Of the unknown: those that turned out to have happened.</summary>
    public int Landed { get; set; }

    public int Resolved { get; set; }

    public bool IsClean => _faults.IsEmpty;

    public TimeSpan MedianStart => _starts.Order().ElementAtOrDefault(_starts.Count / 2);

    public void Started(TimeSpan took)
    {
        _starts.Add(took);
        if (took > ApiProcess.AlwaysStartsWithin)
        {
            Wrong($"it took {took.TotalSeconds:0.0} s from the start to ready");
        }
    }

    public void Acknowledge() => Interlocked.Increment(ref _acknowledged);

    /// <summary>A client that asked again with the same key got its answer.</summary>
    public void Cure() => Interlocked.Increment(ref _cured);

    /// <summary>A request has its answer.</summary>
    public void Answered(Wait wait) => _waits.Enqueue(wait);

    /// <summary>All answers since the last time this was asked.</summary>
    public List<Wait> TakeWaits()
    {
        var taken = new List<Wait>();
        while (_waits.TryDequeue(out var wait))
        {
            taken.Add(wait);
        }

        return taken;
    }

    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>It was acknowledged, and is not there.</summary>
    public void Lost(string what) => Add(ref _lost, what);

    /// <summary>It is there twice, or nobody asked for it.</summary>
    public void Doubled(string what) => Add(ref _doubled, what);

    /// <summary>More is spent and held than the cap.</summary>
    public void Over(string what) => Add(ref _over, what);

    public void Wrong(string what) => Add(ref _wrong, what);

    public override string ToString() =>
        $"kills {Kills}, acknowledged {_acknowledged}, refused {_refused}, cured by the same key {_cured}, unknown {Unknown} (landed {Landed}), resolved {Resolved}, "
        + $"lost {_lost}, doubled {_doubled}, over {_over}, wrong {_wrong}, start to ready {MedianStart.TotalMilliseconds:0} ms (slowest {_starts.DefaultIfEmpty().Max().TotalMilliseconds:0}), seed {seed}"
        + string.Concat(_faults.Take(MostTold).Select(f => "\n  " + f));

    private void Add(ref int count, string what)
    {
        Interlocked.Increment(ref count);
        _faults.Enqueue(what);
    }
}
