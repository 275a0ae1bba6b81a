using System.Buffers;
using System.Collections.Immutable;
using Budgets.Budgets;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Model;

/// <summary>Decide and fold, with a list for a journal and a dictionary for its index.</summary>
internal sealed class PaperSubject : ISubject
{
    private readonly List<BudgetEvent> _events = [];
    private readonly Dictionary<Digest, long> _filed = [];
    private BudgetState _state;
    private DateTimeOffset _clock;

    public PaperSubject() => _state = new BudgetState(Agent);

    public AgentId Agent { get; } = new("agent_0123456789abcdefghij");

    public bool TakesPrices => true;

    public IReadOnlyList<BudgetEvent> Events => _events;

    public BudgetState State => _state;

    public void SetClock(DateTimeOffset now) => _clock = now;

    public ValueTask<SpendOutcome> Spend(object request) => new(request switch
    {
        ChargeRequest r => Answer(Charging.Charge(_state, r, _clock, Recall(r.Key, null))),
        HoldRequest r => Answer(Holding.Hold(_state, r, _clock, Recall(r.Key, null))),
        SettleRequest r => Answer(Settling.Settle(_state, r, _clock, Recall(r.Key, r.Id))),
        ReleaseRequest r => Answer(Settling.Release(_state, r, _clock, Recall(r.Key, r.Id))),
        ExtendRequest r => Answer(Holding.Extend(_state, r, _clock, Recall(r.Key, r.Id))),
        CreditRequest r => Answer(Crediting.Credit(_state, r, _clock, Recall(r.Key, null))),
        _ => throw new ArgumentException("Not a spending request.", nameof(request)),
    });

