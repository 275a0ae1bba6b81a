using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Journal;

namespace Budgets.Recharge;

/// <summary>How the events and states of an agent's payments are stored.</summary>
public sealed class RechargeCodec : JsonCodec<RechargeState, RechargeEvent>
{
    public static readonly RechargeCodec Instance = new();

    private RechargeCodec()
        : base(
    [
        Shape.Of("recharge_ordered.v1", PaymentsJson.Default.RechargeOrdered),
        Shape.Of("payment_created.v1", PaymentsJson.Default.PaymentCreated),
        Shape.Of("payment_tried.v1", PaymentsJson.Default.PaymentTried),
        Shape.Of("payment_refused.v1", PaymentsJson.Default.PaymentRefused),
        Shape.Of("payment_ended.v1", PaymentsJson.Default.PaymentEnded),
        Shape.Of("recharge_reported.v1", PaymentsJson.Default.RechargeReported),
        Shape.Of("recharge_repeated.v1", PaymentsJson.Default.RechargeRepeated),
    ])
    {
    }

    public override RechargeState Fold(RechargeState state, RechargeEvent e) => RechargeFold.Apply(state, e);

    public override long SeqOf(RechargeState state) => state.Seq;

    private protected override void Write(Utf8JsonWriter writer, RechargeState state) => JsonSerializer.Serialize(writer, state, PaymentsJson.Default.RechargeState);

    private protected override RechargeState? Read(ReadOnlySpan<byte> state) => JsonSerializer.Deserialize(state, PaymentsJson.Default.RechargeState);
}

/// <summary>The members of stored payments: snake_case, money as whole nano-dollars. A promise; tests/Approved pins it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(MoneyJson), typeof(AgentIdJson), typeof(RechargeIdJson), typeof(NamedEnum<PaymentStatus>)])]
[JsonSerializable(typeof(RechargeOrdered))]
[JsonSerializable(typeof(PaymentCreated))]
[JsonSerializable(typeof(PaymentTried))]
[JsonSerializable(typeof(PaymentRefused))]
[JsonSerializable(typeof(PaymentEnded))]
[JsonSerializable(typeof(RechargeReported))]
[JsonSerializable(typeof(RechargeRepeated))]
[JsonSerializable(typeof(RechargeState))]
internal sealed partial class PaymentsJson : JsonSerializerContext;

internal sealed class RechargeIdJson() : TextJson<RechargeId>(s => new(s), v => v.Value);
