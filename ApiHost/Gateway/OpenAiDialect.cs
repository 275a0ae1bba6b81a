using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>OpenAI's: chat completions, responses, embeddings and images, which most others offer as well.</summary>
internal sealed class OpenAiDialect() : Dialect("OpenAI-Beta")
{
    public const string Home = "openai";

    public override string HomeProvider => Home;

    public override Type Shape => typeof(OpenAiErrorAnswer);

    public override long MostPictureTokens(string model) => ModelTraits.MostPictureTokens(model);

    public override bool IsCallersTool(string? type) => type is "function" or "custom" or "local_shell" or "apply_patch" or "computer_use_preview";

    /// <remarks>Models before gpt-5 do not think; later ones do unless they are told not to, and do not show it.</remarks>
    public override bool ShowsAllItMakes(Asking asked) => asked.ThinkingIsOff || ModelTraits.ThinksOnlyWhenAsked(asked.Model);

    public override void Authorize(HttpRequestHeaders headers, string key) => headers.TryAddWithoutValidation("Authorization", "Bearer " + key);

    public override void Read(JsonElement told, Meter meter)
    {
        // Responses tell events that have the answer so far in them.
        var answer = told.Member("response") is { ValueKind: JsonValueKind.Object } inner ? inner : told;
        meter.Model ??= answer.Text("model");
        if (told.Member("error") is { ValueKind: JsonValueKind.Object } || told.Text("type") == "error")
        {
            meter.Failed();
        }

        // Of a response that failed the error is in the response.
        meter.LastWasError |= told.Member("error") is not null || answer.Member("error") is not null || told.Text("object") == "error";

        if (answer.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
        {
            var isWhole = usage.Member("completion_tokens") is not null || usage.Member("output_tokens") is not null || answer.Text("object") == "list";
            var input = usage.Member("prompt_tokens_details") ?? usage.Member("input_tokens_details");
            var output = usage.Member("completion_tokens_details") ?? usage.Member("output_tokens_details");
            meter.Counted(
                new Told(
                    Input: usage.Count("prompt_tokens") ?? usage.Count("input_tokens"),
                    Output: usage.Count("completion_tokens") ?? usage.Count("output_tokens") ?? (isWhole ? 0 : null),
                    CacheRead: input?.Count("cached_tokens"),
                    CacheWrite: input?.Count("cache_write_tokens"),
                    Reasoning: output?.Count("reasoning_tokens"),
                    Audio: (input?.Count("audio_tokens") ?? 0) + (output?.Count("audio_tokens") ?? 0)),
                isLast: isWhole);
        }

        meter.LastWasUsageAlone = told.Member("usage") is not null && told.Member("choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() == 0;
        meter.Listed = told.Member("data") is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : meter.Listed;
        meter.IsDone |= told.Text("type") is "image_generation.completed" or "response.completed" or "response.incomplete" or "response.failed";
        foreach (var name in (ReadOnlySpan<string>)["choices", "output", "data"])
        {
            meter.Saw(answer.Member(name), isOutput: told.Text("type") is null);
        }

        // One piece of a stream of responses: what is done is what its pieces were.
        if (told.Text("type") is { } type && type.EndsWith(".delta", StringComparison.Ordinal))
        {
            meter.Saw(told.Member("delta"), isOutput: true);
        }
        else if (told.Text("type") is not null and not "error" && told.Member("response") is null)
        {
            meter.Began();
        }
    }

    protected override void WriteError(Utf8JsonWriter json, ProblemKind kind, string message, string? field, Action<Utf8JsonWriter> more)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, message);
        json.WriteString("type"u8, kind.Status switch
        {
            402 => "insufficient_quota",
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("code"u8, kind.Code);
        json.WriteString("param"u8, field);
        more(json);
        json.WriteEndObject();
    }
}