    public ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> charges) =>
        new([.. charges.Select(r => Answer(Charging.Charge(_state, r, _clock, Recall(r.Key, null))))]);

    public ValueTask<Foresight> Decide(Money amount) => new(Holding.Foresee(_state, amount, _clock));

    public ValueTask<ConfigureResult> Govern(object request)
    {
        var (now, elapsed) = _state.At(_clock);
        var (outcome, happened) = request switch
        {
            OpenRequest r => Governing.Open(now, r, _clock),
            ConfigureRequest r => Configuring.Configure(now, r),
            FreezeRequest r => Governing.Freeze(now, r),
            Unfreeze r => Governing.Unfreeze(now, r.By),
            Close r => Governing.Close(now, r.By),
            RechargeRequest r => RechargeSetting.Set(now, r),
            ResumeRequest r => Recharging.Resume(now, r),
            _ => throw new ArgumentException("Not a governing request.", nameof(request)),
        };
        Enter(happened.IsEmpty ? [] : elapsed.AddRange(happened));
        return new(outcome.Result);
    }

    public ValueTask End(PaymentReport report)
    {
        Enter(Recharging.End(_state, report, _clock, _filed.TryGetValue(Digest.Of(report.Recharge), out var seq) ? _events[(int)seq - 1] as RechargeEnded : null));
        return default;
    }

    public ValueTask<RechargeView?> Recharges() => new(_state.Exists ? _state.At(_clock).State.RechargeView() : null);

    public ValueTask<BudgetView?> View() => new(_state.Exists ? _state.At(_clock).State.View() : null);

    public ValueTask<HoldView?> GetHold(HoldId id)
    {
        var known = _state.Holds.GetValueOrDefault(id)?.ViewAt(_clock);
        return new(known ?? (_filed.TryGetValue(Digest.Of(id), out var seq) ? Viewing.HoldAfter(_events[(int)seq - 1]) : null));
    }

    public ValueTask<long> LastSeq() => new(_events.Count);

    public ValueTask<IReadOnlyList<LedgerEntry>> Ledger() => new([.. _events.Select((e, i) => Receipts.EntryOf(e, i + 1)).OfType<LedgerEntry>()]);

    public ValueTask<UsageView?> Usage(UsagePeriod period)
    {
        if (!_state.Exists)
        {
            return default;
        }

        var (state, elapsed) = _state.At(_clock);
        var (first, last) = state.Range(period);
        var sum = Days(state, elapsed, first, last).Aggregate(UsageBook.Empty, (s, d) => s + d.Usage);
        return new(new UsageView(period, first, last, sum.Sums(), state.View()));
    }

    public ValueTask<AnalyticsView?> Analytics(AnalyticsQuery query)
    {
        if (!_state.Exists)
        {
            return default;
        }

        var (state, elapsed) = _state.At(_clock);
        var (first, last) = state.Range(query)!.Value;
        var spent = Days(state, elapsed, first, last).ToList();
        var rows = Enumerable.Range(first.DayNumber, last.DayNumber - first.DayNumber + 1).Select(DateOnly.FromDayNumber)
            .Select(date => new DaySums(date, spent.Where(d => d.Date == date).Aggregate(default(Sums), (s, d) => s + d.Usage.Total)));
        return new(new AnalyticsView(Agent, state.TimeZone, state.Terms.WeekStart, [.. rows], UsageBook.Sum([.. spent.Select(d => d.Usage)]).Sums(),
            query.ByHour ? Hours.Rows(first, last, state.TimeZone, spent.SelectMany(d => d.Hours ?? [], (d, hour) => (d.Date, hour))) : null));
    }

    public ValueTask Restart(int way)
    {
        var codec = BudgetCodec.Instance;
        if (way % 3 == 0)
        {
            var written = new ArrayBufferWriter<byte>();
            codec.Encode(_events, written);
            _state = codec.Decode(written.WrittenMemory).Aggregate(new BudgetState(Agent), Fold.Apply);
        }
        else if (_state.Exists)
        {
            var written = new ArrayBufferWriter<byte>();
            codec.EncodeState(_state, written);
            _state = codec.DecodeState(written.WrittenMemory);
            _state = way % 3 == 1 || _state.Memory.IsEmpty ? _state : _state with { Memory = Memory.Of([], _state.Seq) };
        }

        return default;
    }

    private IEnumerable<DayBook> Days(BudgetState state, ImmutableArray<BudgetEvent> elapsed, DateOnly first, DateOnly last) =>
        _events.Concat(elapsed).OfType<DayClosed>().Select(DayBook.Of).Concat(state.Days.Select(d => new DayBook(d.Date, d.Usage, d.Hours))).Where(d => first <= d.Date && d.Date <= last);

    // As the grain does: only what the state has forgotten is looked up.
    private Recalled Recall(IdempotencyKey? key, HoldId? hold)
    {
        var keyIsKnown = key is not { } k || _state.Memory.ForgottenUpTo == 0 || _state.Memory[Digest.Of(k)] is not null;
        if (keyIsKnown && (hold is not { } open || _state.Holds.ContainsKey(open)))
        {
            return default;
        }

        var recalled = Recalled.Nothing;
        if (key is { } asked && _filed.TryGetValue(Digest.Of(asked), out var used))
        {
            recalled = recalled with { Key = Receipts.RememberedOf(_events[(int)used - 1], used) };
        }

        if (hold is not { } h || !_filed.TryGetValue(Digest.Of(h), out var end))
        {
            return recalled;
        }

        var ended = Assuming.Untold(_events[(int)end - 1]);
        return recalled with
        {
            HoldEnd = Receipts.RememberedOf(_events[(int)end - 1], end),
            Hold = ended,
            DayClosed = ended is not null && _filed.TryGetValue(Digest.Of(ended.Date), out var closed) ? closed : null,
        };
    }

    private SpendOutcome Answer(Decision decision)
    {
        var first = _events.Count + 1;
        Enter(decision.Events);
        if (decision.ReplayOf > 0)
        {
            return new SpendOutcome(Outcome.Accepted, Receipts.Of(_events[(int)decision.ReplayOf - 1], decision.ReplayOf), null, Replayed: true);
        }

        var answer = decision.Events.Select((e, i) => (Event: e, Seq: (long)first + i)).FirstOrDefault(e => Receipts.IsAnswer(e.Event));
        return decision.Outcome == Outcome.Accepted
            ? new SpendOutcome(Outcome.Accepted, Receipts.Of(answer.Event, answer.Seq), null)
            : new SpendOutcome(decision.Outcome, null, decision.Refusal);
    }

    // As the teller does: a recharge is entered with what it follows from.
    private void Enter(ImmutableArray<BudgetEvent> events)
    {
        Write(events);
        Write(events.IsEmpty ? [] : Recharging.After(_state));
    }

    private void Write(ImmutableArray<BudgetEvent> events)
    {
        foreach (var e in events)
        {
            _state = Fold.Apply(_state, e);
            _events.Add(e);
            var filings = ImmutableArray.CreateBuilder<Filing>();
            BudgetCodec.Instance.File(e, _events.Count, filings);
            foreach (var filing in filings)
            {
                _filed[filing.Digest] = filing.Seq;
            }
        }
    }
}
