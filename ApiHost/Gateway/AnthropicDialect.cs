using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>Anthropic's: messages.</summary>
internal sealed class AnthropicDialect() : Dialect(AnthropicDialect.VersionHeader, "anthropic-beta")
{
    public const string Home = "anthropic";

    /// <summary>All requests of its SDKs have it.</summary>
    public const string VersionHeader = "anthropic-version";

    private const string Version = "2023-06-01";

    public override string HomeProvider => Home;

    public override Type Shape => typeof(AnthropicErrorAnswer);

    public override long MostPictureTokens(string model) => ModelTraits.MostClaudePictureTokens;

    public override bool IsCallersTool(string? type) => type is null or "custom"
        || ((ReadOnlySpan<string>)["bash_", "text_editor_", "computer_", "memory_"]).ContainsStartOf(type);

    /// <remarks>Models of these families think only when they are asked to. Thinking is shown in short, and paid for in full.</remarks>
    public override bool ShowsAllItMakes(Asking asked) => asked.ThinkingIsOff || (!asked.NamesThinking && ModelTraits.ThinksOnlyWhenAsked(asked.Model));

    public override void Authorize(HttpRequestHeaders headers, string key)
    {
        headers.TryAddWithoutValidation("x-api-key", key);
        if (!headers.Contains(VersionHeader))
        {
            headers.TryAddWithoutValidation(VersionHeader, Version);
        }
    }

    public override void Read(JsonElement told, Meter meter)
    {
        var type = told.Text("type");
        if (type == "error")
        {
            meter.Failed();
            return;
        }

        meter.LastWasError |= told.Member("error") is not null;

        // A stream begins with a message that has the input in its usage, and ends with a delta that has the output in its.
        var answer = told.Member("message") is { ValueKind: JsonValueKind.Object } inner ? inner : told;
        meter.Model ??= answer.Text("model");
        if (answer.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
        {
            var hour = usage.Member("cache_creation")?.Count("ephemeral_1h_input_tokens");
            meter.Counted(
                new Told(
                    Input: usage.Count("input_tokens"),
                    Output: usage.Count("output_tokens"),
                    CacheRead: usage.Count("cache_read_input_tokens"),
                    CacheWrite: usage.Count("cache_creation_input_tokens"),
                    CacheWrite1h: hour),
                isLast: type == "message" || (type == "message_delta" && usage.Member("output_tokens") is not null));
        }

        switch (type)
        {
            case "message":
                meter.Saw(told.Member("content"), isOutput: true);
                break;
            case "content_block_start":
                meter.Saw(told.Member("content_block"), isOutput: true);
                break;
            case "content_block_delta":
                meter.Saw(told.Member("delta"), isOutput: true);
                break;
            case "message_stop":
                meter.IsDone = true;
                break;
            case "message_start":
                meter.Began();
                break;
            default:
                break;
        }
    }

    protected override void WriteError(Utf8JsonWriter json, ProblemKind kind, string message, string? field, Action<Utf8JsonWriter> more)
    {
        json.WriteString("type"u8, "error");
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, kind.Status switch
        {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        json.WriteString("message"u8, message);
        json.WriteString("code"u8, kind.Code);
        json.WriteString("param"u8, field);
        more(json);
        json.WriteEndObject();
        json.WriteNull("request_id"u8);
    }
}
