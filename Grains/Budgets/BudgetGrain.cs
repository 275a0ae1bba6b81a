using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Scheduling;
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
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetGrain> _log;

    public BudgetGrain(IJournalStore store, IDueIndex dues, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<BudgetGrain> log)
    {
        _teller = new Teller(store, new AgentId(this.GetPrimaryKeyString()), new Alarm(dues, this.GetGrainId(), "holds"), Fenced);
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
        var recalled = await _teller.Recall(request.Key);
        return await _teller.Transact(Charging.Charge(State, request, Now, recalled));
    }

    public async ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests)
    {
        var recalled = await _teller.RecallAll([.. requests.Select(r => r.Key)]);
        var now = Now;
        return await _teller.Transact(requests.Length, i => Charging.Charge(State, requests[i], now, recalled[i]));
    }

    public async ValueTask<SpendOutcome> Hold(HoldRequest request)
    {
        var recalled = await _teller.Recall(request.Key);
        return await _teller.Transact(Holding.Hold(State, request, Now, recalled));
    }

    public async ValueTask<SpendOutcome> Settle(SettleRequest request)
    {
        var recalled = await _teller.Recall(request.Key, request.Id);
        return await _teller.Transact(Settling.Settle(State, request, Now, recalled));
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

    public Task<ConfigureOutcome> Open(OpenRequest request)
    {
        var now = Now;
        return _teller.Govern(now, s => Governing.Open(s, request, now));
    }

    public Task<ConfigureOutcome> Configure(ConfigureRequest request) => _teller.Govern(Now, s => Configuring.Configure(s, request));

    public Task<ConfigureOutcome> Describe(DescribeRequest request) => _teller.Govern(Now, s => Governing.Describe(s, request));

    public Task<ConfigureOutcome> Freeze(FreezeRequest request) => _teller.Govern(Now, s => Governing.Freeze(s, request));

    public Task<ConfigureOutcome> Unfreeze(string by) => _teller.Govern(Now, s => Governing.Unfreeze(s, by));

    public Task<ConfigureOutcome> Close(string by) => _teller.Govern(Now, s => Governing.Close(s, by));

    public async ValueTask<Foresight> Decide(Money amount)
    {
        _teller.Ready();
        var foresight = Holding.Foresee(State, amount, Now);
        await _teller.Durable();
        return foresight;
    }

    public async ValueTask<BudgetView?> GetBudget()
    {
        _teller.Ready();
        var view = State.Exists ? State.At(Now).State.View() : null;
        await _teller.Durable();
        return view;
    }

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

    public async Task Wake(Due due)
    {
        await _teller.Elapse(Now);
        if (!_teller.IsInUse)
        {
            // Those woken at one midnight must not all stay in memory.
            DeactivateOnIdle();
        }
    }

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, State.Agent);
        DeactivateOnIdle();
    }
}
