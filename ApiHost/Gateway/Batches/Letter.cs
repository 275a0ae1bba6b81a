using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>A request of a batch as one that came alone: what answers those, answers it, and the answer stays here.</summary>
internal sealed class Letter : IDisposable
{
    private readonly MemoryStream _body = new();

    /// <param name="from">The request that the batch came in.</param>
    public Letter(HttpContext from, ModelRoute route)
    {
        Http = new DefaultHttpContext { RequestServices = from.RequestServices, RequestAborted = from.RequestAborted };
        Http.Request.Method = HttpMethods.Post;
        Http.Request.Path = route.Path;
        Http.Response.Body = _body;
        foreach (var name in route.Dialect.Passed.Add("Cache-Control"))
        {
            Http.Request.Headers[name] = from.Request.Headers[name];
        }

        Http.Request.Headers.Accept = Sheet.Json;
        Http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new Described("", "", "") { Accent = route.Dialect }), null));
    }

    public HttpContext Http { get; }

    public string? RequestId => Told("x-request-id") ?? Told("request-id");

    /// <summary>What was really used.</summary>
    public string? Model => Told(Headers.Model) is { } encoded ? Uri.UnescapeDataString(encoded) : null;

    /// <summary>Why that.</summary>
    public string? Route => Told(Headers.Route);

    /// <summary>It was answered with what had been kept.</summary>
    public bool IsCached => Http.Response.Headers[AnswerCache.Header] == "hit";

    /// <summary>The answer.</summary>
    public ReadOnlyMemory<byte> Body => _body.GetBuffer().AsMemory(0, (int)_body.Length);

    public void Dispose()
    {
        // Nobody else ends what belongs to a request that never came over a connection.
        Recording.Of(Http)?.Dispose();
        _body.Dispose();
    }

    private string? Told(string header) => Http.Response.Headers[header].FirstOrDefault();
}
