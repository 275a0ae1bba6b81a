namespace Budgets.Tests.Trees;

/// <summary>One thread, one virtual clock, one order of events drawn from one seed: everything that waits goes on here, and nowhere else.</summary>
internal sealed class SimLoop(ulong seed) : SynchronizationContext
{
    /// <summary>How often work takes noticeable time, in thousandths, and how many ticks it takes at most.</summary>
    private const int Busy = 100;
    private const int MostWork = 20_000;

    private readonly Queue<(SendOrPostCallback Work, object? State)> _ready = new();
    private readonly PriorityQueue<Action, (long At, long Order)> _later = new();
    private ulong _random = seed * 2 + 1;
    private long _order;

    /// <summary>Virtual ticks since the beginning.</summary>
    public long Now { get; private set; }

    public int Steps { get; private set; }

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>A number below <paramref name="bound"/> (SplitMix64).</summary>
    public int Next(int bound)
    {
        var z = _random += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (uint)bound);
    }

    public bool Chance(int inThousand) => Next(1_000) < inThousand;

    public void After(TimeSpan delay, Action work) => _later.Enqueue(work, (Now + delay.Ticks, _order++));

    public Task Delay(TimeSpan delay)
    {
        var over = new TaskCompletionSource();
        After(delay, over.SetResult);
        return over.Task;
    }

    /// <summary>Does the next thing that is due; false: nothing is left to do.</summary>
    public bool Step()
    {
        Steps++;
        if (_ready.TryDequeue(out var ready))
        {
            if (Chance(Busy))
            {
                // Work takes time; what comes meanwhile stands in line before what the work leads to.
                Now += Next(MostWork);
                Arrive();
            }

            ready.Work(ready.State);
            return true;
        }

        if (!_later.TryDequeue(out var work, out var due))
        {
            return false;
        }

        Now = Math.Max(Now, due.At);
        work();
        return true;
    }

    private void Arrive()
    {
        while (_later.TryPeek(out var work, out var due) && due.At <= Now)
        {
            _later.Dequeue();
            _ready.Enqueue((_ => work(), null));
        }
    }
}
