using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Ledger;
using Budgets.Trees;

namespace Budgets.Journal;

/// <summary>The members of stored events and states: snake_case, money as whole nano-dollars. A promise; tests/Approved pins it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters =
    [
        typeof(MoneyJson), typeof(AgentIdJson), typeof(HoldIdJson), typeof(ChargeIdJson), typeof(KeyJson), typeof(DigestJson),
        typeof(BalancesJson), typeof(NamesJson), typeof(HoursJson), typeof(HabitsJson), typeof(WorkJson), typeof(PromptsJson), typeof(PurposeJson), typeof(NamedEnum<LimitType>), typeof(NamedEnum<ChargeMode>), typeof(NamedEnum<IsoDayOfWeek>),
        typeof(NamedEnum<EntryKind>), typeof(NamedEnum<Layer>), typeof(NamedEnum<AlertKinds>), typeof(NamedEnum<OverrunPolicy>),
        typeof(RechargeIdJson), typeof(NamedEnum<CreditSource>), typeof(NamedEnum<RechargeMode>), typeof(NamedEnum<RechargeReason>), typeof(NamedEnum<RechargePauseReason>), typeof(NamedEnum<PaymentStatus>),
        typeof(ApprovalIdJson), typeof(NamedEnum<Urgency>), typeof(NamedEnum<ApprovalKind>), typeof(NamedEnum<ApprovalStatus>), typeof(NamedEnum<HoldMode>),
    ])]
[JsonSerializable(typeof(Opened))]
[JsonSerializable(typeof(Described))]
[JsonSerializable(typeof(Configured))]
[JsonSerializable(typeof(Charged))]
[JsonSerializable(typeof(Held))]
[JsonSerializable(typeof(Settled))]
[JsonSerializable(typeof(Released))]
[JsonSerializable(typeof(Extended))]
[JsonSerializable(typeof(Expired))]
[JsonSerializable(typeof(Frozen))]
[JsonSerializable(typeof(Unfrozen))]
[JsonSerializable(typeof(Closed))]
[JsonSerializable(typeof(Moved))]
[JsonSerializable(typeof(DayClosed))]
[JsonSerializable(typeof(Rolled))]
[JsonSerializable(typeof(DrawAsked))]
[JsonSerializable(typeof(DrawAnswered))]
[JsonSerializable(typeof(Lent))]
[JsonSerializable(typeof(Alerted))]
[JsonSerializable(typeof(AlertsTaken))]
[JsonSerializable(typeof(Credited))]
[JsonSerializable(typeof(RechargeConfigured))]
[JsonSerializable(typeof(RechargeStarted))]
[JsonSerializable(typeof(RechargeTaken))]
[JsonSerializable(typeof(RechargeEnded))]
[JsonSerializable(typeof(RechargePaused))]
[JsonSerializable(typeof(RechargeResumed))]
[JsonSerializable(typeof(RechargeChecked))]
[JsonSerializable(typeof(Reconciled))]
[JsonSerializable(typeof(ApprovalAsked))]
[JsonSerializable(typeof(ApprovalAskedAgain))]
[JsonSerializable(typeof(ApprovalReminded))]
[JsonSerializable(typeof(Permitted))]
[JsonSerializable(typeof(ApprovalEnded))]
[JsonSerializable(typeof(StoredState))]
[JsonSerializable(typeof(ChildAgreed))]
[JsonSerializable(typeof(ChildLeft))]
[JsonSerializable(typeof(ChildForgotten))]
[JsonSerializable(typeof(ChildLent))]
[JsonSerializable(typeof(OvercommitAgreed))]
[JsonSerializable(typeof(TreeAsked))]
[JsonSerializable(typeof(TreeAnswered))]
[JsonSerializable(typeof(StoredTree))]
[JsonSerializable(typeof(ImmutableArray<NamedSums>))]
[JsonSerializable(typeof(ImmutableArray<Habit>))]
[JsonSerializable(typeof(TokenUsage))]
internal sealed partial class StoredJson : JsonSerializerContext;

internal sealed class MoneyJson : JsonConverter<Money>
{
    public override Money Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, Money value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Nanos);
}

internal abstract class TextJson<T>(Func<string, T> make, Func<T, string> text) : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        make(reader.GetString() ?? throw new JsonException($"A {typeof(T).Name} is never null."));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(text(value));
}

