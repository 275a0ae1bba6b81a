using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>Reads bodies that are passed on. They may have pictures in them, and be larger than any other.</summary>
internal static class CallBody
{
    /// <summary>What Anthropic takes at most, and more than OpenAI does.</summary>
    public const int MaxBytes = 32 << 20;

    /// <summary>Of all calls that are with this host together.</summary>
    public const long MostTogether = 1L << 30;

    private static readonly Problem s_tooLarge = new(ProblemKind.BodyTooLarge, "The body of a call may have 32 MiB at most.");
    private static readonly Problem s_full = new(ProblemKind.Overloaded, "The calls that are with this host have 1 GiB together already. Nothing was done. Send the request again in a moment.");

    private static long s_together;

    public static async Task<(byte[]? Body, Problem? Problem)> Read(HttpContext http)
    {
        var length = http.Request.ContentLength;
        if (length > MaxBytes)
        {
            return (null, s_tooLarge);
        }

        if (!MediaType.IsJson(http.Request.ContentType))
        {
            return (null, Problem.NotJson);
        }

        // Whoever does not say how much it will be is reckoned with the most.
        var taken = length ?? MaxBytes;
        http.Response.OnCompleted(() =>
        {
            Interlocked.Add(ref s_together, -taken);
            return Task.CompletedTask;
        });
        if (Interlocked.Add(ref s_together, taken) > MostTogether)
        {
            return (null, s_full);
        }

        var body = new MemoryStream((int)(length ?? 4_096));
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            foreach (var part in read.Buffer)
            {
                body.Write(part.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (body.Length > MaxBytes)
            {
                return (null, s_tooLarge);
            }

            if (read.IsCompleted)
            {
                return (body.Length == body.Capacity ? body.GetBuffer() : body.ToArray(), null);
            }
        }
    }
}
