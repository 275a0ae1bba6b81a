using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Scheduling;

namespace Budgets.Budgets;

/// <summary>Carries decisions to the journal: what was decided becomes durable, and only then is answered.</summary>
/// <param name="alarm">Wakes the budget when its holds expire; set before an append that leaves one open.</param>
internal sealed class Teller(IJournalStore store, AgentId agent, Alarm alarm, Action<Exception?> fenced)
{
    private readonly Journaled<BudgetState, BudgetEvent> _journal =
        new(store.Open($"budget/{agent}"), BudgetCodec.Instance, new BudgetState(agent), fenced, before: s => alarm.Set(s.NextExpiry, s.Now));

    private JournalReader? _reader;
    private Exception? _fault;
    private int _recalling;

    public BudgetState State => _journal.State;

    /// <summary>Somebody has asked this activation for something.</summary>
    public bool IsInUse { get; private set; }

    public JournalReader Reader => _reader ??= new JournalReader(_journal.Journal);

    /// <summary>A budget whose journal cannot be read stays shut: every call says why.</summary>
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
        }

        return _fault;
    }

    /// <summary>Every call asks this first.</summary>
    /// <exception cref="JournalCorruptException">The journal contradicts itself; the budget stays shut until a person has looked.</exception>
    /// <exception cref="StoreUnavailableException">The journal could not be read, or this activation is giving up; the next one tries again.</exception>
    /// <exception cref="OverloadedException">Too many wait already.</exception>
    public void Ready()
    {
        IsInUse = true;
        Trustworthy();
        if (_journal.Waiting + _recalling >= Journaled<BudgetState, BudgetEvent>.MaxWaiting)
        {
            throw new OverloadedException($"{Journaled<BudgetState, BudgetEvent>.MaxWaiting} requests wait for {agent} already.");
        }
    }

    private void Trustworthy()
    {
        if (_fault is JournalCorruptException)
        {
            throw new JournalCorruptException($"The journal of {agent} cannot be trusted: {_fault.Message}");
        }

        if (_fault is not null)
        {
            fenced(_fault);
            throw new StoreUnavailableException($"The journal of {agent} could not be read.");
        }

        if (_journal.IsFenced)
        {
            throw NotWritten();
        }
    }

    /// <summary>Completes when all that was decided so far is durable.</summary>
    public async ValueTask Durable()
    {
        if (await _journal.Flush() != Flushed.Durable)
        {
            throw NotWritten();
        }
    }

    /// <summary>The budget is woken: writes what nobody has asked for, and sets the alarm for what is left. Nothing is left and nothing changes if it was woken in vain.</summary>
    public async Task Elapse(DateTimeOffset now)
    {
        Trustworthy();
        alarm.Rang();
        var (events, next) = State.Unasked(now);
        if (events.IsEmpty)
        {
            await alarm.Set(next, now);
        }

        _journal.Record(events);
        await Durable();
    }

    public async ValueTask<SpendOutcome> Transact(Decision decision)
    {
        var begun = Begin(decision);
        return await Finish(begun, await _journal.Flush());
    }

    /// <summary>Several decisions, each made after the one before it was applied, in one append.</summary>
    public async ValueTask<ImmutableArray<SpendOutcome>> Transact(int count, Func<int, Decision> decide)
    {
        var begun = new Begun[count];
        for (var i = 0; i < count; i++)
        {
            begun[i] = Begin(decide(i));
        }

        var flushed = await _journal.Flush();
        var outcomes = ImmutableArray.CreateBuilder<SpendOutcome>(count);
        foreach (var one in begun)
        {
            outcomes.Add(await Finish(one, flushed));
        }

        return outcomes.MoveToImmutable();
    }

    /// <summary>A change of configuration, decided at an instant; answers with the budget as it is then.</summary>
    public async Task<ConfigureOutcome> Govern(
        DateTimeOffset now, Func<BudgetState, (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened)> decide)
    {
        Ready();
        var (state, elapsed) = State.At(now);
        var (outcome, happened) = decide(state);
        if (!happened.IsEmpty)
        {
            _journal.Record(elapsed.AddRange(happened));
        }

        var view = State.Exists ? State.At(now).State.View() : null;
        var flushed = await _journal.Flush();
        return flushed == Flushed.Durable ? outcome with { Budget = view } : throw Failure(flushed, wrote: !happened.IsEmpty);
    }

    /// <summary>What the journal's index knows of a key or hold that the state has forgotten; nearly always nothing needs to be asked.</summary>
    public ValueTask<Recalled> Recall(IdempotencyKey? key, HoldId? hold = null)
    {
        Ready();
        var known = key is { } k ? State.Memory[Digest.Of(k)] : null;
        var keyIsKnown = key is null || State.Memory.ForgottenUpTo == 0 || known is not null;
        var holdIsOpen = hold is not { } h || State.Holds.ContainsKey(h);

        // What is known now is taken along: a batch may make the state forget it before its turn comes.
        return keyIsKnown && holdIsOpen ? new(new Recalled(Key: known)) : RecallFromIndex(key, hold);
    }

    /// <summary>The same of all keys of a batch, true together when it returns.</summary>
    public async ValueTask<Recalled[]> RecallAll(ImmutableArray<IdempotencyKey> keys)
    {
        var recalled = new Recalled[keys.Length];
        long forgotten;
        do
        {
            // What others record meanwhile is still in the state's memory, unless it forgets: then all is asked again.
            forgotten = State.Memory.ForgottenUpTo;
            for (var i = 0; i < recalled.Length; i++)
            {
                recalled[i] = await Recall(keys[i]);
            }
        }
        while (State.Memory.ForgottenUpTo != forgotten);

        Ready();
        return recalled;
    }

    /// <summary>The index knows all that was durable when asked; if the state forgot something newer meanwhile, it is asked again.</summary>
    private async ValueTask<Recalled> RecallFromIndex(IdempotencyKey? key, HoldId? hold)
    {
        _recalling++;
        try
        {
            while (true)
            {
                var asked = _journal.DurableSeq;
                var recalled = await Reader.Recall(key, hold);
                Trustworthy();
                if (State.Memory.ForgottenUpTo <= asked && !EndedMeanwhile(hold, recalled))
                {
                    return recalled;
                }

                await Durable();
            }
        }
        finally
        {
            _recalling--;
        }
    }

    /// <summary>A hold that was open or unwritten when the index was asked, and is over now: what it was has to be read.</summary>
    private bool EndedMeanwhile(HoldId? hold, Recalled recalled) =>
        hold is { } h && recalled.HoldEnd is null && !State.Holds.ContainsKey(h) && State.Memory[Digest.Of(h)] is not null;

    private readonly record struct Begun(Decision Decision, long FirstSeq);

    private Begun Begin(Decision decision)
    {
        var first = State.Seq + 1;
        _journal.Record(decision.Events);
        return new Begun(decision, first);
    }

    /// <summary>Answers, once everything the decision stands on is durable: a refusal too was decided against spending that must be so.</summary>
    private async ValueTask<SpendOutcome> Finish(Begun begun, Flushed flushed)
    {
        var (decision, first) = begun;
        if (flushed != Flushed.Durable)
        {
            throw Failure(flushed, wrote: !decision.Events.IsEmpty);
        }

        if (decision.ReplayOf > 0)
        {
            return new SpendOutcome(Outcome.Accepted, Receipts.Of(await Reader.At(decision.ReplayOf), decision.ReplayOf), null, Replayed: true);
        }

        if (decision.Outcome != Outcome.Accepted)
        {
            return new SpendOutcome(decision.Outcome, null, decision.Refusal);
        }

        for (var i = 0; i < decision.Events.Length; i++)
        {
            if (Receipts.IsAnswer(decision.Events[i]))
            {
                return new SpendOutcome(Outcome.Accepted, Receipts.Of(decision.Events[i], first + i), null);
            }
        }

        throw new InvalidOperationException("An accepted request without an answer among its events.");
    }

    // Each waiter has its own exception: one object thrown at many would gather all their stacks.
    private static Exception Failure(Flushed flushed, bool wrote) => flushed == Flushed.Unknown && wrote
        ? new OutcomeUnknownException("Whether this was written is not known. Ask again with the same key.")
        : NotWritten();

    private static StoreUnavailableException NotWritten() => new("The store did not take what this answer depends on; nothing happened.");
}
