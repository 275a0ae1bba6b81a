using System.Collections.Immutable;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Model;

/// <summary>The real grain in a silo; a restart is a new activation, recovered from the store.</summary>
internal sealed class GrainSubject(BudgetCluster cluster) : ISubject
{
    private readonly IBudgetGrain _budget = cluster.Budget(BudgetCluster.NewAgent());

    public AgentId Agent => new(_budget.GetPrimaryKeyString());

    public bool TakesPrices => false;

    public void SetClock(DateTimeOffset now) => cluster.Clock.AdjustTime(now);

    public ValueTask<SpendOutcome> Spend(object request) => request switch
    {
        ChargeRequest r => _budget.Charge(r),
        HoldRequest r => _budget.Hold(r),
        SettleRequest r => _budget.Settle(r),
        ReleaseRequest r => _budget.Release(r),
        ExtendRequest r => _budget.Extend(r),
        _ => throw new ArgumentException("Not a spending request.", nameof(request)),
    };

    public ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> charges) => _budget.ChargeMany(charges);

    public ValueTask<Foresight> Decide(Money amount) => _budget.Decide(amount);

    public async ValueTask<ConfigureResult> Govern(object request) => (await (request switch
    {
        OpenRequest r => _budget.Open(r),
        ConfigureRequest r => _budget.Configure(r),
        FreezeRequest r => _budget.Freeze(r),
        Unfreeze r => _budget.Unfreeze(r.By),
        Close r => _budget.Close(r.By),
        _ => throw new ArgumentException("Not a governing request.", nameof(request)),
    })).Result;

    public ValueTask<BudgetView?> View() => _budget.GetBudget();

    public ValueTask<HoldView?> GetHold(HoldId id) => _budget.GetHold(id);

    public async ValueTask<long> LastSeq() => (await _budget.GetLedger(new LedgerQuery(1)))?.Entries is [var newest] ? newest.Seq : 0;

    public async ValueTask<IReadOnlyList<LedgerEntry>> Ledger() => await _budget.Ledger();

    public ValueTask<UsageView?> Usage(UsagePeriod period) => _budget.GetUsage(period);

    public ValueTask<AnalyticsView?> Analytics(AnalyticsQuery query) => _budget.GetAnalytics(query);

    public async ValueTask Restart(int way) => await cluster.Deactivate(_budget);
}
