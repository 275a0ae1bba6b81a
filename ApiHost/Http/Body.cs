using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Budgets.ApiHost.Http;

/// <summary>What a request says in its body. Its members are the only ones the request may have.</summary>
internal interface IBody
{
    /// <summary>Adds every fault that is not about JSON types: ranges, lengths, formats, what goes with what.</summary>
    void Check(Faults faults);
}

/// <summary>A body that was read, or the problem that keeps it from being read.</summary>
internal readonly record struct Read<T>(T? Value, Problem? Problem);

/// <summary>Reads bodies: bounded, strict, and on the happy path straight from the buffer they arrived in.</summary>
internal static class Body
{
    public const int MaxBytes = 1 << 20;

    /// <param name="optional">True: no body at all is read as {}.</param>
    public static async ValueTask<Read<T>> Read<T>(HttpContext http, JsonTypeInfo<T> shape, bool optional = false)
        where T : class, IBody
    {
        var length = http.Request.ContentLength;
        if (length > MaxBytes)
        {
            return new(null, Problem.TooLarge);
        }

        if (!MediaType.IsJson(http.Request.ContentType) && !(optional && length is null or 0))
        {
            return new(null, Problem.NotJson);
        }

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var bytes = read.Buffer;
            if (bytes.Length > MaxBytes)
            {
                reader.AdvanceTo(bytes.End);
                return new(null, Problem.TooLarge);
            }

            if (read.IsCompleted || bytes.Length == length)
            {
                var parsed = bytes.IsEmpty && optional ? Parse("{}"u8, shape) : bytes.IsSingleSegment ? Parse(bytes.FirstSpan, shape) : Joined(bytes, shape);
                reader.AdvanceTo(bytes.End);
                return parsed;
            }

            reader.AdvanceTo(bytes.Start, bytes.End);
        }
    }

    private static Read<T> Joined<T>(ReadOnlySequence<byte> bytes, JsonTypeInfo<T> shape)
        where T : class, IBody
    {
        var lent = ArrayPool<byte>.Shared.Rent((int)bytes.Length);
        try
        {
            bytes.CopyTo(lent);
            return Parse(lent.AsSpan(0, (int)bytes.Length), shape);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(lent);
        }
    }

    internal static Read<T> Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> shape)
        where T : class, IBody
    {
        var faults = new Faults();
        T? body;
        try
        {
            body = JsonSerializer.Deserialize(json, shape);
        }
        catch (JsonException)
        {
            body = null;
        }

        if (body is null)
        {
            return new(null, Problem.Invalid(BodyFaults.Find(json.ToArray(), shape)));
        }

        body.Check(faults);
        return faults.Any ? new(null, Problem.Invalid(faults)) : new(body, null);
    }
}

internal static class MediaType
{
    /// <summary>application/json, with charset utf-8 or none.</summary>
    public static bool IsJson(string? contentType) =>
        contentType == "application/json"
        || (Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
