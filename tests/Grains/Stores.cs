using System.Collections.Concurrent;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Grains;

/// <summary>A store whose journals pass through the test's hands.</summary>
internal abstract class Decorated(IJournalStore store) : IJournalStore
{
    public IJournal Open(string name) => new Journal(this, name, store.Open(name));

    /// <param name="name">The journal's.</param>
    protected virtual ValueTask<bool> Append(string name, IJournal journal, Append append) => Append(journal, append);

    protected virtual ValueTask<bool> Append(IJournal journal, Append append) => journal.Append(append);

    protected virtual ValueTask<History> Read(string name, IJournal journal) => Read(journal);

    protected virtual ValueTask<History> Read(IJournal journal) => journal.Read(default);

    protected virtual ValueTask<IReadOnlyList<JournalRow>> ReadBack(IJournal journal, long seq, int rows) => journal.ReadBack(seq, rows, default);

    protected virtual ValueTask<LinkedRow?> ReadAt(IJournal journal, long seq) => journal.ReadAt(seq, default);

    protected virtual ValueTask<long?> Find(IJournal journal, Digest digest) => journal.Find(digest, default);

    private sealed class Journal(Decorated store, string name, IJournal journal) : IJournal
    {
        public ValueTask<History> Read(CancellationToken cancellation) => store.Read(name, journal);

        public ValueTask<bool> Append(Append append) => store.Append(name, journal, append);

        public ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation) => store.ReadBack(journal, seq, rows);

        public ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation) => store.ReadAt(journal, seq);

        public ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation) => journal.ReadOn(from, until, cancellation);

        public ValueTask<long?> Find(Digest digest, CancellationToken cancellation) => store.Find(journal, digest);
    }
}

/// <summary>Answers about one key only after a while.</summary>
internal sealed class GatedFind(IJournalStore store) : Decorated(store)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Digest? _closed;

    public Task Reached => _reached.Task;

    public void Close(IdempotencyKey key) => _closed = Digest.Of(key);

    public void Open() => _open.SetResult();

    protected override async ValueTask<long?> Find(IJournal journal, Digest digest)
    {
        if (digest == _closed)
        {
            _reached.TrySetResult();
            await _open.Task;
        }

        return await base.Find(journal, digest);
    }
}

/// <summary>While it looks for some keys, something else happens.</summary>
internal sealed class BusyFind(IJournalStore store) : Decorated(store)
{
    private Digest[] _keys = [];
    private Func<Task> _happens = () => Task.CompletedTask;

    public void Before(IdempotencyKey[] keys, Func<Task> happens) => (_happens, _keys) = (happens, [.. keys.Select(k => Digest.Of(k))]);

    public void Calm() => _keys = [];

    protected override async ValueTask<long?> Find(IJournal journal, Digest digest)
    {
        var found = await base.Find(journal, digest);
        if (_keys.Contains(digest))
        {
            await _happens();
        }

        return found;
    }
}

/// <summary>Appends wait until the test lets them go, and end as it says.</summary>
internal sealed class GatedAppends(IJournalStore store) : Decorated(store), IDisposable
{
    private readonly ConcurrentQueue<TaskCompletionSource<(Exception? Lost, Exception? Refused)>> _waiting = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private volatile bool _closed;

    public int Appends { get; private set; }

    public void Close() => _closed = true;

    /// <summary>Waits for the next append, and ends it: written, written and then failed, or not written.</summary>
    /// <param name="lost">What the writer hears in place of the answer.</param>
    /// <param name="refused">What the writer hears, and nothing is written.</param>
    public async Task LetOneGo(Exception? lost = null, Exception? refused = null)
    {
        await _arrived.WaitAsync();
        _waiting.TryDequeue(out var append).Should().BeTrue();
        append!.SetResult((lost, refused));
    }

    public async Task OneHasArrived()
    {
        await _arrived.WaitAsync();
        _arrived.Release();
    }

    public void Open()
    {
        _closed = false;
        while (_waiting.TryDequeue(out var append))
        {
            append.SetResult((null, null));
        }
    }

    public void Dispose() => _arrived.Dispose();

    protected override async ValueTask<bool> Append(IJournal journal, Append append)
    {
        Appends++;
        Exception? lost = null;
        if (_closed)
        {
            var gate = new TaskCompletionSource<(Exception? Lost, Exception? Refused)>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(gate);
            _arrived.Release();
            (lost, var refused) = await gate.Task;
            if (refused is not null)
            {
                throw refused;
            }
        }

        var fits = await base.Append(journal, append);
        return lost is null ? fits : throw lost;
    }
}

/// <summary>Fails a share of its appends: of five failures one is a conflict, two come before the write, two after it.</summary>
internal sealed class FaultyJournalStore(IJournalStore store, int seed) : Decorated(store)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    /// <summary>Of all appends, how many fail.</summary>
    public double Share { get; set; }

    public int Failures { get; private set; }

    /// <summary>How often a budget was recovered from here.</summary>
    public int Recoveries { get; private set; }

    public bool IsFull { get; set; }

    protected override async ValueTask<bool> Append(IJournal journal, Append append)
    {
        if (IsFull)
        {
            throw new StoreUnavailableException("The disk is full.");
        }

        switch (Draw())
        {
            case 0:
                return false;
            case 1 or 2:
                throw new StoreUnavailableException("Before the write.");
            case 3 or 4:
                await base.Append(journal, append);
                throw new IOException("After the write.");
            default:
                return await base.Append(journal, append);
        }
    }

    protected override ValueTask<History> Read(IJournal journal)
    {
        lock (_lock)
        {
            Recoveries++;
        }

        return base.Read(journal);
    }

    private int? Draw()
    {
        lock (_lock)
        {
            if (_random.NextDouble() >= Share)
            {
                return null;
            }

            Failures++;
            return _random.Next(5);
        }
    }
}

/// <summary>Counts what is read back.</summary>
internal sealed class CountingReads(IJournalStore store) : Decorated(store)
{
    public (int Rows, long Bytes) Total { get; private set; }

    protected override async ValueTask<IReadOnlyList<JournalRow>> ReadBack(IJournal journal, long seq, int rows)
    {
        var read = await base.ReadBack(journal, seq, rows);
        Total = (Total.Rows + read.Count, Total.Bytes + read.Sum(r => (long)r.Events.Length));
        return read;
    }

    protected override async ValueTask<LinkedRow?> ReadAt(IJournal journal, long seq)
    {
        var read = await base.ReadAt(journal, seq);
        Total = (Total.Rows + 1, Total.Bytes + (read?.Row.Events.Length ?? 0));
        return read;
    }
}
