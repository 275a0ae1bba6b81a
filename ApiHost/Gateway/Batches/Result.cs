using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>What became of a call, in the words of its answer.</summary>
/// <param name="Body">JSON on one line.</param>
/// <param name="Made">The models that it was made of, the one that answered last; none: nothing was spent. Null: nobody knows.</param>
/// <param name="Route">Why the model that was used was.</param>
internal sealed record Result(BatchItem Item, int Status, byte[] Body, IReadOnlyList<Tried>? Made, string? Model, string? Route, string? RequestId, bool IsCached)
{
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 256 };

    public bool IsCompleted => Status is >= 200 and < 300;

    /// <summary>Null: it is not booked yet, or nobody knows.</summary>
    public Money? Cost => Made is null || Made.Any(m => m.Cost is null) ? null : new Money(Made.Sum(m => m.Cost!.Value.Nanos));

    private Held? Held => Made is [.., var last] ? last.Held : null;

    public static Result Of(BatchItem item, Letter letter, IReadOnlyList<Tried>? made) =>
        new(item, letter.Http.Response.StatusCode, Json(letter.Body), made, letter.Model, letter.Route, letter.RequestId, letter.IsCached);

    /// <summary>What a provider sent, as JSON: it is none of our making, and may be no JSON at all.</summary>
    public static byte[] Json(ReadOnlyMemory<byte> body)
    {
        var text = new ArrayBufferWriter<byte>(Math.Max(256, body.Length));
        using var json = new Utf8JsonWriter(text, s_plain);
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 256 });
            document.RootElement.WriteTo(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            text.Clear();
            json.Reset(text);
            if (body.IsEmpty)
            {
                json.WriteNullValue();
            }
            else
            {
                json.WriteStringValue(Encoding.UTF8.GetString(body.Span));
            }
        }

        json.Flush();
        return text.WrittenSpan.ToArray();
    }

    /// <param name="place">Which of the requests that it answers.</param>
    public void Write(Utf8JsonWriter json, Place place)
    {
        var isDuplicate = place.Index != Item.First.Index;
        json.WriteStartObject();
        json.WriteNumber("index"u8, place.Index);
        json.WriteString("custom_id"u8, place.Name);
        json.WriteNumber(Words.Status, Status);
        json.WritePropertyName("body"u8);
        json.WriteRawValue(Body, skipInputValidation: true);
        json.WriteMoney(Tally.CostWord, isDuplicate ? Money.Zero : Cost);
        json.WriteString(Words.ReservationId, Held?.Id.Value);
        json.WriteString("model"u8, Model);
        json.WriteString("route"u8, Route);
        WriteTried(json);
        json.WriteString("request_id"u8, RequestId);
        json.WriteNumberOrNull(JsonEncodedText.Encode("max_tokens"), Held?.OutputTokens);
        json.WriteBoolean("cached"u8, IsCached);
        json.WriteNumberOrNull(JsonEncodedText.Encode("duplicate_of"), isDuplicate ? Item.First.Index : null);
        json.WriteEndObject();
    }

    private void WriteTried(Utf8JsonWriter json)
    {
        json.WriteStartArray("tried"u8);
        foreach (var tried in Made?.Where(m => m.Fault is not null) ?? [])
        {
            json.WriteStartObject();
            json.WriteString("model"u8, tried.Asking.Model);
            json.WriteString("why"u8, tried.Fault);
            json.WriteMoney(Tally.CostWord, tried.Cost);
            json.WriteString(Words.ReservationId, tried.Held.Id.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
