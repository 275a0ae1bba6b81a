using System.Collections.Immutable;

namespace Budgets;

/// <summary>The budget of one agent; the grain's key is the <see cref="AgentId"/>.</summary>
/// <remarks>
/// Every answer leaves after what it is based on is durable, but that of <see cref="SettleAhead"/>. Any method can throw <see cref="StoreUnavailableException"/>
/// (nothing happened), <see cref="OutcomeUnknownException"/> (ask again with the same key) or <see cref="OverloadedException"/>.
/// </remarks>
[Alias("Budgets.IBudgetGrain")]
public partial interface IBudgetGrain : IGrainWithStringKey
{
    [Alias("Open"), AnyGateway]
    Task<ConfigureOutcome> Open(OpenRequest request);

    [Alias("Configure"), AnyGateway]
    Task<ConfigureOutcome> Configure(ConfigureRequest request);

    [Alias("Describe"), AnyGateway]
    Task<ConfigureOutcome> Describe(DescribeRequest request);

    [Alias("Freeze"), AnyGateway]
    Task<ConfigureOutcome> Freeze(FreezeRequest request);

    [Alias("Unfreeze"), AnyGateway]
    Task<ConfigureOutcome> Unfreeze(string by);

    [Alias("Close"), AnyGateway]
    Task<ConfigureOutcome> Close(string by);

    /// <summary>Gives back all that the agent and its descendants do not need, and draws on another parent from then on.</summary>
    /// <returns><see cref="ConfigureResult.NotAtRest"/>: something is open below, or spending goes on.</returns>
    [Alias("Move"), AnyGateway]
    Task<ConfigureOutcome> Move(MoveRequest request);

    [Alias("Charge"), AnyGateway]
    ValueTask<SpendOutcome> Charge(ChargeRequest request);

    /// <summary>Up to <see cref="MaxBatch"/> charges in one append, each with its own key and outcome, in order.</summary>
    [Alias("ChargeMany"), AnyGateway]
    ValueTask<ImmutableArray<SpendOutcome>> ChargeMany(ImmutableArray<ChargeRequest> requests);

    [Alias("Hold"), AnyGateway]
    ValueTask<SpendOutcome> Hold(HoldRequest request);

    /// <summary>"A call is made when the most that it can cost fits, and is made shorter when nobody said how long it must be." The same request again is answered as the first was.</summary>
    [Alias("HoldCall"), AnyGateway]
    ValueTask<CallOutcome> HoldCall(CallRequest request);

    /// <summary>What <see cref="Hold"/> does if <see cref="DecideOn"/> would accept it, and nothing if not: for what is welcome and not needed. A refusal raises no alarm of this budget, and trips no breaker.</summary>
    [Alias("HoldIfItFits"), AnyGateway]
    ValueTask<SpendOutcome> HoldIfItFits(HoldRequest request);

    [Alias("Settle"), AnyGateway]
    ValueTask<SpendOutcome> Settle(SettleRequest request);

    /// <summary>What <see cref="Settle"/> answers, and does, without the wait for the journal: all that is decided from now on stands on it, and it is on its way there. Lost on that way it never was, so that whoever asks has to ask <see cref="IsSettled"/>, and if need be to settle again.</summary>
    [Alias("SettleAhead"), AnyGateway]
    ValueTask<SpendOutcome> SettleAhead(SettleRequest request);

    /// <summary>True: this very settlement is durable. False: it is not, or this budget has forgotten by now.</summary>
    [Alias("IsSettled"), AnyGateway]
    ValueTask<bool> IsSettled(SettleRequest request);

    [Alias("Release"), AnyGateway]
    ValueTask<SpendOutcome> Release(ReleaseRequest request);

    [Alias("Extend"), AnyGateway]
    ValueTask<SpendOutcome> Extend(ExtendRequest request);

    /// <summary>Where the ledger ends and what it adds up to, as this budget goes by it; null: there is no such budget.</summary>
    [Alias("GetHead"), AnyGateway]
    ValueTask<LedgerHead?> GetHead();

    /// <summary>What <see cref="Hold"/> would answer now; changes nothing.</summary>
    [Alias("Decide"), AnyGateway]
    ValueTask<Foresight> Decide(Money amount);

    /// <summary>What <see cref="Decide"/> would answer, without waiting until what that is based on is durable: for what costs nothing.</summary>
    [Alias("Glance"), AnyGateway]
    ValueTask<Foresight> Glance();

    /// <summary>The same as <see cref="Decide"/> for a request whose amount may have to be worked out from its usage.</summary>
    [Alias("DecideOn"), AnyGateway]
    ValueTask<Foresight> DecideOn(HoldRequest request);

    /// <summary>Whether the limits of this agent, and of those above it, leave so much for a descendant; sets nothing aside.</summary>
    [Alias("Foresee"), AnyGateway]
    ValueTask<Foresight> Foresee(Money need);

    /// <summary>Null: no such hold.</summary>
    [Alias("GetHold"), AnyGateway]
    ValueTask<HoldView?> GetHold(HoldId id);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetBudget"), AnyGateway]
    ValueTask<BudgetView?> GetBudget();

    /// <summary>Null: no such agent.</summary>
    [Alias("GetUsage"), AnyGateway]
    ValueTask<UsageView?> GetUsage(UsagePeriod period);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetAnalytics"), AnyGateway]
    ValueTask<AnalyticsView?> GetAnalytics(AnalyticsQuery query);

    /// <summary>What the agent could spend less, from what it did in the last week. Null: no such agent.</summary>
    [Alias("GetOptimization"), AnyGateway]
    ValueTask<OptimizationView?> GetOptimization();

    /// <summary>What the last thirty days would have been with another budget. Writes nothing.</summary>
    /// <exception cref="OverloadedException">Another one of this budget is being worked out.</exception>
    [Alias("Preview"), AnyGateway]
    ValueTask<PreviewOutcome> Preview(ConfigureRequest proposal);

    /// <summary>Compares what providers say with what was booked, and books the difference if that is asked.</summary>
    [Alias("Reconcile"), AnyGateway]
    ValueTask<ReconcileOutcome> Reconcile(ReconcileRequest request);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetLedger"), AnyGateway]
    ValueTask<LedgerPage?> GetLedger(LedgerQuery query);

    /// <summary>From the agent's own tree: a report about what it has drawn for the agent's children, and what it needs.</summary>
    [Alias("Lend"), AnyGateway]
    ValueTask<DrawAnswer> Lend(DrawReport report);

    /// <summary>From the parent's tree: what this budget and its descendants do not need is given back.</summary>
    /// <returns>What the parent's tree is to know of the draws.</returns>
    [Alias("Recall"), AnyGateway]
    ValueTask<ImmutableArray<DrawReport>> Recall();

    /// <summary>Asks for approval. At or under the threshold it is given at once.</summary>
    [Alias("Ask"), AnyGateway]
    Task<ApprovalOutcome> Ask(ApprovalAsk request);

    /// <summary>Decides about a request. Whoever calls has made sure that he may.</summary>
    [Alias("Rule"), AnyGateway]
    Task<ApprovalOutcome> Rule(RulingRequest request);

    /// <summary>Null: the agent never asked that.</summary>
    [Alias("GetApproval"), AnyGateway]
    ValueTask<ApprovalView?> GetApproval(ApprovalId id);

    /// <summary>Those that wait, and those that are approved and not used yet, oldest first.</summary>
    [Alias("GetApprovals"), AnyGateway]
    ValueTask<ImmutableArray<ApprovalView>> GetApprovals();

    public const int MaxBatch = 1000;
}
