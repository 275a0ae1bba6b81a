using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Budgets.ApiHost.Gateway;

/// <summary>The way to providers, and the only one. It goes where the operator's settings say and nowhere else: no redirects, no proxy of the environment, no cookies.</summary>
internal sealed class Upstream : IDisposable
{
    public const int LargestAnswer = 64 << 20;
    public const int LargestError = 1 << 20;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),

        // A trace that begins here is nobody's business there.
        ActivityHeadersPropagator = null,
    });

    /// <summary>Answers as soon as the provider has said how it will.</summary>
    /// <exception cref="HttpRequestException">It did not.</exception>
    public Task<HttpResponseMessage> Send(Provider provider, ModelRoute route, byte[] body, HttpRequest from, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, provider.At(route.Path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var name in provider.Dialect.Passed)
        {
            if (from.Headers.TryGetValue(name, out var values))
            {
                // What cannot be sent would break the attempt, and look as if it had been broken off.
                request.Headers.TryAddWithoutValidation(name, values.Where(Headers.IsCarried));
            }
        }

        provider.Dialect.Authorize(request.Headers, provider.Key);
        return _http.SendAsync(request, cancellation);
    }

    /// <summary>True: there was no connection, so that nothing can have been made.</summary>
    public static bool WasNeverSent(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError;

    /// <summary>The whole of a body.</summary>
    /// <exception cref="IOException">It is longer than <paramref name="most"/> bytes, or was cut off.</exception>
    public static async Task<byte[]> Read(HttpResponseMessage answer, int most, CancellationToken stop)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stop);
        using var all = new MemoryStream();
        var chunk = ArrayPool<byte>.Shared.Rent(16_384);
        try
        {
            while (await body.ReadAsync(chunk, stop) is > 0 and var read)
            {
                all.Write(chunk, 0, read);
                if (all.Length > most)
                {
                    throw new IOException("The answer is longer than any that is taken.");
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        return all.ToArray();
    }

    /// <summary>What there is of it: the status says enough.</summary>
    public static async Task<byte[]> ReadError(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            return await Read(answer, LargestError, stop);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return [];
        }
    }

    public void Dispose() => _http.Dispose();
}
