using Budgets.Ledger;
using Budgets.Trees;

namespace Budgets.Tests.Trees;

/// <summary>A world with a family in it, people who spend, and the truth about what they spent.</summary>
internal sealed class Families
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);
    private static readonly Money OnePrice = Usd(0.25m);
    private static readonly Money[] Amounts = [new(1), Usd(0.01m), Usd(0.01m), Usd(0.05m), Usd(0.25m), Usd(1), Usd(3)];

    private readonly World _world;
    private readonly SimLoop _loop;
    private readonly List<AgentId> _agents = [];
    private readonly Dictionary<AgentId, List<AgentId>> _children = [];
    private readonly Dictionary<AgentId, (string Budget, string Tree)> _names = [];
    private readonly Dictionary<AgentId, BudgetState> _known = [];
    private readonly Refusals _refusals;
    private readonly Dictionary<AgentId, Seen> _seen = [];
    private DateTimeOffset _lookedAt;
    private readonly List<(AgentId Agent, HoldId Id, Money Amount)> _holds = [];
    private readonly bool _overruns;

    /// <summary>What was really spent, as those who spent it were told.</summary>
    private readonly Dictionary<AgentId, Money> _truth = [];
    private Dictionary<AgentId, (Money Daily, Money Total)> _used = [];
    private int _ids;
    private bool _isEnding;
    private bool _isAsking;
    private bool _isOneZone;

    /// <summary>The root has a balance, and no limit for its life.</summary>
    private bool _isPrepaid;

    /// <summary>Everything costs the same: what is too little for one is too little for everybody.</summary>
    private bool _isEven;

    public Families(SimLoop loop, World world, bool overruns)
    {
        (_loop, _world, _overruns) = (loop, world, overruns);
        _refusals = new Refusals(Chain);
    }

    public long Admitted { get; private set; }

    public long Refused { get; private set; }

    public long Unknown { get; private set; }

    /// <summary>Of those that were asked again: money was drawn back and forth until the node gave up. Nobody should ever see it.</summary>
    public long Overloaded { get; private set; }

    public Exception? Broken { get; private set; }

    /// <summary>Refusals although the money was there, and nobody got it; known at the end.</summary>
    public IReadOnlyList<string> Unfounded { get; private set; } = [];

    public bool IsEven => _isEven;

    /// <summary>What was looked at last, of an agent's budget, its tree and its parent's tree.</summary>
    private sealed record Seen(SimBudget? Live, BudgetState? State, TreeState? Own, TreeState? Above);

    /// <param name="isMixed">What is asked for in a rush costs more or less, as at other times.</param>
    public async Task Found(int agents, int depth, int fanOut, bool isRush = false, bool isMixed = false)
    {
        _isOneZone = isRush || _loop.Next(2) == 0;
        _isPrepaid = agents % 2 == 0;
        _isEven = isRush ? !isMixed : !_overruns && _loop.Next(2) == 0;
        for (var i = 0; i < agents; i++)
        {
            var candidates = _agents.Where(a => Depth(a) < depth && _children[a].Count < fanOut).ToList();
            if (i > 0 && candidates.Count == 0)
            {
                return;
            }

            var parent = i == 0 ? (AgentId?)null : candidates[_loop.Next(candidates.Count)];
            var agent = new AgentId($"agent_{i:d20}");
            var all = i != 0 ? 0 : isRush ? 2 + _loop.Next(8) : 40 + _loop.Next(60);
            var limits = i == 0 ? _isPrepaid ? null : Limit(LimitType.Total, all) : _loop.Next(4) switch
            {
                0 => Limit(LimitType.Daily, 5 + _loop.Next(30)),
                1 => Limit(LimitType.Total, 5 + _loop.Next(30)),
                _ => null,
            };
            var zone = ((string[])["UTC", "America/New_York", "Asia/Tokyo"])[_isOneZone ? 0 : _loop.Next(3)];
            if (parent is { } p)
            {
                await ((SimTree)await _world.Wake($"tree/{p}")).Add(agent, new ChildTerms($"child {i}", OverrunPolicy.Block), _world.Clock);
                _children[p].Add(agent);
            }

            await ((SimBudget)await _world.Wake($"budget/{agent}")).Open(new OpenRequest($"agent {i}", "operator", zone, IsoDayOfWeek.Monday, parent, limits));
            if (i == 0 && _isPrepaid)
            {
                await ((SimBudget)await _world.Wake($"budget/{agent}")).Credit(Credits(Usd(all), CreditSource.Payment));
            }

            _world.Parents[agent] = parent;
            _children[agent] = [];
            _names[agent] = ($"budget/{agent}", $"tree/{agent}");
            _agents.Add(agent);
        }
    }

    /// <summary>Somebody does something.</summary>
    public void Act()
    {
        var agent = _agents[_loop.Next(_agents.Count)];
        if (_refusals.Pending == 0 && !_isEven && _loop.Chance(100) && Headroom(agent) is { Nanos: > 0 } all)
        {
            // Nobody else asks for anything: whatever its relatives have drawn, the rest is one agent's to spend.
            _ = Spend(agent, all, isHold: _loop.Next(4) > 0);
            return;
        }

        switch (_loop.Next(100))
        {
            case < 45:
                _ = Spend(agent, Price(), isHold: false);
                break;
            case < 65:
                _ = Spend(agent, Price(), isHold: true);
                break;
            case < 92 when _holds.Count > 0:
                var at = _loop.Next(_holds.Count);
                var hold = _holds[at];
                _holds.RemoveAt(at);
                _ = End(hold.Agent, hold.Id, hold.Amount, _isEven ? 2 * _loop.Next(2) : _loop.Next(3));
                break;
            case < 94:
                _ = Reconfigure(agent);
                break;
            case < 96 when _overruns:
                _ = Record(agent);
                break;
            default:
                // A burst: many ask for the last of it at once.
                for (var i = 0; i < 10; i++)
                {
                    _ = Spend(_agents[_loop.Next(_agents.Count)], OnePrice, isHold: false);
                }

                break;
        }
    }

    /// <summary>Everybody asks at once, twice as much as there is or less; then something comes back, and perhaps more is credited.</summary>
    public async Task Rush()
    {
        var asking = new List<Task>();
        for (var left = 10 + _loop.Next(40); left > 0; left--)
        {
            asking.Add(Spend(_agents[_loop.Next(_agents.Count)], Price(), isHold: _loop.Next(3) == 0));
            if (_loop.Next(4) == 0)
            {
                await _loop.Delay(TimeSpan.FromMicroseconds(_loop.Next(4_000)));
            }
        }

        await Task.WhenAll(asking);
        asking.Clear();
        for (var back = _loop.Next(8); back > 0 && _holds.Count > 0; back--)
        {
            var (agent, id, amount) = _holds[^1];
            _holds.RemoveAt(_holds.Count - 1);
            asking.Add(End(agent, id, amount, 0));
        }

        if (_loop.Next(2) == 0)
        {
            asking.Add(Reconfigure(_agents[_loop.Next(_agents.Count)]));
        }

        // Sometimes they ask again before all of it has arrived.
        await (_loop.Next(2) == 0 ? Task.WhenAll(asking) : Task.CompletedTask);
    }

    /// <summary>What must be so at every instant.</summary>
    /// <remarks>What did not change since the last look was looked at; what only time changes, a moment later.</remarks>
    public void Look()
    {
        var isMoment = _world.Clock < _lookedAt || _world.Clock - _lookedAt > Moment;
        _lookedAt = isMoment ? _world.Clock : _lookedAt;
        var isNew = isMoment;
        foreach (var agent in _agents)
        {
            var live = _world.Live<SimBudget>(_names[agent].Budget);
            var above = _world.Parents[agent] is { } parent ? _world.Live<SimTree>(_names[parent].Tree)?.Journal.State : null;
            var seen = new Seen(live, live?.State, _world.Live<SimTree>(_names[agent].Tree)?.Journal.State, above);
            if (!isMoment && _seen.GetValueOrDefault(agent) is { } before && ReferenceEquals(before.Live, seen.Live) && ReferenceEquals(before.State, seen.State)
                && ReferenceEquals(before.Own, seen.Own) && ReferenceEquals(before.Above, seen.Above))
            {
                continue;
            }

            _seen[agent] = seen;
            isNew = true;
            var state = _known[agent] = (live?.State is { Exists: true } s ? s : _known.GetValueOrDefault(agent) ?? live!.State).At(_world.Clock).State;
            if (live is not null && !_overruns)
            {
                Within(live, state);
                Covered(agent, state);
            }
        }

        if (!isNew && !_isAsking)
        {
            return;
        }

        _isAsking = false;
        var used = new Dictionary<AgentId, (Money Daily, Money Total)>();
        for (var i = _agents.Count - 1; i >= 0; i--)
        {
            var own = (Daily: Own(_known[_agents[i]], LimitType.Daily), Total: Own(_known[_agents[i]], LimitType.Total));
            used[_agents[i]] = _children[_agents[i]].Aggregate(own, (sum, c) => (sum.Daily + used[c].Daily, sum.Total + used[c].Total));
        }

        _used = used;
        _refusals.Look(IsBooked, Left);
    }

    /// <summary>Everything is resolved, released and told.</summary>
    public async Task End()
    {
        _isEnding = true;
        while (_refusals.Pending > 0)
        {
            await _loop.Delay(TimeSpan.FromSeconds(1));
        }

        foreach (var (agent, id, amount) in _holds)
        {
            await End(agent, id, amount, 1);
        }

        Unfounded = [.. _refusals.Unfounded()];

        await _loop.Delay(TimeSpan.FromMinutes(2));
        foreach (var agent in _agents)
        {
            await _world.Wake($"budget/{agent}");
            await _world.Wake($"tree/{agent}");
        }

        await _loop.Delay(TimeSpan.FromMinutes(2));
        var spent = new Dictionary<AgentId, Money>();
        foreach (var agent in _agents.AsEnumerable().Reverse())
        {
            var state = (_world.Live<SimBudget>($"budget/{agent}") ?? throw new InvalidOperationException($"{agent} sleeps.")).State;
            var total = state.Current(LimitType.Total);
            var loans = state.Loans.Aggregate(Money.Zero, (sum, l) => sum + l.Spent);
            var below = _children[agent].Aggregate(Money.Zero, (sum, c) => sum + spent[c]);
            if (total.Held != Money.Zero || loans != below || state.Draws.Any(d => !d.IsAtRest))
            {
                throw new InvalidOperationException($"At rest, {agent} has {total.Held} held, knows of {loans} spent below instead of {below}, draws: {string.Join("; ", state.Draws)}.");
            }

            if (total.Spent - loans != _truth.GetValueOrDefault(agent))
            {
                throw new InvalidOperationException($"At rest, {agent} has {total.Spent - loans} spent itself, and {_truth.GetValueOrDefault(agent)} was.");
            }

            spent[agent] = total.Spent;
        }
    }

    /// <summary>In a world of overruns holds expire, and are committed late. Everywhere some book themselves, and are corrected late.</summary>
    private async Task Spend(AgentId agent, Money amount, bool isHold)
    {
        var (key, id) = (new IdempotencyKey($"key-{++_ids}"), $"{_ids:d20}");
        var request = new Asking(agent, amount) { Key = Digest.Of(key) };
        var booksItself = isHold && _ids % 3 == 0;
        Begin(request);
        try
        {
            var outcome = isHold
                ? await Insist(agent, b => b.Hold(new HoldRequest(new HoldId("res_" + id), amount, Purpose.None, key, booksItself ? 60 : _overruns ? 600 : 86_400, BooksItself: booksItself ? true : null)))
                : await Insist(agent, b => b.Charge(new ChargeRequest(new ChargeId("chg_" + id), amount, Purpose.None, key)));
            if (outcome.Outcome == Outcome.Accepted)
            {
                Admitted++;
                request.WasAdmitted = true;
                if (isHold)
                {
                    _holds.Add((agent, new HoldId("res_" + id), amount));
                }
                else
                {
                    Spent(agent, amount);
                }
            }
            else
            {
                Refused++;
                _refusals.Refused(request, $"{agent} was refused {amount} with {outcome.Outcome} by {outcome.Refusal?.RefusedBy} ({outcome.Refusal?.Standing}), and nobody got what there was.");
                if (!request.CouldBeRefused)
                {
                    throw new InvalidOperationException($"{agent} was refused {amount} with {outcome.Outcome} by {outcome.Refusal?.RefusedBy} ({outcome.Refusal?.Standing}), and there was money for it all the time.");
                }
            }
        }
        catch (Exception e)
        {
            Broken ??= e;
        }
        finally
        {
            _refusals.End(request);
        }
    }

    private async Task End(AgentId agent, HoldId id, Money amount, int way)
    {
        var settled = _overruns && way == 2 ? amount + Usd(2) : new Money(amount.Nanos * way / 2 > amount.Nanos ? amount.Nanos : amount.Nanos * way / 2);
        var freeing = new Asking(agent, Money.Max(Money.Zero, amount - settled)) { Ends = id };
        Begin(freeing);
        try
        {
            var outcome = way == 0
                ? await Insist(agent, b => b.Release(new ReleaseRequest(id)))
                : await Insist(agent, b => b.Settle(new SettleRequest(id, settled, Purpose.None)));
            if (outcome.Outcome is not (Outcome.Accepted or Outcome.HoldExpired))
            {
                throw new InvalidOperationException($"The end of {id} was refused: {outcome.Outcome}.");
            }

            Spent(agent, way == 0 ? Money.Zero : settled);
        }
        catch (Exception e)
        {
            Broken ??= e;
        }
        finally
        {
            _refusals.End(freeing);
        }
    }

    private async Task Record(AgentId agent)
    {
        try
        {
            var (key, id) = (new IdempotencyKey($"key-{++_ids}"), new ChargeId($"chg_{_ids:d20}"));
            await Insist(agent, b => b.Charge(new ChargeRequest(id, Usd(1), Purpose.None, key, ChargeMode.Record)));
            Spent(agent, Usd(1));
        }
        catch (Exception e)
        {
            Broken ??= e;
        }
    }

    private void Spent(AgentId agent, Money amount) => _truth[agent] = _truth.GetValueOrDefault(agent) + amount;

    private async Task Reconfigure(AgentId agent)
    {
        var type = _loop.Next(2) == 0 ? LimitType.Daily : LimitType.Total;
        var limit = _loop.Next(3) == 0 && agent != _agents[0] ? null : (Money?)Usd(5 + _loop.Next(60));
        if (type == LimitType.Total && agent == _agents[0] && _isPrepaid)
        {
            await Correct(agent, limit!.Value - Usd(30));
            return;
        }

        var change = new ConfigureRequest(Layer.Above, "operator", false);
        change = type == LimitType.Daily ? change with { Daily = Change.To(limit) } : change with { Total = Change.To(limit) };
        try
        {
            await Insist(agent, b => new ValueTask<ConfigureOutcome>(b.Govern(s => Configuring.Configure(s, change))));
        }
        catch (Exception e)
        {
            Broken ??= e;
        }
    }

    /// <summary>More credits, or some of them taken back.</summary>
    private async Task Correct(AgentId agent, Money by)
    {
        try
        {
            var credits = Credits(by, CreditSource.Correction);
            await Insist(agent, b => b.Credit(credits));
        }
        catch (Exception e)
        {
            Broken ??= e;
        }
    }

    private CreditRequest Credits(Money amount, CreditSource source) => new("operator", amount, source, null, new IdempotencyKey($"credit-{++_ids}"));

    /// <summary>All that may be spent in a life: the total limit, or what was credited.</summary>
    private static Money? All(BudgetState s) => s.Wallet is { } wallet ? wallet.Credited + wallet.SpentBefore : s.Above.Total;

    /// <summary>Asks with the same key until there is an answer.</summary>
    private async Task<T> Insist<T>(AgentId agent, Func<SimBudget, ValueTask<T>> call)
    {
        while (true)
        {
            try
            {
                return await _world.Call(null, $"budget/{agent}", call);
            }
            catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException or OverloadedException or TimeoutException)
            {
                Unknown++;
                Overloaded += e is OverloadedException ? 1 : 0;
                await _loop.Delay(TimeSpan.FromMilliseconds(_isEnding ? 100 : 1 + _loop.Next(3_000)));
            }
        }
    }

    /// <summary>
    /// Law of every node: spent + held ≤ limit. A limit that was lowered under what is spent already admits nothing more, but takes nothing back.
    /// Who died before it was written that something had come back sets it aside still; and where a clock steps back, a window that was over can be the current one again.
    /// </summary>
    private void Within(SimBudget live, BudgetState s)
    {
        foreach (var type in (LimitType[])[LimitType.Daily, LimitType.Total])
        {
            var window = s.Current(type);
            var isKnown = _within.TryGetValue((s.Agent, type, window.Number), out var old);
            var used = window.Spent + window.Held;
            if ((type == LimitType.Total ? All(s) : s.Above[type]) is { } limit && used > limit && !(isKnown && used <= (live == old.Live ? old.Used : old.Most)))
            {
                throw new InvalidOperationException($"{s.Agent} has {window.Spent} spent and {window.Held} held of a {type} limit of {limit}.");
            }

            _within[(s.Agent, type, window.Number)] = (live, used, Money.Max(used, old.Most));
        }
    }

    private readonly Dictionary<(AgentId Agent, LimitType Type, long Window), (SimBudget? Live, Money Used, Money Most)> _within = [];

    private readonly Dictionary<(AgentId Agent, long Draw), Money> _atEnd = [];

    /// <summary>What a node could still spend is set aside one level up, and nothing is spent out of a draw after its end.</summary>
    private void Covered(AgentId agent, BudgetState s)
    {
        var tree = _world.Parents[agent] is { } parent ? _world.Live<SimTree>($"tree/{parent}") : null;
        foreach (var draw in s.Draws)
        {
            if (draw.Used > draw.Granted)
            {
                throw new InvalidOperationException($"{agent} has used {draw.Used} of {draw.Granted}: {draw}.");
            }

            if (draw.ValidUntil <= s.Now)
            {
                if (draw.Used > _atEnd.GetValueOrDefault((agent, draw.Number), draw.Used))
                {
                    throw new InvalidOperationException($"{agent} has spent out of a draw that was over: {draw}.");
                }

                _atEnd[(agent, draw.Number)] = draw.Used;
            }
            else
            {
                // Its end was seen by a clock that has stepped back since, and by a process that died before anything was written after it.
                _atEnd.Remove((agent, draw.Number));
            }

            if (tree?.Journal.State.Children[agent].Loans.FirstOrDefault(l => l.Number == draw.Number) is { } loan && loan.Version >= draw.Version && loan.Granted < draw.Granted)
            {
                throw new InvalidOperationException($"{agent} may use {draw}, and its parent has set aside {loan}.");
            }
        }

        if (_world.Live<SimTree>($"tree/{agent}") is { } own)
        {
            foreach (var draw in own.Journal.State.Draws.Where(d => d.Used > d.Granted))
            {
                throw new InvalidOperationException($"The tree of {agent} has given {draw.Used} of {draw.Granted}: {draw}.");
            }
        }
    }

    private static Money Own(BudgetState s, LimitType type)
    {
        var window = s.Current(type);
        return s.Loans.Where(l => type == LimitType.Total || l.Admission[type] == window.Number).Aggregate(window.Spent + window.Held, (sum, l) => sum - l.Granted);
    }

    private void Begin(Asking asking)
    {
        _refusals.Begin(asking);
        _isAsking = true;
    }

    /// <summary>What is asked for counts in its budget already; or what an end frees is counted there still.</summary>
    private bool IsBooked(Asking asking) => asking.Key is { } key ? _known[asking.Agent].Memory[key] is not null : _known[asking.Agent].Holds.ContainsKey(asking.Ends!.Value);

    /// <summary>Where days differ, what counts today at a leaf says little about today further up.</summary>
    private Money? Left(AgentId ancestor)
    {
        var (state, used) = (_known[ancestor], _used[ancestor]);
        var (total, daily) = (All(state) - used.Total, state.Above.Daily is { } limit ? _isOneZone ? limit - used.Daily : new Money(-1) : (Money?)null);
        return total is null || daily < total ? daily : total;
    }

    private Money Price() => _isEven ? OnePrice : Amounts[_loop.Next(Amounts.Length)];

    /// <summary>What the whole chain leaves for one more request.</summary>
    private Money Headroom(AgentId agent) => Chain(agent)
        .SelectMany(a => (Money?[])[All(_known[a]) - _used[a].Total, _known[a].Above.Daily - _used[a].Daily])
        .Aggregate(Usd(1_000), (least, rest) => rest is { } r ? Money.Min(least, r) : least);

    private IEnumerable<AgentId> Chain(AgentId agent)
    {
        for (AgentId? at = agent; at is { } a; at = _world.Parents[a])
        {
            yield return a;
        }
    }

    private int Depth(AgentId agent) => Chain(agent).Count();

    private static ConfigureRequest Limit(LimitType type, int dollars)
    {
        var change = new ConfigureRequest(Layer.Above, "operator", false);
        return type == LimitType.Daily ? change with { Daily = Change.To<Money?>(Usd(dollars)) } : change with { Total = Change.To<Money?>(Usd(dollars)) };
    }

    private static Money Usd(decimal dollars) => Money.FromDollars(dollars);
}
