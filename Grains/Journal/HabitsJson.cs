using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>[{"operation": …, "model": …, "all": […], …}, …]</summary>
internal sealed class HabitsJson : JsonConverter<Habits>
{
    public override Habits Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        Habits.Of(JsonSerializer.Deserialize(ref reader, StoredJson.Default.ImmutableArrayHabit));

    public override void Write(Utf8JsonWriter writer, Habits value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.All, StoredJson.Default.ImmutableArrayHabit);
}

/// <summary>[calls, cost, input, output, cache read, cache write, reasoning]</summary>
internal sealed class WorkJson : JsonConverter<Work>
{
    public override Work Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        Span<long> numbers = stackalloc long[7];
        foreach (ref var number in numbers)
        {
            reader.Read();
            number = reader.GetInt64();
        }

        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray
            ? new Work(numbers[0], new Money(numbers[1]), numbers[2], numbers[3], numbers[4], numbers[5], numbers[6])
            : throw new JsonException("Too many numbers.");
    }

    public override void Write(Utf8JsonWriter writer, Work value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var number in (ReadOnlySpan<long>)[value.Calls, value.Cost.Nanos, value.InputTokens, value.OutputTokens, value.CacheReadTokens, value.CacheWriteTokens, value.ReasoningTokens])
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Base64 of 14 bytes a prompt: hash, minute and count, each big-endian.</summary>
internal sealed class PromptsJson : JsonConverter<Prompts>
{
    private const int Bytes = sizeof(ulong) + sizeof(uint) + sizeof(ushort);

    public override Prompts Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var bytes = reader.GetBytesFromBase64();
        var prompts = ImmutableArray.CreateBuilder<Prompts.Prompt>(bytes.Length / Bytes);
        for (var at = 0; at + Bytes <= bytes.Length; at += Bytes)
        {
            var span = bytes.AsSpan(at, Bytes);
            prompts.Add(new(BinaryPrimitives.ReadUInt64BigEndian(span), BinaryPrimitives.ReadUInt32BigEndian(span[8..]), BinaryPrimitives.ReadUInt16BigEndian(span[12..])));
        }

        return Prompts.Of(prompts.ToImmutable());
    }

    public override void Write(Utf8JsonWriter writer, Prompts value, JsonSerializerOptions options)
    {
        var all = value.All();
        var bytes = new byte[all.Length * Bytes];
        for (var i = 0; i < all.Length; i++)
        {
            var span = bytes.AsSpan(i * Bytes, Bytes);
            BinaryPrimitives.WriteUInt64BigEndian(span, all[i].Hash);
            BinaryPrimitives.WriteUInt32BigEndian(span[8..], all[i].AnsweredAt);
            BinaryPrimitives.WriteUInt16BigEndian(span[12..], all[i].Count);
        }

        writer.WriteBase64StringValue(bytes);
    }
}
