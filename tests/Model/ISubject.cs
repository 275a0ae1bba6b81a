using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>A budget under test: the ledger on paper, or a grain in a silo.</summary>
internal interface ISubject
{
    AgentId Agent { get; }

    /// <summary>It is given prices, and does not ask for them itself.</summary>
    bool TakesPrices { get; }

    void SetClock(DateTimeOffset now);

    ValueTask<SpendOutcome> Spend(object request);

    ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> charges);

    ValueTask<Foresight> Decide(Money amount);

    ValueTask<ConfigureResult> Govern(object request);

    /// <summary>What has become of a recharge.</summary>
    ValueTask End(PaymentReport report);

    ValueTask<RechargeView?> Recharges();

    ValueTask<BudgetView?> View();

    ValueTask<HoldView?> GetHold(HoldId id);

    /// <summary>The newest seq of the ledger; 0: there is none.</summary>
    ValueTask<long> LastSeq();

    /// <summary>The whole ledger, oldest first.</summary>
    ValueTask<IReadOnlyList<LedgerEntry>> Ledger();

    /// <summary>Money and calls of a period, with its first and last day.</summary>
    ValueTask<UsageView?> Usage(UsagePeriod period);

    /// <summary>Money and calls of a range of days.</summary>
    ValueTask<AnalyticsView?> Analytics(AnalyticsQuery query);

    /// <summary>Forgets what is not stored, one way or another.</summary>
    ValueTask Restart(int way);
}
