using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Pricing;
using Budgets.Scheduling;
using Budgets.Trees;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Budgets.Budgets;

/// <summary>The doorman of one budget: reads the clock once, lets the ledger decide, answers when it is durable.</summary>
[Reentrant]
[GrainType("budget")]
internal sealed partial class BudgetGrain : Grain, IBudgetGrain, IWakeable
{
    private readonly Teller _teller;
    private readonly Family _family;
    private readonly PriceDesk _prices;
    private readonly Outbox _outbox;
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetGrain> _log;

    public BudgetGrain(IJournalStore store, IDueIndex dues, PriceBook prices, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<BudgetGrain> log)
    {
        var agent = new AgentId(this.GetPrimaryKeyString());
        _teller = new Teller(store, agent, clock.GetUtcNow, new Alarm(dues, this.GetGrainId(), "wake"), Fenced, Told);
        _outbox = new Outbox(_teller, clock.GetUtcNow, to => GrainFactory.GetGrain<IDeliveryGrain>(to.Value), log);
        _family = new Family(_teller, clock.GetUtcNow, Tell, () => GrainFactory.GetGrain<IAllocationTreeGrain>(agent.Value).Recall(),
            (parent, need) => GrainFactory.GetGrain<IBudgetGrain>(parent.Value).Foresee(need));
        _prices = new PriceDesk(prices);
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
        Told();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _teller.Leave();

    public async ValueTask<SpendOutcome> Charge(ChargeRequest request)
    {
        var quote = await _prices.Quote(request, Now);
        var recalled = await (request.Approval is null ? _teller.Recall(request.Key) : Recall(request.Key, request.Approval));
        var rated = request.Rated(State, quote);
        var decision = Charging.Charge(State, rated, Now, recalled);
        return _family.IsFinal(decision)
            ? await (request.Mode == ChargeMode.Record ? _family.Freeing(_teller.Transact(decision)) : _teller.Transact(decision))
            : await _family.Spend(rated.Amount, request.Key, again => Charging.Charge(State, rated, Now, again with { Approval = recalled.Approval }));
    }

    public async ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests)
    {
        if (_family.HasRelatives)
        {
            // Decided in order; those that have to wait for money from above wait together.
            return [.. await Task.WhenAll(requests.Select(r => Charge(r).AsTask()))];
        }

        var quotes = await _prices.Quotes(requests, Now);
        var ended = requests.Any(r => r.Approval is not null) ? await Task.WhenAll(requests.Select(r => EndOf(r.Approval).AsTask())) : null;
        var recalled = await _teller.RecallAll([.. requests.Select(r => r.Key)]);
        var now = Now;
        return await _teller.Transact(requests.Length, i => Charging.Charge(State, requests[i].Rated(State, quotes?[i]), now, recalled[i] with { Approval = ended?[i] }));
    }

    public async ValueTask<SpendOutcome> Hold(HoldRequest request)
    {
        using var timing = BudgetMetrics.Reserving();
        request = Expecting.Of(State, request);
        var quote = request.Quoted ?? await _prices.Quote(request, Now);
        var recalled = await (request.Approval is null ? _teller.Recall(request.Key, request.OutOf) : Recall(request.Key, request.Approval));
        var rated = request.Rated(State, quote);
        var decision = Holding.Hold(State, rated, Now, recalled);
        return _family.IsFinal(decision)
            ? await _teller.Transact(decision)
            : await _family.Spend(rated.Amount, request.Key, again => Holding.Hold(State, rated, Now, again with { Approval = recalled.Approval }));
    }

    public async ValueTask<SpendOutcome> Settle(SettleRequest request)
    {
        var (rated, recalled) = await Rated(request);
        return await _family.Freeing(_teller.Transact(Settling.Settle(State, rated, Now, recalled)));
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

    /// <summary>A settlement that tells its usage and no model means its hold's.</summary>
    private async ValueTask<string?> ModelOf(SettleRequest request) => request is not { Price: not null, Purpose.Model: null } ? null
        : State.Holds.TryGetValue(request.Id, out var open) ? open.Purpose.Model
        : (await GetHold(request.Id))?.Purpose.Model;
}
