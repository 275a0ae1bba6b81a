using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"With another budget the same things would have been asked, and these of them refused": what happened, decided again by the real ledger.</summary>
/// <remarks>
/// Fed with a budget's events in their order. What was refused then is not in the ledger and is not asked again; what people froze is not frozen. A breaker that trips
/// freezes the agent here as it would have. What was spent before the first event is taken from that event's own balances.
/// </remarks>
public sealed class Rehearsal
{
    private readonly BudgetState _live;
    private readonly Configured _proposed;
    private readonly HashSet<HoldId> _refusedHolds = [];
    private readonly Dictionary<long, Money> _lent = [];
    private readonly Dictionary<(Outcome, LimitType?, Layer?), (BlockedBy Sum, DateTimeOffset? Window)> _limits = [];
    private readonly List<Blocked> _first = [];
    private BudgetState _state;
    private (long Entries, long Calls, Money Spent, long Blocked, Money Asked, Money Saved, long Warned) _sums;

    private Rehearsal(BudgetState live, Configured proposed) => (_live, _proposed, _state) = (live, proposed, new BudgetState(live.Agent));

    /// <param name="live">The budget as it is.</param>
    public static (ConfigureOutcome Outcome, Rehearsal? Rehearsal) Of(BudgetState live, ConfigureRequest proposal)
    {
        var (outcome, happened) = Configuring.Configure(live with { Closed = false }, proposal);
        return (outcome, happened is [Configured configured] ? new Rehearsal(live, configured) : null);
    }

    public void Happened(long seq, BudgetEvent e)
    {
        if (!_state.Exists)
        {
            Begin(e);
        }

        _sums.Entries++;
        switch (e)
        {
            case Charged c:
                Spend(c.Amount);
                Ask(seq, c, EntryKind.Charge, c.Amount, c.Purpose, c.Amount, Charging.Charge(_state, new ChargeRequest(c.Id, c.Amount, c.Purpose, c.Key, c.Mode, c.OccurredAt), c.At));
                break;
            case Held { OutOf: { } whole } part:
                if (_refusedHolds.Contains(whole))
                {
                    _refusedHolds.Add(part.Id);
                }
                else
                {
                    Take(Holding.Hold(_state, new HoldRequest(part.Id, part.Amount, part.Purpose, part.Key, (int)(part.ExpiresAt - part.At).TotalSeconds, OutOf: whole), part.At));
                }

                break;
            case Held h:
                var ttl = (int)Math.Clamp((h.ExpiresAt - h.At).TotalSeconds, 1, HoldRequest.MaxTtlSeconds);
                if (!Ask(seq, h, EntryKind.Hold, h.Amount, h.Purpose, Money.Zero, Holding.Hold(_state, new HoldRequest(h.Id, h.Amount, h.Purpose, h.Key, ttl, Dearest: h.Dearest), h.At)))
                {
                    _refusedHolds.Add(h.Id);
                }

                break;
            case Extended x when _state.Holds.TryGetValue(x.Id, out var open) && x.ExpiresAt > open.ExpiresAt:
                var longer = (int)Math.Clamp((x.ExpiresAt - open.ExpiresAt).TotalSeconds, 1, HoldRequest.MaxTtlSeconds);
                Take(Holding.Extend(_state, new ExtendRequest(x.Id, longer), x.At));
                break;
            case Settled { Corrects: true } or Released { Corrects: true }:
                if (e is Settled more && more.Adds() > Money.Zero)
                {
                    Spend(more.Adds());
                    Take(Recorded(new IdempotencyKey($"corrected {more.Hold.Id}"), more.Adds(), more.Purpose, more.At));
                }

                break;
            case Settled t:
                Spend(t.Amount);
                Settle(t);
                break;
            case Released r:
                if (!_refusedHolds.Remove(r.Hold.Id))
                {
                    Take(Settling.Release(_state, new ReleaseRequest(r.Hold.Id), r.At));
                }

                break;
            case Expired x:
                _refusedHolds.Remove(x.Hold.Id);
                break;
            case Lent l:
                Lend(seq, l);
                break;
            case Reconciled { Amount.Nanos: > 0 } r:
                Spend(r.Amount);
                Take(Recorded(r.Key, r.Amount, Purpose.None, r.At));
                break;
        }
    }

    public PreviewView View(DateTimeOffset from, bool isCut) => new(
        _live.Agent, from, _live.Now, _sums.Entries, isCut, _sums.Calls, _sums.Spent, _sums.Blocked, _sums.Asked, _sums.Saved, _sums.Warned,
        [.. _limits.Values.Select(l => l.Sum).OrderByDescending(l => l.Calls).ThenBy(l => l.Type)], [.. _first]);

