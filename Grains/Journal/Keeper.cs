using System.Collections.Immutable;

namespace Budgets.Journal;

/// <summary>Keeps one grain's journal: a journal that cannot be read, or an activation that has given up, answers every call with the reason.</summary>
/// <param name="name">Who it belongs to, for messages.</param>
/// <param name="before">Does what must be durable before an append that leads to a state: an <see cref="Scheduling.Alarm"/> is set here. Null: nothing.</param>
internal sealed class Keeper<TState, TEvent>(
    IJournal journal, IJournalCodec<TState, TEvent> codec, TState empty, string name, Action<Exception?> fenced, Func<TState, ValueTask>? before = null)
{
    private readonly Journaled<TState, TEvent> _journal = new(journal, codec, empty, fenced, before);
    private Exception? _fault;

    /// <summary>With all events recorded so far, durable or not.</summary>
    public TState State => _journal.State;

    public long DurableSeq => _journal.DurableSeq;

    public IJournal Journal => journal;

    /// <returns>What kept it from being read; null: open.</returns>
    public async Task<Exception?> Recover(CancellationToken cancellation)
    {
        try
        {
            await _journal.Recover(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _fault = e;
            if (e is JournalCorruptException)
            {
                JournalMetrics.Contradicted();
            }
        }

        return _fault;
    }

    /// <summary>Every call asks this first.</summary>
    /// <param name="others">Calls that wait for something else than an append.</param>
    /// <exception cref="JournalCorruptException">The journal contradicts itself; it stays shut until a person has looked.</exception>
    /// <exception cref="StoreUnavailableException">The journal could not be read, or this activation is giving up; the next one tries again.</exception>
    /// <exception cref="OverloadedException">Too many wait already.</exception>
    public void Ready(int others = 0)
    {
        Trustworthy();
        if (_journal.Waiting + others >= Journaled<TState, TEvent>.MaxWaiting)
        {
            throw new OverloadedException($"{Journaled<TState, TEvent>.MaxWaiting} requests wait for {name} already.");
        }
    }

    public void Trustworthy()
    {
        if (_fault is JournalCorruptException)
        {
            throw new JournalCorruptException($"The journal of {name} cannot be trusted: {_fault.Message}");
        }

        if (_fault is not null)
        {
            fenced(_fault);
            throw new StoreUnavailableException($"The journal of {name} could not be read.");
        }

        if (_journal.IsFenced)
        {
            throw Failure(Flushed.NotWritten, wrote: false);
        }
    }

    public void Record(ImmutableArray<TEvent> events) => _journal.Record(events);

    public Task<Flushed> Flush() => _journal.Flush();

    /// <summary>Completes when everything in the state is durable, also what came while it was waited for, so that it may be acted on. False: it is not, or nobody goes on.</summary>
    public async Task<bool> IsWritten(Func<bool> isStopped)
    {
        do
        {
            if (isStopped() || await _journal.Flush() != Flushed.Durable)
            {
                return false;
            }
        }
        while (codec.SeqOf(State) != DurableSeq);
        return !isStopped();
    }

    /// <summary>Completes when all that was decided so far is durable.</summary>
    public async ValueTask Durable()
    {
        if (await _journal.Flush() is var flushed and not Flushed.Durable)
        {
            throw Failure(flushed, wrote: false);
        }
    }

    /// <summary>Completes when it is sure that nobody else has written since it was asked: what is not in the state now was not acknowledged to anybody before.</summary>
    /// <exception cref="StoreUnavailableException">Another activation has; this one gives up.</exception>
    public async ValueTask Newest()
    {
        if (!await _journal.IsNewest())
        {
            throw Failure(Flushed.NotWritten, wrote: false);
        }
    }

    // Each waiter has its own exception: one object thrown at many would gather all their stacks.
    public static Exception Failure(Flushed flushed, bool wrote) => flushed == Flushed.Unknown && wrote
        ? new OutcomeUnknownException("Whether this was written is not known. Ask again with the same key.")
        : new StoreUnavailableException("The store did not take what this answer depends on; nothing happened.");
}
