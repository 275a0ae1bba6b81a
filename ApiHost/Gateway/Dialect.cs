using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>How a provider is spoken to: what its errors look like, where its key goes, how it tells usage.</summary>
/// <param name="telling">Headers of a caller that may change an answer.</param>
internal abstract class Dialect(params ImmutableArray<string> telling) : IAccent
{
    public static readonly Dialect OpenAi = new OpenAiDialect();
    public static readonly Dialect Anthropic = new AnthropicDialect();

    /// <summary>Who serves models that nobody knows the maker of.</summary>
    public abstract string HomeProvider { get; }

    public abstract Type Shape { get; }

    /// <summary>Headers of a caller that are passed on; no other is.</summary>
    public ImmutableArray<string> Passed { get; } = ["Accept", "User-Agent", .. telling];

    /// <summary>Those of them that may change an answer.</summary>
    public ImmutableArray<string> Telling { get; } = telling;

    /// <summary>The most input tokens that one picture to look at is counted as.</summary>
    public abstract long MostPictureTokens(string model);

    /// <summary>Tools that the caller runs itself. Those that the provider runs cost apart.</summary>
    public abstract bool IsCallersTool(string? type);

    /// <summary>True: all output tokens are seen going by, so that what was cut off can be counted. Thinking that is not shown is paid for, too.</summary>
    public abstract bool ShowsAllItMakes(Asking asked);

    public abstract void Authorize(HttpRequestHeaders headers, string key);

    /// <summary>Takes from a JSON object of an answer, or of one event of a stream, what it tells of usage.</summary>
    public abstract void Read(JsonElement told, Meter meter);

    public Task Send(HttpContext http, Problem problem)
    {
        Problem.SetHeaders(http.Response, problem.Kind);
        return Send(http, problem.Kind, problem.Detail, problem.Faults is [var first, ..] ? first.Field : null, problem.Keys is [var key] ? key : null);
    }

    /// <summary>Refused spending: the sentence for people, the figures for programs.</summary>
    /// <param name="affordable">What the rest would pay for; default: nothing is said about it.</param>
    public Task Refuse(HttpContext http, AgentId agent, Outcome outcome, Refusal? refusal, ImmutableArray<Affordable> affordable, Edge edge)
    {
        var kind = OutcomeTable.Of(outcome);
        Refusals.SetHeaders(http, kind, refusal, edge);
        var isFromAbove = refusal is not null && refusal.RefusedBy != agent;
        var message = (isFromAbove ? $"{refusal!.RefusedBy}, above this agent: " : "") + Explaining.Sentence(outcome, refusal, isFromAbove) + Offer(affordable);
        return Send(http, kind, message, refusal?.Fault?.Field, null, json =>
        {
            if (!affordable.IsDefault)
            {
                Receipts.Affordable(json, affordable);
            }

            json.WriteStartObject(Words.Refusal);
            Refusals.Write(json, agent, outcome, refusal);
            json.WriteEndObject();
        });
    }

    protected abstract void WriteError(Utf8JsonWriter json, ProblemKind kind, string message, string? field, Action<Utf8JsonWriter> more);

    private Task Send(HttpContext http, ProblemKind kind, string message, string? field, string? key, Action<Utf8JsonWriter>? more = null)
    {
        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        WriteError(sheet.Writer, kind, message, field, json =>
        {
            if (key is not null)
            {
                json.WriteString(Words.IdempotencyKey, key);
            }

            more?.Invoke(json);
        });
        sheet.Writer.WriteEndObject();
        return sheet.Send(http, kind.Status);
    }

    private static string Offer(ImmutableArray<Affordable> affordable) => affordable.IsDefaultOrEmpty ? ""
        : affordable.FirstOrDefault(a => a.MaxOutputTokens > 0) is not { } offer ? " Nothing of this input fits into what is left."
        : $" With this input {offer.MaxOutputTokens} output tokens of {offer.Model} would fit.";
}
