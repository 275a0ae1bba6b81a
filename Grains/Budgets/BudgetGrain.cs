using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Pricing;
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
    private readonly PriceDesk _prices;
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetGrain> _log;

    public BudgetGrain(IJournalStore store, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<BudgetGrain> log)
    {
        _teller = new Teller(store, new AgentId(this.GetPrimaryKeyString()), Fenced);
        _prices = new PriceDesk(GrainFactory);
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
    }

    public async ValueTask<SpendOutcome> Charge(ChargeRequest request)
    {
        var now = Now;
        var quote = await _prices.Quote(request, now);
        var recalled = await _teller.Recall(request.Key);
        return await _teller.Transact(Charging.Charge(State, request.Rated(State, quote), now, recalled));
    }

    public async ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests)
    {
        var now = Now;
        var quotes = await _prices.Quotes(requests, now);
        var recalled = await _teller.Recall(requests);
        return await _teller.Transact(requests.Length, i => Charging.Charge(State, requests[i].Rated(State, quotes?[i]), now, recalled[i]));
    }

    public async ValueTask<SpendOutcome> Hold(HoldRequest request)
    {
        var now = Now;
        var quote = await _prices.Quote(request, now);
        var recalled = await _teller.Recall(request.Key);
        return await _teller.Transact(Holding.Hold(State, request.Rated(State, quote), now, recalled));
    }

    public async ValueTask<SpendOutcome> Settle(SettleRequest request)
    {
        var now = Now;
        var quote = await _prices.Quote(request, await ModelOf(request), now);
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _teller.Transact(Settling.Settle(State, request.Rated(State, quote), now, recalled));
    }

    public async ValueTask<SpendOutcome> Release(ReleaseRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _teller.Transact(Settling.Release(State, request, Now, recalled));
    }

    public async ValueTask<SpendOutcome> Extend(ExtendRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _teller.Transact(Holding.Extend(State, request, Now, recalled));
    }

    public Task<ConfigureOutcome> Open(OpenRequest request) => _teller.Govern(Now, (s, now) => Governing.Open(s, request, now));

    public Task<ConfigureOutcome> Configure(ConfigureRequest request) => _teller.Govern(Now, (s, _) => Configuring.Configure(s, request));

    public Task<ConfigureOutcome> Describe(DescribeRequest request) => _teller.Govern(Now, (s, _) => Governing.Describe(s, request));

    public Task<ConfigureOutcome> Freeze(FreezeRequest request) => _teller.Govern(Now, (s, _) => Governing.Freeze(s, request));

    public Task<ConfigureOutcome> Unfreeze(string by) => _teller.Govern(Now, (s, _) => Governing.Unfreeze(s, by));

    public Task<ConfigureOutcome> Close(string by) => _teller.Govern(Now, (s, _) => Governing.Close(s, by));

    public ValueTask<Foresight> Decide(Money amount) => _teller.View(s => Holding.Foresee(s, amount, Now));

    public async ValueTask<Foresight> Foresee(HoldRequest request)
    {
        var now = Now;
        var quote = await _prices.Quote(request, now);
        return await _teller.View(s => Holding.Foresee(s, request.Rated(s, quote), now));
    }

    public ValueTask<BudgetView?> GetBudget() => _teller.View(s => s.Exists ? s.At(Now).State.View() : null);

    public async ValueTask<HoldView?> GetHold(HoldId id)
    {
        _teller.Ready();
        var known = State.Holds.GetValueOrDefault(id)?.ViewAt(Now);
        await _teller.Durable();
        return known ?? (await _teller.Reader.Find(Digest.Of(id)) is { } end ? Viewing.HoldAfter(end.Event) : null);
    }

    public async ValueTask<UsageView?> GetUsage(UsagePeriod period)
    {
        _teller.Ready();
        var (state, elapsed) = State.At(Now);
        await _teller.Durable();
        return state.Exists ? await _teller.Reader.Usage(state, elapsed, period) : null;
    }

    public async ValueTask<LedgerPage?> GetLedger(LedgerQuery query)
    {
        _teller.Ready();
        var newest = State.Seq;
        await _teller.Durable();
        return newest > 0 ? await _teller.Reader.Page(query, newest) : null;
    }

    /// <summary>A settlement that tells its usage and no model means its hold's.</summary>
    private async ValueTask<string?> ModelOf(SettleRequest request) => request is not { Price: not null, Purpose.Model: null } ? null
        : State.Holds.TryGetValue(request.Id, out var open) ? open.Purpose.Model
        : (await GetHold(request.Id))?.Purpose.Model;

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, State.Agent);
        DeactivateOnIdle();
    }
}
