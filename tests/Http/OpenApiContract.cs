using System.Text.Json;

namespace Budgets.Tests.Http;

/// <summary>Holds answers against the OpenAPI document: as much of JSON Schema as our own document uses, and strictly.</summary>
public sealed class OpenApiContract(JsonElement root)
{
    public JsonElement Root { get; } = root;

    /// <summary>Every way in which an answer differs from what the route promises for its status.</summary>
    public List<string> Faults(Answer answer, string method, string route)
    {
        var responses = Root.GetProperty("paths").GetProperty(route).GetProperty(method.ToLowerInvariant()).GetProperty("responses");
        if (!responses.TryGetProperty($"{answer.Status}", out var response))
        {
            return [$"status {answer.Status} is not promised"];
        }

        if (!response.GetProperty("content").TryGetProperty(answer.MediaType!, out var media))
        {
            return [$"media type {answer.MediaType} is not promised"];
        }

        var faults = new List<string>();
        Check(answer.Json, media.GetProperty("schema"), "$", faults);
        return faults;
    }

    private void Check(JsonElement value, JsonElement schema, string path, List<string> faults)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(value, reference.GetString()!.TrimStart('#', '/').Split('/').Aggregate(Root, (at, name) => at.GetProperty(name)), path, faults);
            return;
        }

        if (value.ValueKind == JsonValueKind.Null && IsNullable(schema))
        {
            return;
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Contains(TypeOf(value)) && !(Types(type).Contains("number") && TypeOf(value) == "integer"))
        {
            faults.Add($"{path} is {TypeOf(value)}, not {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var names) && !names.EnumerateArray().Any(n => n.GetString() == value.GetString()))
        {
            faults.Add($"{path} is {value}, none of {names}");
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var (item, i) in value.EnumerateArray().Select((item, i) => (item, i)))
            {
                Check(item, items, $"{path}[{i}]", faults);
            }
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            CheckMembers(value, schema, properties, path, faults);
        }
    }

    private void CheckMembers(JsonElement value, JsonElement schema, JsonElement properties, string path, List<string> faults)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (properties.TryGetProperty(member.Name, out var known))
            {
                Check(member.Value, known, $"{path}.{member.Name}", faults);
            }
            else
            {
                faults.Add($"{path}.{member.Name} is not promised");
            }
        }

        if (schema.TryGetProperty("required", out var required))
        {
            faults.AddRange(required.EnumerateArray().Select(r => r.GetString()!).Where(r => !value.TryGetProperty(r, out _)).Select(r => $"{path}.{r} is missing"));
        }
    }

    private static bool IsNullable(JsonElement schema) => !schema.TryGetProperty("type", out var type) || Types(type).Contains("null");

    private static string[] Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
