using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Answers what a budget decided about one request to spend.</summary>
internal static class Spending
{
    public const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>The body and the idempotency key of a request with one effect, or the problem that keeps it from being asked.</summary>
    public static async ValueTask<(T? Body, IdempotencyKey? Key, Problem? Problem)> Read<T>(Call call, JsonTypeInfo<T> shape, bool optional = false)
        where T : KeyedBody
    {
        var (body, problem) = await Body.Read(call.Http, shape, optional);
        if (body is null)
        {
            return (null, null, problem);
        }

        var (key, keyProblem) = Idempotency.Of(call.Http, body.IdempotencyKey);
        return (body, key, keyProblem);
    }

    /// <param name="asked">The decision under way.</param>
    /// <param name="key">What to repeat the request with if the answer is lost; null: none was given and none was made.</param>
    /// <param name="write">Writes the members of the answer to an accepted request; a function of the receipt alone.</param>
    /// <param name="body">Of a request that may be refused for want of money: with its usage it asks what the rest would pay for.</param>
    public static async Task Answer(
        Call call, ValueTask<SpendOutcome> asked, IdempotencyKey? key, int accepted, Action<Utf8JsonWriter, Receipt> write, SpendBody? body = null)
    {
        SpendOutcome outcome;
        try
        {
            outcome = await asked;
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            await Breakdowns.Of(e, call.Edge.Log, key?.Value).Send(call.Http);
            return;
        }

        if (outcome.Receipt is not { } receipt)
        {
            var affordable = outcome.Refusal is { Headroom: { } headroom } ? await Affording.Ask(call, body, headroom) : default;
            await Refusals.Send(call.Http, call.Agent, outcome.Outcome, outcome.Refusal, call.Edge, affordable: affordable);
            return;
        }

        if (outcome.Replayed)
        {
            call.Http.Response.Headers[ReplayedHeader] = "true";
        }

        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        write(sheet.Writer, receipt);
        sheet.Writer.WriteEndObject();
        await sheet.Send(call.Http, accepted);
    }
}
