using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Budgets.Tests.Alerts;

/// <summary>A webhook's receiver that remembers every call, in a server of its own on this machine.</summary>
internal sealed class Postbox : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Func<Posted, int> _answer;
    private readonly Func<Posted, TimeSpan> _lag;
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentQueue<Posted> _posted = new();
    private readonly ConcurrentDictionary<string, bool> _arrived = new();
    private TaskCompletionSource<Posted>? _holding;

    private Postbox(WebApplication app, Func<Posted, int> answer, Func<Posted, TimeSpan> lag) => (_app, _answer, _lag) = (app, answer, lag);

    public Uri Address { get; private set; } = null!;

    /// <summary>All calls so far, in the order in which they were answered.</summary>
    public IReadOnlyList<Posted> Posted => [.. _posted];

    public int Arrived => _arrived.Count;

    /// <param name="answer">The status for each call; 0 closes the connection without an answer.</param>
    /// <param name="lag">From when the call has had its effect until its answer goes out; null: at once.</param>
    public static async Task<Postbox> Open(Func<Posted, int> answer, Func<Posted, TimeSpan>? lag = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var box = new Postbox(app, answer, lag ?? (_ => TimeSpan.Zero));
        app.MapPost("/{**path}", box.Take);
        await app.StartAsync();
        box.Address = new Uri(app.Urls.Single());
        return box;
    }

    public bool HasArrived(string id) => _arrived.ContainsKey(id);

    /// <summary>The next call is held open and not answered until whoever calls has gone.</summary>
    public Task<Posted> Hold() => (_holding = new TaskCompletionSource<Posted>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var id = http.Request.Headers["webhook-id"].ToString();
        var call = new Posted(
            http.Request.Path.Value!, id, http.Request.Headers["webhook-timestamp"].ToString(), http.Request.Headers["webhook-signature"].ToString(), body,
            _calls.AddOrUpdate(id, 1, (_, before) => before + 1), DateTimeOffset.UtcNow);
        if (Interlocked.Exchange(ref _holding, null) is { } holding)
        {
            var gone = new TaskCompletionSource();
            await using var _ = http.RequestAborted.Register(gone.SetResult);
            _posted.Enqueue(call with { Gone = gone.Task });
            holding.SetResult(call with { Gone = gone.Task });
            await gone.Task;
            return;
        }

        var status = _answer(call);
        _posted.Enqueue(call with { Status = status });
        if (status is >= 200 and < 300)
        {
            _arrived[id] = true;
        }

        if (_lag(call) is { Ticks: > 0 } lag)
        {
            using var slow = new PeriodicTimer(lag);
            await slow.WaitForNextTickAsync(http.RequestAborted);
        }

        if (status == 0)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
    }
}

/// <summary>One call.</summary>
/// <param name="Time">Of this id, from 1.</param>
/// <param name="Status">What it was answered; 0: nothing.</param>
internal sealed record Posted(string Path, string Id, string Timestamp, string Signature, string Body, int Time, DateTimeOffset At, int Status = 0)
{
    public bool IsTaken => Status is >= 200 and < 300;

    /// <summary>For one that is held: whoever called has gone.</summary>
    public Task Gone { get; init; } = Task.CompletedTask;
}
