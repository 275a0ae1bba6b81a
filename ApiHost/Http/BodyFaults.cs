using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Budgets.ApiHost.Http;

/// <summary>The slow path of a body that did not parse: walks it beside the shape it should have and tells every fault with its field.</summary>
internal static class BodyFaults
{
    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = Wire.MaxDepth };

    /// <returns>At least one fault. What is well-formed is also checked for its meaning, so that one answer lists all.</returns>
    public static Faults Find<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> shape)
        where T : class, IBody
    {
        var faults = new Faults();
        if (!Utf8.IsValid(json.Span))
        {
            faults.Add("", "the body is not valid UTF-8");
            return faults;
        }

        try
        {
            using var document = JsonDocument.Parse(json, Lenient);
            var sound = new ArrayBufferWriter<byte>();
            using (var copy = new Utf8JsonWriter(sound))
            {
                Walk(document.RootElement, shape, "", faults, copy);
            }

            if (faults.Any && document.RootElement.ValueKind == JsonValueKind.Object)
            {
                CheckTheRest(sound.WrittenSpan, shape, faults);
            }
        }
        catch (JsonException e)
        {
            faults.Add("", string.Create(
                CultureInfo.InvariantCulture, $"the body is not JSON of at most {Wire.MaxDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})"));
        }

        if (!faults.Any)
        {
            faults.Add("", "the body cannot be read");
        }

        return faults;
    }

    private static void CheckTheRest<T>(ReadOnlySpan<byte> sound, JsonTypeInfo<T> shape, Faults faults)
        where T : class, IBody
    {
        try
        {
            JsonSerializer.Deserialize(sound, shape)?.Check(faults);
        }
        catch (JsonException)
        {
            // The faults that are known are told; what they hide will be told next time.
        }
    }

    /// <summary>Copies what is sound, so that its meaning can be checked as well.</summary>
    private static void Walk(JsonElement value, JsonTypeInfo shape, string path, Faults faults, Utf8JsonWriter sound)
    {
        switch (shape.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                WalkMembers(value, shape, path, faults, sound);
                break;
            case JsonTypeInfoKind.Object:
                faults.Add(path, path.Length == 0 ? "the body must be a JSON object" : "must be an object");
                sound.WriteRawValue("{}"u8);
                break;
            case JsonTypeInfoKind.None when value.ValueKind == JsonValueKind.Object && ChangedObject(shape) is { } changed:
                WalkMembers(value, changed, path, faults, sound);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                sound.WriteStartArray();
                var i = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Walk(item, shape.Options.GetTypeInfo(shape.ElementType!), string.Create(CultureInfo.InvariantCulture, $"{path}[{i++}]"), faults, sound);
                }

                sound.WriteEndArray();
                break;
            case JsonTypeInfoKind.Enumerable:
                faults.Add(path, "must be a list");
                sound.WriteRawValue("[]"u8);
                break;
            default:
                WalkLeaf(value, shape, path, faults, sound);
                break;
        }
    }

    private static void WalkMembers(JsonElement value, JsonTypeInfo shape, string path, Faults faults, Utf8JsonWriter sound)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        sound.WriteStartObject();
        foreach (var member in value.EnumerateObject())
        {
            if (faults.Full)
            {
                break;
            }

            var name = NameOf(member);
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (shape.Properties.FirstOrDefault(p => p.Name == name) is not { } known)
            {
                faults.Add(field, $"is not known here; what is: {string.Join(", ", shape.Properties.Select(p => p.Name))}");
            }
            else if (!seen.Add(name))
            {
                faults.Add(field, "is given twice");
            }
            else if (member.Value.ValueKind != JsonValueKind.Null)
            {
                sound.WritePropertyName(name);
                Walk(member.Value, shape.Options.GetTypeInfo(known.PropertyType), field, faults, sound);
            }
        }

        sound.WriteEndObject();
    }

    private static void WalkLeaf(JsonElement value, JsonTypeInfo shape, string path, Faults faults, Utf8JsonWriter sound)
    {
        try
        {
            value.Deserialize(shape);
            value.WriteTo(sound);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            faults.Add(path, e is WrongValueException ? e.Message : Expected(shape.Type));
            sound.WriteNullValue();
        }
    }

    /// <summary>The shape of what a member that changes something changes, where that is an object.</summary>
    private static JsonTypeInfo? ChangedObject(JsonTypeInfo shape) =>
        shape.Type is { IsGenericType: true } change && change.GetGenericTypeDefinition() == typeof(Change<>)
        && shape.Options.GetTypeInfo(change.GetGenericArguments()[0]) is { Kind: JsonTypeInfoKind.Object } changed ? changed : null;

    private static string Expected(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(bool) => "must be true or false",
        var t when t == typeof(int) || t == typeof(long) => "must be a whole number in range",
        var t when t == typeof(decimal) => "must be a number in range",
        { IsGenericType: true } t when t.GetGenericTypeDefinition() == typeof(Change<>) && t.GetGenericArguments()[0] is { IsClass: true } c && c != typeof(string) => "must be an object or null",
        var t when t.IsAssignableTo(typeof(System.Collections.IDictionary)) => "must be an object of texts",
        _ => "must be a text",
    };

    // A name with half a surrogate pair cannot be turned into text.
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name.Length <= 64 ? member.Name : string.Concat(member.Name.AsSpan(0, 64), "…");
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }
}
