using System.Collections.Concurrent;
using Budgets.Scheduling;

namespace Budgets.Tests.Scheduling;

/// <summary>An index that tells what passes through it, and fails when it is told to.</summary>
internal sealed class WatchedIndex(IDueIndex index) : IDueIndex
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<(Due Due, TaskCompletionSource Removed)> _awaited = [];
    private volatile TaskCompletionSource? _refusal;

    public ConcurrentQueue<Due> Puts { get; } = new();

    public bool RefusesPuts { get; set; }

    public async ValueTask Put(Due due)
    {
        if (RefusesPuts)
        {
            throw new StoreUnavailableException("No puts.");
        }

        await index.Put(due);
        Puts.Enqueue(due);
    }

    public Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit) => index.List(shard, until, after, limit);

    public async Task Remove(IReadOnlyCollection<DueRow> rows)
    {
        if (_refusal is { } refusal)
        {
            refusal.TrySetResult();
            throw new StoreUnavailableException("No removals.");
        }

        await index.Remove(rows);
        lock (_lock)
        {
            foreach (var (_, removed) in _awaited.Where(a => rows.Any(r => r.Due == a.Due)))
            {
                removed.TrySetResult();
            }
        }
    }

    /// <summary>From now on; completes with the first that was refused.</summary>
    public Task RefuseRemovals()
    {
        _refusal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _refusal.Task.WaitAsync(s_patience);
    }

    public void TakeRemovals() => _refusal = null;

    /// <summary>Completes when a due has been served and removed; asked for before that.</summary>
    public Task Served(Due due)
    {
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((due, removed));
        }

        return removed.Task.WaitAsync(s_patience);
    }

    /// <summary>All that is in the index for a grain.</summary>
    public async Task<IReadOnlyList<Due>> Of(Orleans.Runtime.GrainId grain) =>
        [.. (await index.List(new Due(default, grain, "").Shard, DateTimeOffset.MaxValue, null, 1000)).Select(r => r.Due).Where(d => d.Grain == grain)];
}
