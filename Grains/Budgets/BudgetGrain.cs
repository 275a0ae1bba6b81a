using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Trees;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Budgets.Budgets;

/// <summary>The doorman of one budget: reads the clock once, lets the ledger decide, answers when it is durable.</summary>
[Reentrant]
[GrainType("budget")]
internal sealed partial class BudgetGrain : Grain, IBudgetGrain
{
    private readonly Teller _teller;
    private readonly Family _family;
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetGrain> _log;

    public BudgetGrain(IJournalStore store, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<BudgetGrain> log)
    {
        var agent = new AgentId(this.GetPrimaryKeyString());
        _teller = new Teller(store, agent, Fenced);
        _family = new Family(_teller, clock.GetUtcNow, Tell, () => GrainFactory.GetGrain<IAllocationTreeGrain>(agent.Value).Recall(),
            (parent, need) => GrainFactory.GetGrain<IBudgetGrain>(parent.Value).Foresee(need));
        _clock = clock;
        _log = log;
    }

    private BudgetState State => _teller.State;

    private DateTimeOffset Now => _clock.GetUtcNow();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _teller.Recover(cancellationToken) is { } fault)
        {
            // Not deactivated from here: Orleans would send the call that waits in circles, and its caller would not learn why.
            LogUnreadable(_log, fault, State.Agent);
        }

        Beat();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _teller.Leave();

    public async ValueTask<SpendOutcome> Charge(ChargeRequest request)
    {
        var recalled = await _teller.Recall(request.Key);
        var decision = Charging.Charge(State, request, Now, recalled);
        return _family.IsFinal(decision)
            ? await (request.Mode == ChargeMode.Record ? _family.Freeing(_teller.Transact(decision)) : _teller.Transact(decision))
            : await _family.Spend(request.Amount, request.Key, again => Charging.Charge(State, request, Now, again));
    }

    public async ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests)
    {
        if (_family.HasRelatives)
        {
            // Decided in order; those that have to wait for money from above wait together.
            return [.. await Task.WhenAll(requests.Select(r => Charge(r).AsTask()))];
        }

        var recalled = await _teller.RecallAll([.. requests.Select(r => r.Key)]);
        var now = Now;
        return await _teller.Transact(requests.Length, i => Charging.Charge(State, requests[i], now, recalled[i]));
    }

    public async ValueTask<SpendOutcome> Hold(HoldRequest request)
    {
        using var timing = BudgetMetrics.Reserving();
        var recalled = await _teller.Recall(request.Key);
        var decision = Holding.Hold(State, request, Now, recalled);
        return _family.IsFinal(decision)
            ? await _teller.Transact(decision)
            : await _family.Spend(request.Amount, request.Key, again => Holding.Hold(State, request, Now, again));
    }

    public async ValueTask<SpendOutcome> Settle(SettleRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _family.Freeing(_teller.Transact(Settling.Settle(State, request, Now, recalled)));
    }

    public async ValueTask<SpendOutcome> Release(ReleaseRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _family.Freeing(_teller.Transact(Settling.Release(State, request, Now, recalled)));
    }

    public async ValueTask<SpendOutcome> Extend(ExtendRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _teller.Transact(Holding.Extend(State, request, Now, recalled));
    }

    public Task<ConfigureOutcome> Open(OpenRequest request)
    {
        var now = Now;
        return _teller.Govern(now, s => Governing.Open(s, request, now));
    }

    public Task<ConfigureOutcome> Configure(ConfigureRequest request) => _family.Binding(_teller.Govern(Now, s => Configuring.Configure(s, request)));

    public Task<ConfigureOutcome> Describe(DescribeRequest request) => _teller.Govern(Now, s => Governing.Describe(s, request));

    public Task<ConfigureOutcome> Freeze(FreezeRequest request) => _family.Binding(_teller.Govern(Now, s => Governing.Freeze(s, request)));

    public Task<ConfigureOutcome> Unfreeze(string by) => _teller.Govern(Now, s => Governing.Unfreeze(s, by));

    public Task<ConfigureOutcome> Close(string by) => _family.Binding(_teller.Govern(Now, s => Governing.Close(s, by)));

    public async ValueTask<Foresight> Decide(Money amount)
    {
        _teller.Ready();
        var foresight = await _family.Foresee(amount, () => Holding.Foresee(State, amount, Now));
        await _teller.Durable();
        return foresight;
    }
}
