using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Budgets.Tests.Gateway;

/// <summary>A call as the provider got it.</summary>
public sealed record Received(string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A provider that does what no real one would on request. It listens on a free loopback port.</summary>
public sealed class FakeProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeProvider(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> Calls { get; } = new();

    /// <summary>How the next calls are answered.</summary>
    public Func<HttpContext, string, Task> Answer { get; set; } = (http, _) => http.Response.WriteAsync("{}");

    public Uri Address => new(_app.Urls.Single());

    public static async Task<FakeProvider> Start()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1);
        var app = builder.Build();
        var provider = new FakeProvider(app);
        app.Run(provider.Take);
        await app.StartAsync();
        return provider;
    }

    /// <summary>The same answer to every call.</summary>
    public void Says(string body, int status = 200, string contentType = "application/json") => Answer = async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        await http.Response.WriteAsync(body);
    };

    /// <summary>Events, each sent on its own.</summary>
    public void Streams(params IEnumerable<string> events) => Answer = (http, _) => Stream(http, events);

    /// <summary>Events, and then the connection is gone, once the caller has seen them.</summary>
    public TaskCompletionSource Cuts(params IEnumerable<string> events)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Answer = async (http, _) =>
        {
            await Stream(http, events);
            await http.Response.Body.FlushAsync();
            await seen.Task;
            http.Abort();
        };
        return seen;
    }

    public static async Task Stream(HttpContext http, IEnumerable<string> events)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = "text/event-stream";
        }

        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        foreach (var one in events)
        {
            await http.Response.WriteAsync(one + "\n\n");
            await http.Response.Body.FlushAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task Take(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Calls.Enqueue(new Received(http.Request.Path, http.Request.QueryString.Value ?? "", http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body));
        await Answer(http, body);
    }
}
