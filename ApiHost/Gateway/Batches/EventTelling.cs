using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>As events, each as soon as it happened: nothing is kept.</summary>
internal sealed class EventTelling(HttpContext http, BatchHold hold, int total) : ResultTelling(http, hold, total)
{
    protected override string MediaType => "text/event-stream";

    protected override async Task Write(Result result)
    {
        foreach (var place in result.Item.Places)
        {
            await Send(json => result.Write(json, place), "event: result\ndata: "u8, "\n\n"u8);
        }

        await Send(json => Summary(json, Tally.Write), "event: progress\ndata: "u8, "\n\n"u8);
    }

    protected override Task WriteEnd() => Send(json => Summary(json, Tally.WriteSummary), "event: done\ndata: "u8, "\n\n"u8);

    private void Summary(Utf8JsonWriter json, Action<Utf8JsonWriter> members)
    {
        json.WriteStartObject();
        json.WriteString(Words.ReservationId, Of.Id.Value);
        members(json);
        json.WriteEndObject();
    }
}
