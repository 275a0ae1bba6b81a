using System.Net;
using System.Net.Http.Headers;

namespace Budgets.ApiHost.Gateway;

/// <summary>The way to providers, and the only one. It goes where the operator's settings say and nowhere else: no redirects, no proxy of the environment, no cookies.</summary>
internal sealed class Upstream : IDisposable
{
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
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
            }
        }

        provider.Dialect.Authorize(request.Headers, provider.Key);
        return _http.SendAsync(request, cancellation);
    }

    /// <summary>True: there was no connection, so that nothing can have been made.</summary>
    public static bool WasNeverSent(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError;

    public void Dispose() => _http.Dispose();
}
