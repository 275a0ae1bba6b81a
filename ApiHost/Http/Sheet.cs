using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>A JSON answer being written: a writer over a buffer, both lent by the thread and given back when sent.</summary>
/// <remarks>Nothing may be awaited between <see cref="Take"/> and <see cref="Send"/>.</remarks>
internal sealed class Sheet
{
    public const string Json = "application/json";
    public const string Problem = "application/problem+json";

    // Above this a buffer is let go, so that one large answer does not stay in memory for ever.
    private const int KeptBytes = 1 << 20;

    [ThreadStatic]
    private static Sheet? s_spare;

    private readonly ArrayBufferWriter<byte> _bytes = new(4096);

    private Sheet() => Writer = new Utf8JsonWriter(
        _bytes, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public Utf8JsonWriter Writer { get; }

    public static Sheet Take()
    {
        var sheet = s_spare ?? new Sheet();
        s_spare = null;
        return sheet;
    }

    /// <summary>Sends what was written as the whole answer.</summary>
    public Task Send(HttpContext http, int status, string contentType = Json)
    {
        Writer.Flush();
        var flushed = Start(http, status, contentType, _bytes.WrittenSpan);
        GiveBack();
        return Sent(flushed);
    }

    /// <summary>Sends a body that was finished before.</summary>
    public static Task Send(HttpContext http, int status, string contentType, ReadOnlySpan<byte> body) => Sent(Start(http, status, contentType, body));

    /// <summary>What was written, to keep.</summary>
    public byte[] Finish()
    {
        Writer.Flush();
        var bytes = _bytes.WrittenSpan.ToArray();
        GiveBack();
        return bytes;
    }

    private static ValueTask<FlushResult> Start(HttpContext http, int status, string contentType, ReadOnlySpan<byte> body)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        response.BodyWriter.Write(body);
        return response.BodyWriter.FlushAsync();
    }

    private static Task Sent(ValueTask<FlushResult> flushed)
    {
        if (!flushed.IsCompletedSuccessfully)
        {
            return flushed.AsTask();
        }

        _ = flushed.Result;
        return Task.CompletedTask;
    }

    private void GiveBack()
    {
        if (_bytes.Capacity <= KeptBytes)
        {
            _bytes.ResetWrittenCount();
            Writer.Reset(_bytes);
            s_spare = this;
        }
    }
}

internal static class SheetWriting
{
    public static void WriteMoney(this Utf8JsonWriter json, JsonEncodedText name, Money? money)
    {
        json.WritePropertyName(name);
        if (money is not { } amount)
        {
            json.WriteNullValue();
            return;
        }

        Span<byte> text = stackalloc byte[MoneyText.MaxLength];
        json.WriteRawValue(text[..MoneyText.Write(amount, text)], skipInputValidation: true);
    }

    public static void WriteNumberOrNull(this Utf8JsonWriter json, JsonEncodedText name, long? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteInstant(this Utf8JsonWriter json, JsonEncodedText name, DateTimeOffset? at)
    {
        if (at is { } instant)
        {
            json.WriteString(name, instant.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
