using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>"An answer that nobody can use is none." Only what can be told without knowing what was asked: nothing, a refusal, a form that was not kept.</summary>
internal static class Doubting
{
    public const string Unreachable = "unreachable";
    public const string BrokeOff = "broke_off";
    public const string TurnedAway = "turned_away";

    private const string Error = "error";
    private const string RateLimited = "rate_limited";
    private const string Unknown = "unknown_model";
    private const string Malformed = "malformed";
    private const string Empty = "empty";
    private const string Refused = "refused";
    private const string Filtered = "filtered";
    private const string NotJson = "not_json";

    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = 256 };

    /// <summary>Of an answer that is an error: null if another model would say the same.</summary>
    public static string? FaultOf(int status) => status switch
    {
        429 => RateLimited,
        404 => Unknown,
        408 or >= 500 => Error,
        _ => null,
    };

    /// <summary>Of a whole answer; null: it can be used, as far as can be told.</summary>
    public static string? FaultOf(Asking asking, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, s_deep);
            var answer = document.RootElement;
            return answer.Member("error") is not null ? Error : asking.Route.Kind switch
            {
                CallKind.Chat => Chat(answer),
                CallKind.Responses => Responses(answer),
                CallKind.Messages => Messages(answer),
                _ => new Read(null, null, 0),
            } is var (fault, text, calls) ? fault ?? Form(asking, text, calls) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Malformed;
        }
    }

    /// <summary>"json_object" or "json_schema": the form that the answer is to have; null: none.</summary>
    public static string? FormOf(JsonText text)
    {
        var form = text.Element("response_format") ?? text.Element("text")?.Member("format") ?? text.Element("output_config")?.Member("format") ?? text.Element("output_format");
        return form?.Text("type") is "json_object" or "json_schema" ? form?.Text("type") : null;
    }

    private static string? Form(Asking asking, string? text, int calls) =>
        calls > 0 ? null
        : string.IsNullOrWhiteSpace(text) ? Empty
        : FormOf(asking.Text) is not null && !IsJson(text) ? NotJson
        : null;

    private static Read Chat(JsonElement answer)
    {
        if (answer.Member("choices") is not { ValueKind: JsonValueKind.Array } choices || choices.GetArrayLength() == 0)
        {
            return new(Empty, null, 0);
        }

        var choice = choices[0];
        var message = choice.Member("message") ?? default;
        var calls = Items(message, "tool_calls");
        return choice.Text("finish_reason") == "content_filter" ? new(Filtered, null, 0)
            : message.Text("refusal") is { Length: > 0 } ? new(Refused, null, 0)
            : calls.Exists(c => c.Member("function")?.Text("arguments") is { } arguments && !IsJson(arguments)) ? new(NotJson, null, 0)
            : new(null, message.Text("content"), calls.Count + (message.Member("function_call") is null ? 0 : 1));
    }

    private static Read Responses(JsonElement answer)
    {
        if (answer.Member("incomplete_details")?.Text("reason") == "content_filter")
        {
            return new(Filtered, null, 0);
        }

        var (text, calls) = ("", 0);
        foreach (var item in Items(answer, "output"))
        {
            if (item.Text("type") is { } type && type.EndsWith("_call", StringComparison.Ordinal))
            {
                calls++;
                if (type == "function_call" && item.Text("arguments") is { } arguments && !IsJson(arguments))
                {
                    return new(NotJson, null, 0);
                }
            }

            foreach (var part in Items(item, "content"))
            {
                if (part.Text("type") == "refusal")
                {
                    return new(Refused, null, 0);
                }

                text += part.Text("text");
            }
        }

        return new(null, text, calls);
    }

    private static Read Messages(JsonElement answer)
    {
        var parts = Items(answer, "content");
        return answer.Text("stop_reason") == "refusal" ? new(Refused, null, 0)
            : new(null, string.Concat(parts.Where(p => p.Text("type") == "text").Select(p => p.Text("text"))), parts.Count(p => p.Text("type") is "tool_use" or "server_tool_use"));
    }

    private static List<JsonElement> Items(JsonElement of, string name) =>
        of.Member(name) is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray()] : [];

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, s_deep);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <param name="Calls">Of tools.</param>
    private readonly record struct Read(string? Fault, string? Text, int Calls);
}
