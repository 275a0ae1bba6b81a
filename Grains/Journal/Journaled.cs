using System.Buffers;
using System.Collections.Immutable;

namespace Budgets.Journal;

/// <summary>How a wait for durability ended.</summary>
public enum Flushed
{
    Durable = 0,

    /// <summary>Not written, for certain.</summary>
    NotWritten,

    /// <summary>Whether it was written is not known.</summary>
    Unknown,
}

/// <summary>
/// The state of one grain and the loop that makes its events durable: group commit with one append in flight; whoever comes
/// meanwhile shares the next one. Runs on the grain's scheduler only.
/// </summary>
/// <remarks>
/// The contract follows Orleans.Journaling: decide against the tentative state, apply, wait, then reply. A failed append fences
/// for good: the activation goes, and the next one recovers from the store. Nothing is retried or reloaded in place, for the
/// tentative state contains what may never have happened.
/// </remarks>
/// <param name="before">Does what must be durable before an append that leads to this state; null: nothing. What it throws is as if the append had.</param>
public sealed class Journaled<TState, TEvent>(
    IJournal journal, IJournalCodec<TState, TEvent> codec, TState empty, Action<Exception?> fenced, Func<TState, ValueTask>? before = null)
{
    /// <summary>Events that may wait for the append in flight.</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>Bytes of events after which an append is full: with all that belongs to it, a store must take it in one transaction (Azure Tables: 4 MiB, and text costs more there).</summary>
    public const int EnoughForOneAppend = 1 << 20;

    /// <summary>Events between two snapshots: what a recovery replays at most.</summary>
    public const int SnapshotEvery = 4_096;

    private static readonly Task<Flushed> Done = Task.FromResult(Flushed.Durable);

    private List<TEvent> _waiting = [];
    private List<TEvent> _spare = [];
    private TaskCompletionSource<Flushed>? _waitingFlush;
    private TaskCompletionSource<Flushed>? _inFlight;
    private ReadOnlyMemory<byte> _hash = HashChain.Root;
    private TState _durable = empty;
    private readonly JournalTraces _traces = new();
    private long _snapshotSeq;
    private long _waitingSince;
    private bool _isFlushing;

    /// <summary>With all events recorded so far, durable or not.</summary>
    public TState State { get; private set; } = empty;

    /// <summary>The last seq that is durable.</summary>
    public long DurableSeq { get; private set; }

    public bool IsFenced { get; private set; }

    /// <summary>Events that wait for the append in flight.</summary>
    public int Waiting => _waiting.Count;

    public IJournal Journal => journal;

    public async Task Recover(CancellationToken cancellation)
    {
        var (snapshot, rows) = await journal.Read(cancellation);
        if (snapshot is not null)
        {
            if (!HashChain.IsSealed(snapshot))
            {
                throw new JournalCorruptException("The snapshot does not match its seal.");
            }

            // A seal says that a snapshot is whole. That it is of this journal only the row knows that it was made after.
            if (await journal.ReadAt(snapshot.Seq, cancellation) is not { } made || made.Row.LastSeq != snapshot.Seq || !made.Row.Hash.Span.SequenceEqual(snapshot.Hash.Span))
            {
                throw new JournalCorruptException($"The snapshot is not of the row that ends at {snapshot.Seq}.");
            }

            State = codec.DecodeState(snapshot.State);
            (_hash, DurableSeq, _snapshotSeq) = (snapshot.Hash, snapshot.Seq, snapshot.Seq);
        }

        foreach (var row in rows)
        {
            if (!HashChain.Follows(new JournalEnd(DurableSeq, _hash), row))
            {
                throw new JournalCorruptException($"The row at {row.FirstSeq} does not follow the one before it.");
            }

            var events = codec.Decode(row.Events);
            if (events.Length != row.Count)
            {
                throw new JournalCorruptException($"The row at {row.FirstSeq} holds {events.Length} events instead of {row.Count}.");
            }

            State = events.Aggregate(State, codec.Fold);
            (_hash, DurableSeq) = (row.Hash, row.LastSeq);
        }

        _durable = State;
        if (codec.SeqOf(State) != DurableSeq)
        {
            throw new JournalCorruptException($"The state says {codec.SeqOf(State)} events, the journal {DurableSeq}.");
        }
    }

    /// <summary>Applies events to <see cref="State"/>. They become durable with the next <see cref="Flush"/>; call it in the same turn.</summary>
    public void Record(ImmutableArray<TEvent> events)
    {
        try
        {
            foreach (var e in events)
            {
                State = codec.Fold(State, e);
                _waiting.Add(e);
            }
        }
        catch (Exception e)
        {
            // An event that its own state rejects is a broken promise: nothing of this activation's state is to be trusted.
            Fence(e);
            throw;
        }
    }

    /// <summary>Completes when everything recorded so far is durable, or is known not to be. Never throws.</summary>
    public Task<Flushed> Flush()
    {
        if (IsFenced)
        {
            return Task.FromResult(Flushed.NotWritten);
        }

        if (_waiting.Count == 0)
        {
            return _inFlight?.Task ?? Done;
        }

        // Waiters go on within the turn that completes them: they are on this grain's scheduler, as the loop is.
        if (_waitingFlush is null)
        {
            _waitingFlush = new TaskCompletionSource<Flushed>();
            _waitingSince = JournalMetrics.Start();
        }

        _traces.Wait();
        var task = _waitingFlush.Task;
        if (!_isFlushing)
        {
            _ = RunFlushes();
        }

        return task;
    }

    /// <summary>False: the journal goes on behind what was written or read here; another activation has it, and this one is fenced. For a refusal, which meets no conflict.</summary>
    public async Task<bool> IsNewest()
    {
        for (var isSecond = false; !IsFenced; isSecond = true)
        {
            // What goes on may be ours, on its way back; and what was sent after the first look was taken at the end.
            var known = DurableSeq;
            if (await journal.ReadAt(known + 1, CancellationToken.None) is not { } last || last.Row.LastSeq <= known
                || (await Flush() == Flushed.Durable && DurableSeq > known && isSecond))
            {
                break;
            }

            if (DurableSeq == known && !IsFenced)
            {
                Fence(null);
            }
        }

        return !IsFenced;
    }

    private async Task RunFlushes()
    {
        _isFlushing = true;
        while (_waitingFlush is { } flush)
        {
            _inFlight = flush;
            _waitingFlush = null;
            JournalMetrics.Queued(_waitingSince);
            (_waiting, _spare) = (_spare, _waiting);
            var (result, error) = await AppendAll(_spare);
            _spare.Clear();
            _inFlight = null;
            if (result != Flushed.Durable)
            {
                Fence(error);
            }

            flush.SetResult(result);
        }

        _isFlushing = false;
    }

    private async ValueTask<(Flushed Result, Exception? Error)> AppendAll(List<TEvent> events)
    {
        for (var (from, before) = (0, DurableSeq); from < events.Count; from = (int)(DurableSeq - before))
        {
            var (result, error) = await AppendFrom(events, from);
            if (result != Flushed.Durable)
            {
                // Of those who wait, some may be in the part that was written: none of them can be told that nothing happened.
                return (from == 0 ? result : Flushed.Unknown, error);
            }
        }

        return (Flushed.Durable, null);
    }

    private async ValueTask<(Flushed Result, Exception? Error)> AppendFrom(List<TEvent> events, int from)
    {
        var content = Buffers.Pool.Get();
        var snapshot = DurableSeq + events.Count - from - _snapshotSeq >= SnapshotEvery ? Buffers.Pool.Get() : null;
        try
        {
            var (append, after) = Prepare(events, from, content, snapshot);
            if (before is not null)
            {
                await before(after);
            }

            using var trace = _traces.Append(append.Row.Count);
            var since = JournalMetrics.Start();
            if (!await journal.Append(append))
            {
                // Another activation has written. Ours may have landed before: a conflict can be the echo of our own write.
                return (Flushed.Unknown, null);
            }

            (_hash, DurableSeq, _durable) = (append.Row.Hash, append.Row.LastSeq, after);
            _snapshotSeq = append.Snapshot?.Seq ?? _snapshotSeq;
            JournalMetrics.Appended(append.Row.Count, since);
            return (Flushed.Durable, null);
        }
        catch (StoreUnavailableException e)
        {
            return (Flushed.NotWritten, e);
        }
        catch (Exception e)
        {
            JournalMetrics.Failed(e);
            return (Flushed.Unknown, e);
        }
        finally
        {
            Buffers.Pool.Return(content);
            if (snapshot is not null)
            {
                Buffers.Pool.Return(snapshot);
            }
        }
    }

    private (Append Append, TState After) Prepare(List<TEvent> events, int from, ArrayBufferWriter<byte> content, ArrayBufferWriter<byte>? snapshot)
    {
        var count = codec.Encode(events, content, from, EnoughForOneAppend);
        var first = DurableSeq + 1;
        var filings = ImmutableArray.CreateBuilder<Filing>(count + 1);
        for (var i = 0; i < count; i++)
        {
            codec.File(events[from + i], first + i, filings);
        }

        var row = new JournalRow(first, count, content.WrittenMemory, HashChain.Next(_hash.Span, content.WrittenSpan));

        // Where more is to follow, or was decided meanwhile, the state is ahead of the row.
        var after = codec.SeqOf(State) == row.LastSeq ? State : events.Skip(from).Take(count).Aggregate(_durable, codec.Fold);
        return (new Append(DurableSeq, row, filings.DrainToImmutable(), snapshot is null ? null : Snapshot(after, row, snapshot)), after);
    }

    private Snapshot Snapshot(TState state, JournalRow row, ArrayBufferWriter<byte> into)
    {
        codec.EncodeState(state, into);
        return HashChain.Sealed(row.LastSeq, row.Hash, into.WrittenMemory);
    }

    private void Fence(Exception? error)
    {
        IsFenced = true;
        JournalMetrics.Fenced();
        fenced(error);

        // Those behind the append in flight were never sent.
        var behind = _waitingFlush;
        _waitingFlush = null;
        _waiting.Clear();
        behind?.SetResult(Flushed.NotWritten);
    }
}
