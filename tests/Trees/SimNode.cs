using System.Collections.Immutable;
using Budgets.Budgets;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Scheduling;
using Budgets.Tests.Scheduling;
using Budgets.Trees;
using Orleans.Runtime;

namespace Budgets.Tests.Trees;

/// <summary>What a budget's grain and a tree's grain do, without Orleans: the same tellers, families, pools and journals.</summary>
internal abstract class SimNode
{
    /// <summary>Completes when the process dies: then nobody who waits for it is answered.</summary>
    public TaskCompletionSource Death { get; } = new();

    public bool IsAlive => !Death.Task.IsCompleted;

    public abstract Task Beat();

    /// <summary>An activation that gives up; the next call brings a new one.</summary>
    public void Fence() => Death.TrySetResult();
}

internal sealed class SimBudget : SimNode
{
    private readonly Teller _teller;
    private readonly Family _family;
    private readonly World _world;

    public SimBudget(World world, AgentId agent)
    {
        _world = world;
        _teller = new Teller(
            new Store(world, this), agent, () => world.Clock, new Alarm(new MemoryDueIndex(), GrainId.Create("budget", agent.Value), "wake"), _ => Fence(), told: () => { });
        _family = new Family(
            _teller,
            () => world.Clock,
            (parent, report) => new(world.Call<SimTree, DrawAnswer>(this, $"tree/{parent}", t => t.Pool.Lend(agent, report))),
            () => new(world.Call<SimTree, ImmutableArray<DrawReport>>(this, $"tree/{agent}", t => t.Pool.Recall())));
    }

    public BudgetState State => _teller.State;

    public Family Family => _family;

    public Task<Exception?> Recover() => _teller.Recover(CancellationToken.None);

    public override Task Beat() => _family.Beat().AsTask();

    public async ValueTask<SpendOutcome> Charge(ChargeRequest r)
    {
        var recalled = await _teller.Recall(r.Key);
        var decision = Charging.Charge(State, r, _world.Clock, recalled);
        return _family.IsFinal(decision)
            ? await (r.Mode == ChargeMode.Record ? _family.Freeing(_teller.Transact(decision)) : _teller.Transact(decision))
            : await _family.Spend(r.Amount, r.Key, again => Charging.Charge(State, r, _world.Clock, again));
    }

    public async ValueTask<SpendOutcome> Hold(HoldRequest r)
    {
        var recalled = await _teller.Recall(r.Key);
        var decision = Holding.Hold(State, r, _world.Clock, recalled);
        return _family.IsFinal(decision)
            ? await _teller.Transact(decision)
            : await _family.Spend(r.Amount, r.Key, again => Holding.Hold(State, r, _world.Clock, again));
    }

    public async ValueTask<SpendOutcome> Settle(SettleRequest r)
    {
        var recalled = await _teller.Recall(r.Key, r.Id);
        return await _family.Freeing(_teller.Transact(Settling.Settle(State, r, _world.Clock, recalled)));
    }

    public async ValueTask<SpendOutcome> Release(ReleaseRequest r)
    {
        var recalled = await _teller.Recall(r.Key, r.Id);
        return await _family.Freeing(_teller.Transact(Settling.Release(State, r, _world.Clock, recalled)));
    }

    public async ValueTask<SpendOutcome> Credit(CreditRequest r)
    {
        var recalled = await _teller.Recall(r.Key);
        return await _teller.Transact(Crediting.Credit(State, r, _world.Clock, recalled));
    }

    public Task<ConfigureOutcome> Open(OpenRequest request)
    {
        var now = _world.Clock;
        return _teller.Govern(now, s => Governing.Open(s, request, now));
    }

    public Task<ConfigureOutcome> Govern(Func<BudgetState, (ConfigureOutcome, ImmutableArray<BudgetEvent>)> verb) => _family.Binding(_teller.Govern(_world.Clock, verb));

    private sealed class Store(World world, SimBudget self) : IJournalStore
    {
        public IJournal Open(string name) => new SimJournal(world.Store.Open(name), world.Loop, world.Faults, () => self.IsAlive);
    }
}

internal sealed class SimTree : SimNode
{
    public SimTree(World world, AgentId parent)
    {
        Journal = new Keeper<TreeState, TreeEvent>(
            new SimJournal(world.Store.Open($"tree/{parent}"), world.Loop, world.Faults, () => IsAlive), TreeCodec.Instance, new TreeState(parent), parent.Value, _ => Fence());
        Pool = new Pool(
            Journal,
            () => world.Clock,
            report => new(world.Call<SimBudget, DrawAnswer>(this, $"budget/{parent}", b => b.Family.Lend(report))),
            child => new(world.Call<SimBudget, ImmutableArray<DrawReport>>(this, $"budget/{child}", b => b.Family.Recall())));
    }

    public Keeper<TreeState, TreeEvent> Journal { get; }

    public Pool Pool { get; }

    public override Task Beat() => Pool.Beat().AsTask();

    public async Task Add(AgentId child, ChildTerms terms, DateTimeOffset now)
    {
        Journal.Record([new ChildAgreed(now, "operator", child, terms)]);
        await Journal.Durable();
    }
}
