using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Budgets.Journal;

/// <summary>{"model": …, "operation": …, "tags": […], "usage": {…}}; what was not said is left out.</summary>
internal sealed class PurposeJson : JsonConverter<Purpose>
{
    private static readonly JsonEncodedText Model = JsonEncodedText.Encode("model");
    private static readonly JsonEncodedText Operation = JsonEncodedText.Encode("operation");
    private static readonly JsonEncodedText Tags = JsonEncodedText.Encode("tags");
    private static readonly JsonEncodedText Usage = JsonEncodedText.Encode("usage");
    private static readonly JsonEncodedText PromptHash = JsonEncodedText.Encode("prompt_hash");
    private static readonly JsonEncodedText Saved = JsonEncodedText.Encode("saved");

    public override Purpose Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var purpose = Purpose.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            purpose = name switch
            {
                "model" => purpose with { Model = reader.GetString() },
                "operation" => purpose with { Operation = reader.GetString() },
                "tags" => purpose with { Tags = ReadTags(ref reader) },
                "usage" => purpose with { Usage = JsonSerializer.Deserialize(ref reader, StoredJson.Default.TokenUsage) },
                "prompt_hash" => purpose with { PromptHash = reader.GetString() },
                "saved" => purpose with { Saved = new Money(reader.GetInt64()) },
                _ => throw new JsonException($"A purpose has no member '{name}'."),
            };
        }

        return purpose;
    }

    public override void Write(Utf8JsonWriter writer, Purpose value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        if (value.Model is not null)
        {
            writer.WriteString(Model, value.Model);
        }

        if (value.Operation is not null)
        {
            writer.WriteString(Operation, value.Operation);
        }

        if (!value.Tags.IsDefaultOrEmpty)
        {
            writer.WriteStartArray(Tags);
            foreach (var tag in value.Tags)
            {
                writer.WriteStringValue(tag);
            }

            writer.WriteEndArray();
        }

        if (value.Usage is not null)
        {
            writer.WritePropertyName(Usage);
            JsonSerializer.Serialize(writer, value.Usage, StoredJson.Default.TokenUsage);
        }

        if (value.PromptHash is not null)
        {
            writer.WriteString(PromptHash, value.PromptHash);
        }

        if (value.Saved is { } saved)
        {
            writer.WriteNumber(Saved, saved.Nanos);
        }

        writer.WriteEndObject();
    }

    private static ImmutableArray<string> ReadTags(ref Utf8JsonReader reader)
    {
        var tags = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            tags.Add(reader.GetString()!);
        }

        return tags.DrainToImmutable();
    }
}
