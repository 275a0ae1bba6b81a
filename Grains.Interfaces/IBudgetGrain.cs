using System.Collections.Immutable;

namespace Budgets;

/// <summary>The budget of one agent; the grain's key is the <see cref="AgentId"/>.</summary>
/// <remarks>
/// Every answer leaves after what it is based on is durable. Any method can throw <see cref="StoreUnavailableException"/>
/// (nothing happened), <see cref="OutcomeUnknownException"/> (ask again with the same key) or <see cref="OverloadedException"/>.
/// </remarks>
[Alias("Budgets.IBudgetGrain")]
public interface IBudgetGrain : IGrainWithStringKey
{
    [Alias("Open")]
    Task<ConfigureOutcome> Open(OpenRequest request);

    [Alias("Configure")]
    Task<ConfigureOutcome> Configure(ConfigureRequest request);

    [Alias("Describe")]
    Task<ConfigureOutcome> Describe(DescribeRequest request);

    [Alias("Freeze")]
    Task<ConfigureOutcome> Freeze(FreezeRequest request);

    [Alias("Unfreeze")]
    Task<ConfigureOutcome> Unfreeze(string by);

    [Alias("Close")]
    Task<ConfigureOutcome> Close(string by);

    [Alias("Charge")]
    ValueTask<SpendOutcome> Charge(ChargeRequest request);

    /// <summary>Up to <see cref="MaxBatch"/> charges in one append, each with its own key and outcome, in order.</summary>
    [Alias("ChargeMany")]
    ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests);

    [Alias("Hold")]
    ValueTask<SpendOutcome> Hold(HoldRequest request);

    [Alias("Settle")]
    ValueTask<SpendOutcome> Settle(SettleRequest request);

    [Alias("Release")]
    ValueTask<SpendOutcome> Release(ReleaseRequest request);

    [Alias("Extend")]
    ValueTask<SpendOutcome> Extend(ExtendRequest request);

    /// <summary>What <see cref="Hold"/> would answer now; changes nothing.</summary>
    [Alias("Decide")]
    ValueTask<Foresight> Decide(Money amount);

    /// <summary>The same for a request whose amount may have to be worked out from its usage.</summary>
    [Alias("Foresee")]
    ValueTask<Foresight> Foresee(HoldRequest request);

    /// <summary>Null: no such hold.</summary>
    [Alias("GetHold")]
    ValueTask<HoldView?> GetHold(HoldId id);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetBudget")]
    ValueTask<BudgetView?> GetBudget();

    /// <summary>Null: no such agent.</summary>
    [Alias("GetUsage")]
    ValueTask<UsageView?> GetUsage(UsagePeriod period);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetLedger")]
    ValueTask<LedgerPage?> GetLedger(LedgerQuery query);

    public const int MaxBatch = 1000;
}