internal sealed class AgentIdJson() : TextJson<AgentId>(s => new(s), v => v.Value);

internal sealed class HoldIdJson() : TextJson<HoldId>(s => new(s), v => v.Value);

internal sealed class ChargeIdJson() : TextJson<ChargeId>(s => new(s), v => v.Value);

internal sealed class RechargeIdJson() : TextJson<RechargeId>(s => new(s), v => v.Value);

internal sealed class ApprovalIdJson() : TextJson<ApprovalId>(s => new(s), v => v.Value);

internal sealed class KeyJson() : TextJson<IdempotencyKey>(s => new(s), v => v.Value);

internal sealed class DigestJson : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        new(UInt128.Parse(reader.GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options)
    {
        Span<char> hex = stackalloc char[32];
        value.Value.TryFormat(hex, out _, "x32", CultureInfo.InvariantCulture);
        writer.WriteStringValue(hex);
    }
}

/// <summary>{"daily": [spent, held, limit], …}; the limit is left out where there is none.</summary>
internal sealed class BalancesJson : JsonConverter<ImmutableArray<Balance>>
{
    public override ImmutableArray<Balance> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var balances = ImmutableArray.CreateBuilder<Balance>(4);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var limitType = LimitNames.Parse(reader.GetString());
            reader.Read();
            reader.Read();
            var spent = reader.GetInt64();
            reader.Read();
            var held = reader.GetInt64();
            reader.Read();
            Money? limit = null;
            if (reader.TokenType == JsonTokenType.Number)
            {
                limit = new Money(reader.GetInt64());
                reader.Read();
            }

            balances.Add(new Balance(limitType, new Money(spent), new Money(held), limit));
        }

        return balances.DrainToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableArray<Balance> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var balance in value)
        {
            writer.WriteStartArray(LimitNames.Of(balance.Type));
            writer.WriteNumberValue(balance.Spent.Nanos);
            writer.WriteNumberValue(balance.Held.Nanos);
            if (balance.Limit is { } limit)
            {
                writer.WriteNumberValue(limit.Nanos);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}

internal static class LimitNames
{
    private static readonly JsonEncodedText[] Names =
        [.. Enum.GetNames<LimitType>().Select(n => JsonEncodedText.Encode(JsonNamingPolicy.SnakeCaseLower.ConvertName(n)))];

    public static JsonEncodedText Of(LimitType type) => Names[(int)type];

    public static LimitType Parse(string? name)
    {
        var at = Array.FindIndex(Names, n => n.Value == name);
        return at >= 0 ? (LimitType)at : throw new JsonException($"'{name}' is no limit type.");
    }
}

/// <summary>[{"name": …, "sums": …}, …]</summary>
internal sealed class NamesJson : JsonConverter<Names>
{
    public override Names Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        Names.Of(JsonSerializer.Deserialize(ref reader, StoredJson.Default.ImmutableArrayNamedSums));

    public override void Write(Utf8JsonWriter writer, Names value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.Ranked(), StoredJson.Default.ImmutableArrayNamedSums);
}

/// <summary>[[the hour's begin in Unix seconds, cost, calls, input, output, cache read and cache write tokens], …]</summary>
internal sealed class HoursJson : JsonConverter<ImmutableArray<HourSums>>
{
    public override ImmutableArray<HourSums> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var hours = ImmutableArray.CreateBuilder<HourSums>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            var begin = DateTimeOffset.FromUnixTimeSeconds(Next(ref reader));
            hours.Add(new HourSums(begin, new Sums(new Money(Next(ref reader)), Next(ref reader), Next(ref reader), Next(ref reader), Next(ref reader), Next(ref reader))));
            reader.Read();
        }

        return hours.ToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableArray<HourSums> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var (begin, s) in value)
        {
            writer.WriteStartArray();
            foreach (var number in (ReadOnlySpan<long>)[begin.ToUnixTimeSeconds(), s.Cost.Nanos, s.Calls, s.InputTokens, s.OutputTokens, s.CacheReadTokens, s.CacheWriteTokens])
            {
                writer.WriteNumberValue(number);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static long Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetInt64();
    }
}

internal sealed class NamedEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
