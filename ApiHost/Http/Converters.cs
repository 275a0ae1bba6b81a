using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Budgets.ApiHost.Http;

/// <summary>A JSON value of the wrong kind; the message completes the sentence "field …".</summary>
internal sealed class WrongValueException(string message) : JsonException(message);

/// <summary>Money from and to a JSON number of dollars.</summary>
internal sealed class MoneyConverter : JsonConverter<Money>
{
    public override Money Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            throw new WrongValueException("must be a number of dollars, such as 25.00");
        }

        return MoneyText.Read(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan, out var money) is { } wrong
            ? throw new WrongValueException(wrong)
            : money;
    }

    public override void Write(Utf8JsonWriter writer, Money value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[MoneyText.MaxLength];
        writer.WriteRawValue(text[..MoneyText.Write(value, text)], skipInputValidation: true);
    }
}

/// <summary>An instant as RFC 3339 writes it. An offset is required: without one a time means nothing to the other side.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    private static readonly string[] Formats =
        ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>False: not RFC 3339, or without an offset.</summary>
    public static bool TryParse(string? text, out DateTimeOffset at)
    {
        at = default;
        return text is { Length: > 19 and <= 40 }
            && (text[^1] is 'Z' || text[^6] is '+' or '-')
            && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out at);
    }

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var at)
            ? at
            : throw new WrongValueException("must be a time with an offset, such as 2026-02-25T18:30:00Z");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}

/// <summary>One of an enum's names in snake_case, exactly; numbers and lists of names are not taken.</summary>
internal sealed class NameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Names<T>.TryParse(reader.GetString(), out var value)
            ? value
            : throw new WrongValueException($"must be one of {Names<T>.Listed}");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names<T>.Of(value));
}

/// <summary>A member that changes something: left out it keeps the value, null removes it, a value replaces it.</summary>
internal sealed class ChangeConverter<T> : JsonConverter<Change<T>>
{
    public override bool HandleNull => true;

    public override Change<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Change.To(reader.TokenType == JsonTokenType.Null
            ? default
            : JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))));

    public override void Write(Utf8JsonWriter writer, Change<T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A change is only ever asked for.");
}
