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
        CreditRequest r => _budget.Credit(r),
        _ => throw new ArgumentException("Not a spending request.", nameof(request)),
    };

    public ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> charges) => _budget.ChargeMany(charges);

    public ValueTask<Foresight> Decide(Money amount) => _budget.Decide(amount);

    public async ValueTask<ConfigureResult> Govern(object request) => request switch
    {
        OpenRequest r => (await _budget.Open(r)).Result,
        ConfigureRequest r => (await _budget.Configure(r)).Result,
        FreezeRequest r => (await _budget.Freeze(r)).Result,
        Unfreeze r => (await _budget.Unfreeze(r.By)).Result,
        Close r => (await _budget.Close(r.By)).Result,
        RechargeRequest r => (await _budget.SetRecharge(r)).Result,
        ResumeRequest r => (await _budget.ResumeRecharge(r)).Result,
        _ => throw new ArgumentException("Not a governing request.", nameof(request)),
    };

    public async ValueTask End(PaymentReport report) => await _budget.EndRecharge(report);

    public ValueTask<RechargeView?> Recharges() => _budget.GetRecharge();

    public ValueTask<BudgetView?> View() => _budget.GetBudget();

    public ValueTask<HoldView?> GetHold(HoldId id) => _budget.GetHold(id);

    public async ValueTask<long> LastSeq() => (await _budget.GetLedger(new LedgerQuery(1)))?.Entries is [var newest] ? newest.Seq : 0;

    public async ValueTask<IReadOnlyList<LedgerEntry>> Ledger() => await _budget.Ledger();

    public ValueTask<UsageView?> Usage(UsagePeriod period) => _budget.GetUsage(period);

    public ValueTask<AnalyticsView?> Analytics(AnalyticsQuery query) => _budget.GetAnalytics(query);

    public async ValueTask Restart(int way) => await cluster.Deactivate(_budget);
}
