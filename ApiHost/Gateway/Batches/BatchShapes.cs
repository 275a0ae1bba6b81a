using System.ComponentModel;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Calls to models that are made together. Read by <see cref="BatchText"/>: what providers take is nested deeper than our own bodies are.</summary>
internal sealed record CallsBody
{
    [Description("1 to 1000 calls.")]
    public required CallsRequest[] Requests { get; set; }

    [Description("How many are made at the same time, 1 to 64. 8 if left out.")]
    public int? MaxConcurrency { get; set; }
}

/// <summary>One of them, as in a line of OpenAI's batch files.</summary>
internal sealed record CallsRequest
{
    [Description("The caller's name for it, up to 64 characters, which no other in the batch has. It comes back with the result.")]
    public string? CustomId { get; set; }

    [Description("POST, or left out.")]
    public string? Method { get; set; }

    [Description("/v1/chat/completions, /v1/responses, /v1/embeddings, /v1/images/generations or /v1/messages.")]
    public required string Url { get; set; }

    [Description("Of a call of model auto: simple, medium or complex. Left out: as x-task-complexity says for all of the batch, or as it looks.")]
    public Complexity? TaskComplexity { get; set; }

    [Description("What would be sent there on its own. It must not ask for a stream.")]
    public required JsonElement Body { get; set; }
}

/// <summary>What became of a batch.</summary>
/// <param name="ReservationId">The hold that all calls were paid out of, but for models that poor answers led to.</param>
/// <param name="Results">One for each request, in their order.</param>
/// <param name="Total">Requests.</param>
/// <param name="Completed">Those that the provider answered with a status of 2xx, duplicates included.</param>
/// <param name="Failed">The others.</param>
/// <param name="Duplicates">Those that said the same as an earlier one, and cost nothing.</param>
/// <param name="Held">The most that the models could cost that the calls were to be made of first.</param>
/// <param name="Cost">What it did cost, with the models that poor answers led to; of calls whose cost is not booked yet, nothing.</param>
internal sealed record CallsAnswer(
    string ReservationId, IReadOnlyList<CallsResult> Results, int Total, int Completed, int Failed, int Duplicates, Money Held, Money Cost);

/// <summary>What became of one call.</summary>
/// <param name="Index">Its place among the requests, from 0.</param>
/// <param name="Status">HTTP's, as if the call had been made alone.</param>
/// <param name="Body">What the provider said; of a call that was not made, an error in its form.</param>
/// <param name="Cost">Of all models that it was tried with. Null: it is not booked yet. A duplicate costs nothing.</param>
/// <param name="ReservationId">Of what was held for the model that was used; null: nothing was. Feedback is about that.</param>
/// <param name="Model">What was really used; null: nobody answered.</param>
/// <param name="Route">Why that model, as x-budget-route says of a call alone; null: it was named.</param>
/// <param name="Tried">Models that were not good enough, in order.</param>
/// <param name="RequestId">The provider's name for it.</param>
/// <param name="MaxTokens">The output was told to end there, since nothing else bounded it.</param>
/// <param name="Cached">It was answered with what had been kept, for nothing.</param>
/// <param name="DuplicateOf">The index of the request that this one says the same as; its answer is this one's, too.</param>
internal sealed record CallsResult(
    int Index, string? CustomId, int Status, JsonElement? Body, Money? Cost, string? ReservationId, string? Model, string? Route, IReadOnlyList<CallsTried> Tried, string? RequestId, long? MaxTokens, bool Cached,
    int? DuplicateOf);

/// <summary>A model that was called and not good enough.</summary>
/// <param name="Why">As x-budget-tried says of a call alone.</param>
/// <param name="Cost">Null: it is not booked yet.</param>
/// <param name="ReservationId">Of what was held for it.</param>
internal sealed record CallsTried(string Model, string Why, Money? Cost, string ReservationId);
