using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Endpoints;
using Budgets.ApiHost.Gateway;
using Budgets.ApiHost.Gateway.Batches;

namespace Budgets.ApiHost.Http;

/// <summary>How JSON is read and written: snake_case, unknown and repeated members refused, 16 levels at most.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    NumberHandling = JsonNumberHandling.Strict,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = MaxDepth,
    Converters =
    [
        typeof(MoneyConverter), typeof(InstantConverter),
        typeof(ChangeConverter<Money?>), typeof(ChangeConverter<int?>), typeof(ChangeConverter<string>), typeof(ChangeConverter<RateBody>), typeof(ChangeConverter<string[]>), typeof(ChangeConverter<LoopBody>), typeof(NameConverter<LoopAction>), typeof(NameConverter<HoldMode>), typeof(ChangeConverter<HoldMode?>),
        typeof(NameConverter<IsoDayOfWeek>), typeof(NameConverter<ChargeMode>), typeof(NameConverter<LimitType>), typeof(NameConverter<Layer>),
        typeof(NameConverter<HoldStatus>), typeof(NameConverter<EntryKind>), typeof(NameConverter<UsagePeriod>), typeof(NameConverter<AnalyticsGroup>), typeof(NameConverter<AgentStatus>),
        typeof(NameConverter<Complexity>), typeof(NameConverter<Decision>), typeof(NameConverter<OverrunPolicy>), typeof(NameConverter<Channel>), typeof(NameConverter<DeliveryStatus>),
        typeof(NameConverter<CreditSource>), typeof(NameConverter<PaymentMode>), typeof(NameConverter<RechargeMode>), typeof(NameConverter<RechargeReason>),
        typeof(NameConverter<RechargePauseReason>), typeof(NameConverter<RechargeStatus>), typeof(NameConverter<RechargeState>),
        typeof(NameConverter<SuggestionKind>), typeof(NameConverter<Confidence>),
        typeof(NameConverter<Urgency>), typeof(NameConverter<ApprovalKind>), typeof(NameConverter<ApprovalStatus>),
    ])]
[JsonSerializable(typeof(AgentBody))]
[JsonSerializable(typeof(PatchAgentBody))]
[JsonSerializable(typeof(FreezeBody))]
[JsonSerializable(typeof(UnfreezeBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(BudgetBody))]
[JsonSerializable(typeof(ChildBody))]
[JsonSerializable(typeof(PatchChildBody))]
[JsonSerializable(typeof(FamilyBody))]
[JsonSerializable(typeof(MoveBody))]
[JsonSerializable(typeof(RunBody))]
[JsonSerializable(typeof(PriceBody))]
[JsonSerializable(typeof(ModelAnswer))]
[JsonSerializable(typeof(ModelListAnswer))]
[JsonSerializable(typeof(RateBody))]
[JsonSerializable(typeof(LoopBody))]
[JsonSerializable(typeof(AlertsBody))]
[JsonSerializable(typeof(EmptyBody))]
[JsonSerializable(typeof(AlertsAnswer))]
[JsonSerializable(typeof(RotatedSecretAnswer))]
[JsonSerializable(typeof(DeliveryAnswer))]
[JsonSerializable(typeof(DeliveryListAnswer))]
[JsonSerializable(typeof(TestedAnswer))]
[JsonSerializable(typeof(ReservationBody))]
[JsonSerializable(typeof(CommitBody))]
[JsonSerializable(typeof(ReleaseBody))]
[JsonSerializable(typeof(ExtendBody))]
[JsonSerializable(typeof(ChargeBody))]
[JsonSerializable(typeof(CreatedAgentAnswer))]
[JsonSerializable(typeof(AgentAnswer))]
[JsonSerializable(typeof(AgentListAnswer))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(NewKeyAnswer))]
[JsonSerializable(typeof(KeyListAnswer))]
[JsonSerializable(typeof(BudgetAnswer))]
[JsonSerializable(typeof(CreatedChildAnswer))]
[JsonSerializable(typeof(ChildAnswer))]
[JsonSerializable(typeof(FamilyAnswer))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(ReservationAnswer))]
[JsonSerializable(typeof(HeldAnswer))]
[JsonSerializable(typeof(SettledAnswer))]
[JsonSerializable(typeof(ReleasedAnswer))]
[JsonSerializable(typeof(ChargeAnswer))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(DecideAnswer))]
[JsonSerializable(typeof(ApprovalBody))]
[JsonSerializable(typeof(ApproveBody))]
[JsonSerializable(typeof(DenyBody))]
[JsonSerializable(typeof(ApprovalAnswer))]
[JsonSerializable(typeof(ApprovalListAnswer))]
[JsonSerializable(typeof(LedgerAnswer))]
[JsonSerializable(typeof(ProofAnswer))]
[JsonSerializable(typeof(UsageAnswer))]
[JsonSerializable(typeof(AnalyticsAnswer))]
[JsonSerializable(typeof(CreditBody))]
[JsonSerializable(typeof(CreditAnswer))]
[JsonSerializable(typeof(WalletAnswer))]
[JsonSerializable(typeof(RechargeBody))]
[JsonSerializable(typeof(ResumeBody))]
[JsonSerializable(typeof(RechargeAnswer))]
[JsonSerializable(typeof(RechargeHistoryAnswer))]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(OptimizationAnswer))]
[JsonSerializable(typeof(PreviewAnswer))]
[JsonSerializable(typeof(ReconcileBody))]
[JsonSerializable(typeof(ReconcileAnswer))]
[JsonSerializable(typeof(FeedbackBody))]
[JsonSerializable(typeof(FeedbackAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(NewsAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(RefusalAnswer))]
[JsonSerializable(typeof(CallsBody))]
[JsonSerializable(typeof(CallsAnswer))]
[JsonSerializable(typeof(OpenAiErrorAnswer))]
[JsonSerializable(typeof(AnthropicErrorAnswer))]
internal sealed partial class Wire : JsonSerializerContext
{
    public const int MaxDepth = 16;
}
