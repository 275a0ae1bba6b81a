using System.Text.Json;
using Budgets.ApiHost.OpenApi;
using Microsoft.Net.Http.Headers;

namespace Budgets.ApiHost.Http;

/// <summary>An answer that says what is wrong: RFC 9457 problem+json with our <c>code</c> and, for bad requests, every fault.</summary>
/// <param name="Detail">A sentence for people.</param>
internal sealed record Problem(ProblemKind Kind, string Detail, IReadOnlyList<Fault>? Faults = null)
{
    /// <summary>The idempotency key to repeat the request with; of a batch, one for each charge in order.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    public static readonly Problem Unauthenticated = new(ProblemKind.Unauthenticated, "Send 'Authorization: Bearer KEY' with a key that is neither revoked nor expired.");
    public static readonly Problem NotFound = new(ProblemKind.NotFound, "There is nothing at this address that this key may see.");
    public static readonly Problem TooLarge = new(ProblemKind.BodyTooLarge, "A body may have 1 MiB at most.");
    public static readonly Problem NotJson = new(ProblemKind.UnsupportedMediaType, "Send the body as 'Content-Type: application/json', in UTF-8.");

    public static Problem Invalid(Faults faults) => new(
        ProblemKind.InvalidRequest,
        faults.Found.Count == 1 ? Sentence(faults.Found[0]) : $"{faults.Found.Count} things are wrong; see errors.",
        faults.Found);

    public static Problem Invalid(string field, string message) => new(ProblemKind.InvalidRequest, Sentence(new Fault(field, message)), [new Fault(field, message)]);

    public static Problem Forbidden(string detail) => new(ProblemKind.Forbidden, detail);

    public static Problem Of(ConfigureOutcome outcome) => outcome.Field is { } field
        ? new(OutcomeTable.Of(outcome.Result), $"{field}: {outcome.Detail}", [new Fault(field, outcome.Detail ?? "is refused")])
        : new(OutcomeTable.Of(outcome.Result), outcome.Detail ?? OutcomeTable.Of(outcome.Result).Title + ".");

    public Task Send(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<Described>() is { Accent: { } accent } ? accent.Send(http, this) : SendPlain(http);

    private Task SendPlain(HttpContext http)
    {
        SetHeaders(http.Response, Kind);
        var sheet = Sheet.Take();
        var json = sheet.Writer;
        json.WriteStartObject();
        WriteHead(json, Kind, Detail);
        if (Keys.Count == 1)
        {
            json.WriteString(Words.IdempotencyKey, Keys[0]);
        }
        else if (Keys.Count > 1)
        {
            json.WriteStartArray("idempotency_keys"u8);
            foreach (var key in Keys)
            {
                json.WriteStringValue(key);
            }

            json.WriteEndArray();
        }

        if (Faults is not null)
        {
            json.WriteStartArray("errors"u8);
            foreach (var (field, message) in Faults)
            {
                json.WriteStartObject();
                json.WriteString("field"u8, field);
                json.WriteString("message"u8, message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        return sheet.Send(http, Kind.Status, Sheet.Problem);
    }

    /// <summary>The members that every problem has.</summary>
    public static void WriteHead(Utf8JsonWriter json, ProblemKind kind, string detail)
    {
        json.WriteString("type"u8, kind.Type);
        json.WriteString("title"u8, kind.Title);
        json.WriteNumber("status"u8, kind.Status);
        json.WriteString("code"u8, kind.Code);
        json.WriteString("detail"u8, detail);
    }

    public static void SetHeaders(HttpResponse response, ProblemKind kind)
    {
        response.Headers.CacheControl = "no-store";
        switch (kind.Status)
        {
            case 401:
                // Pages for people have offered a dialog before.
                response.Headers.Append(HeaderNames.WWWAuthenticate, "Bearer");
                break;
            case 402 or 409:
            case 502 when kind.Retry == MayRetry.No:
                response.Headers["x-should-retry"] = "false";
                break;
            default:
                if (kind.Retry == MayRetry.SameKey)
                {
                    response.Headers.RetryAfter = "1";
                }

                break;
        }
    }

    private static string Sentence(Fault fault) => fault.Field.Length == 0 ? $"{fault.Message}." : $"{fault.Field} {fault.Message}.";
}
