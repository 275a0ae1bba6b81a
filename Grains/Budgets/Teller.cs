using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Scheduling;

namespace Budgets.Budgets;

/// <summary>Carries decisions to the journal: what was decided becomes durable, and only then is answered.</summary>
/// <param name="clock">Read only when somebody is to be told of a refusal.</param>
/// <param name="alarm">Wakes the budget at its <see cref="Waking.NextWake"/>; set before an append that leads to one.</param>
/// <param name="told">There is something in the state's outbox, or a recharge was ordered.</param>
internal sealed partial class Teller(IJournalStore store, AgentId agent, Func<DateTimeOffset> clock, Alarm alarm, Action<Exception?> fenced, Action told)
{
    private readonly Keeper<BudgetState, BudgetEvent> _journal =
        new(store.Open($"budget/{agent}"), BudgetCodec.Instance, new BudgetState(agent), agent.Value, fenced, before: s => alarm.Set(s.NextWake(), s.Now));

    private JournalReader? _reader;
    private int _recalling;
    private Money _countedAsHeld;

    public BudgetState State => _journal.State;

    /// <summary>Somebody has asked this activation for something.</summary>
    public bool IsInUse { get; private set; }

    public JournalReader Reader => _reader ??= new JournalReader(_journal.Journal);

    /// <summary>A budget whose journal cannot be read stays shut: every call says why.</summary>
    /// <returns>What kept it from being read; null: open.</returns>
    public async Task<Exception?> Recover(CancellationToken cancellation)
    {
        var fault = await _journal.Recover(cancellation);
        CountHeld(State.Held());
        return fault;
    }

    /// <summary>This activation ends; the next one counts what is held.</summary>
    public Task Leave()
    {
        CountHeld(Money.Zero);
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="Keeper{TState,TEvent}.Ready"/>
    public void Ready()
    {
        IsInUse = true;
        _journal.Ready(_recalling);
    }

    /// <inheritdoc cref="Keeper{TState,TEvent}.Durable"/>
    public ValueTask Durable() => _journal.Durable();

    /// <summary>Applies what is no answer to anybody, with the recharge that it leads to, and what is to be told of it; it becomes durable with the next append.</summary>
    public void Record(ImmutableArray<BudgetEvent> events)
    {
        var before = State;
        _journal.Record(events);
        if (!events.IsEmpty)
        {
            var recharging = Recharging.After(State);
            _journal.Record(recharging);
            RecordAlerts(Alerting.After(before, State, recharging.IsEmpty ? events : events.AddRange(recharging)));
            if (State.Recharges?.Last != before.Recharges?.Last && State.Recharges?.Open is not null)
            {
                told();
            }
        }

        CountHeld(State.Held());
    }

    /// <summary>A refusal of this budget writes nothing, save what its people want to hear of it once in a window.</summary>
    public void Refused(Refusal? refusal)
    {
        if (refusal is not null && Alerting.IsTold(State))
        {
            RecordAlerts(Alerting.Refused(State, refusal, clock()));
            CountHeld(State.Held());
        }
    }

    /// <summary>The budget is woken: writes what nobody has asked for, and sets the alarm for what is left. Woken in vain, it writes nothing.</summary>
    public async Task Elapse(DateTimeOffset now)
    {
        _journal.Trustworthy();
        alarm.Rang();
        var (events, next) = State.Unasked(now);
        if (events.IsEmpty)
        {
            await alarm.Set(next, now);
        }
        else
        {
            // Its append sets the alarm.
            Record(events);
        }

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
    public Task<ConfigureOutcome> Govern(DateTimeOffset now, Func<BudgetState, (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened)> decide) =>
        Decide(now, decide, outcome => outcome with { Budget = State.Exists ? State.At(now).State.View() : null });

    /// <summary>A decision that is no spending, made at an instant.</summary>
    /// <param name="complete">Fills in what the state says once the decision is applied.</param>
    public async Task<T> Decide<T>(DateTimeOffset now, Func<BudgetState, (T Outcome, ImmutableArray<BudgetEvent> Happened)> decide, Func<T, T>? complete = null)
    {
        Ready();
        var (state, elapsed) = State.At(now);
        var (outcome, happened) = decide(state);
        if (!happened.IsEmpty)
        {
            Record(elapsed.AddRange(happened));
        }

        outcome = complete is null ? outcome : complete(outcome);
        var flushed = await _journal.Flush();
        return flushed == Flushed.Durable ? outcome : throw Keeper<BudgetState, BudgetEvent>.Failure(flushed, wrote: !happened.IsEmpty);
    }

    private readonly record struct Begun(Decision Decision, long FirstSeq);

    private Begun Begin(Decision decision)
    {
        var first = State.Seq + 1;
        Record(decision.Events);
        if (decision.Outcome == Outcome.BudgetExceeded)
        {
            Refused(decision.Refusal);
        }

        return new Begun(decision, first);
    }

    private void RecordAlerts(ImmutableArray<BudgetEvent> alerts)
    {
        if (!alerts.IsEmpty)
        {
            _journal.Record(alerts);
            told();
        }
    }

    private void CountHeld(Money held)
    {
        BudgetMetrics.HeldMore(held - _countedAsHeld);
        _countedAsHeld = held;
    }

    /// <summary>Answers, once everything the decision stands on is durable: a refusal too was decided against spending that must be so.</summary>
    private async ValueTask<SpendOutcome> Finish(Begun begun, Flushed flushed)
    {
        var (decision, first) = begun;
        if (flushed != Flushed.Durable)
        {
            throw Keeper<BudgetState, BudgetEvent>.Failure(flushed, wrote: !decision.Events.IsEmpty);
        }

        if (decision.ReplayOf > 0)
        {
            return new SpendOutcome(Outcome.Accepted, Receipts.Of(await Reader.At(decision.ReplayOf), decision.ReplayOf), null, Replayed: true);
        }

        if (decision.Outcome != Outcome.Accepted)
        {
            BudgetMetrics.Refused(decision.Outcome);
            return new SpendOutcome(decision.Outcome, null, decision.Refusal);
        }

        var answer = Answer(decision, first);
        BudgetMetrics.Spent(answer.Receipt!.Kind is EntryKind.Charge or EntryKind.Settle ? answer.Receipt.Amount : Money.Zero);
        return answer;
    }

    /// <summary>What an accepted decision tells, whether it is durable or not.</summary>
    /// <param name="first">The seq of its first event.</param>
    public static SpendOutcome Answer(Decision decision, long first)
    {
        for (var i = 0; i < decision.Events.Length; i++)
        {
            if (Receipts.IsAnswer(decision.Events[i]))
            {
                return new SpendOutcome(Outcome.Accepted, Receipts.Of(decision.Events[i], first + i), null);
            }
        }

        throw new InvalidOperationException("An accepted request without an answer among its events.");
    }
}
