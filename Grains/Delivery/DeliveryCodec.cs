using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Journal;

namespace Budgets.Delivery;

/// <summary>How the events and states of an agent's letters are stored.</summary>
public sealed class DeliveryCodec : JsonCodec<DeliveryState, DeliveryEvent>
{
    public static readonly DeliveryCodec Instance = new();

    private DeliveryCodec()
        : base(
    [
        Shape.Of("letters_made.v1", LettersJson.Default.LettersMade),
        Shape.Of("letter_tried.v1", LettersJson.Default.LetterTried),
        Shape.Of("letter_replayed.v1", LettersJson.Default.LetterReplayed),
        Shape.Of("channels_set.v1", LettersJson.Default.ChannelsSet),
        Shape.Of("secret_rotated.v1", LettersJson.Default.SecretRotated),
        Shape.Of("webhook_disabled.v1", LettersJson.Default.WebhookDisabled),
    ])
    {
    }

    public override DeliveryState Fold(DeliveryState state, DeliveryEvent e) => DeliveryFold.Apply(state, e);

    public override long SeqOf(DeliveryState state) => state.Seq;

    private protected override void Write(Utf8JsonWriter writer, DeliveryState state) => JsonSerializer.Serialize(writer, state, LettersJson.Default.DeliveryState);

    private protected override DeliveryState? Read(ReadOnlySpan<byte> state) => JsonSerializer.Deserialize(state, LettersJson.Default.DeliveryState);
}

/// <summary>The members of stored letters: snake_case. A promise; tests/Approved pins it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters =
    [
        typeof(AgentIdJson), typeof(SecretJson), typeof(KindsJson), typeof(NamedEnum<Layer>), typeof(NamedEnum<Channel>), typeof(NamedEnum<DeliveryStatus>),
        typeof(NamedEnum<Carried>), typeof(ApprovalIdJson),
    ])]
[JsonSerializable(typeof(LettersMade))]
[JsonSerializable(typeof(LetterTried))]
[JsonSerializable(typeof(LetterReplayed))]
[JsonSerializable(typeof(ChannelsSet))]
[JsonSerializable(typeof(SecretRotated))]
[JsonSerializable(typeof(WebhookDisabled))]
[JsonSerializable(typeof(DeliveryState))]
internal sealed partial class LettersJson : JsonSerializerContext;

internal sealed class SecretJson() : TextJson<Secret>(s => new(s), v => v.Value);

/// <summary>"budget_warning", or several with a blank between them. Never the name of a combination: what is usual may change, what was asked for does not.</summary>
internal sealed class KindsJson() : TextJson<AlertKinds>(
    text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(AlertKinds.None, (kinds, name) => kinds | Payload.KindOf(name)),
    kinds => string.Join(' ', Enum.GetValues<AlertKinds>().Where(k => int.PopCount((int)k) == 1 && kinds.HasFlag(k)).Select(Payload.NameOf)));

/// <summary>A text that is JSON itself, stored as it is: to the byte, and readable.</summary>
internal sealed class RawJson : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return json.RootElement.GetRawText();
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value, skipInputValidation: true);
}