    private void Begin(BudgetEvent e)
    {
        var opened = new Opened(e.At, _proposed.By, _live.Terms.Name, null, _proposed.TimeZone, _proposed.WeekStart, Rollover.At(e.At, _proposed.TimeZone, _proposed.WeekStart));
        _state = Fold.Apply(Fold.Apply(_state, opened), _proposed with { At = e.At, Windows = null, Alerts = AlertSettings.None, AlertsAbove = null });
        var (after, amount) = e switch
        {
            Charged c => (c.After, c.Amount),
            Held h => (h.After, Money.Zero),
            Settled t => (t.After, t.Adds()),
            _ => ([], Money.Zero),
        };

        // Windows cut elsewhere have other sums; over a whole life it makes no difference.
        var isCutAlike = _proposed.TimeZone == _live.TimeZone && _proposed.WeekStart == _live.Terms.WeekStart;
        foreach (var balance in after.Where(b => isCutAlike || b.Type == LimitType.Total))
        {
            var at = (int)balance.Type;
            _state = _state with { Windows = _state.Windows.SetItem(at, _state.Windows[at] with { Spent = Money.Max(Money.Zero, balance.Spent - amount) }) };
        }
    }

    private void Settle(Settled t)
    {
        if (_refusedHolds.Remove(t.Hold.Id))
        {
            _sums.Saved += t.Amount;
        }
        else if (_state.Holds.ContainsKey(t.Hold.Id))
        {
            Take(Settling.Settle(_state, new SettleRequest(t.Hold.Id, t.Amount, t.Purpose), t.At));
        }
        else
        {
            // Held before the rehearsal began, or settled late: the money was spent all the same.
            Take(Recorded(new IdempotencyKey($"settled {t.Hold.Id}"), t.Amount, t.Purpose, t.At));
        }
    }

    /// <summary>What agents below have spent since their draw was last told of. Of draws that began before, only what comes on top.</summary>
    private void Lend(long seq, Lent l)
    {
        var before = _lent.TryGetValue(l.Loan.Number, out var known) ? known : l.Loan.Version > 1 ? l.Loan.Spent : Money.Zero;
        _lent[l.Loan.Number] = l.Loan.Spent;
        var more = l.Loan.Spent - before;
        if (more > Money.Zero)
        {
            Spend(more);
            var asked = new ChargeRequest(new ChargeId($"lent {seq}"), Money.Min(more, Money.MaxPerRequest), Purpose.None, new IdempotencyKey($"lent {seq}"));
            Ask(seq, l, EntryKind.Charge, more, Purpose.None, more, Charging.Charge(_state, asked, l.At), isOfDescendants: true);
        }
    }

    private Decision Recorded(IdempotencyKey key, Money amount, Purpose purpose, DateTimeOffset at) =>
        Charging.Charge(_state, new ChargeRequest(new ChargeId(key.Value), amount, purpose, key, ChargeMode.Record), at);

    private void Spend(Money amount) => _sums.Spent += amount;

    private bool Ask(long seq, BudgetEvent e, EntryKind kind, Money amount, Purpose purpose, Money spends, Decision decision, bool isOfDescendants = false)
    {
        _sums.Calls++;
        if (Take(decision))
        {
            return true;
        }

        var standing = decision.Refusal?.Standing;
        _sums.Blocked++;
        _sums.Asked += amount;
        _sums.Saved += spends;
        Count(decision.Outcome, standing, amount, e.At);
        if (_first.Count < PreviewView.MostListed)
        {
            _first.Add(new Blocked(seq, e.At, kind, amount, purpose.Model, purpose.Operation, decision.Outcome, standing, isOfDescendants));
        }

        return false;
    }

    private void Count(Outcome outcome, LimitStanding? standing, Money amount, DateTimeOffset at)
    {
        var key = (outcome, standing?.Type, standing?.SetBy);
        var window = standing?.Window.From;
        var isFirst = !_limits.TryGetValue(key, out var known);
        _limits[key] = isFirst
            ? (new BlockedBy(outcome, standing?.Type, standing?.Limit, 1, amount, 1, at, at), window)
            : (known.Sum with { Calls = known.Sum.Calls + 1, Amount = known.Sum.Amount + amount, Windows = known.Sum.Windows + (known.Window == window ? 0 : 1), Last = at }, window);
    }

    private bool Take(Decision decision)
    {
        _state = decision.Events.Aggregate(_state, Fold.Apply);
        _sums.Warned += decision.Events.Any(e => e is Charged { Warnings: var w } && w.Any(x => x.Percent > 100) || e is Held { Warnings: var v } && v.Any(x => x.Percent > 100)) ? 1 : 0;
        return decision.Outcome == Outcome.Accepted;
    }
}
