using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>How the caller of a batch hears of its results. Told one at a time; a caller who has gone is told nothing, and nothing fails for it.</summary>
internal abstract class ResultTelling(HttpContext http, BatchHold hold, int total) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    protected Tally Tally { get; } = new(hold, total);

    protected BatchHold Of { get; } = hold;

    public static ResultTelling For(HttpContext http, BatchHold hold, int total) =>
        http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            ? new EventTelling(http, hold, total)
            : new ListTelling(http, hold, total);

    /// <summary>Waits while more is kept for the caller than may be.</summary>
    public virtual Task Room() => Task.CompletedTask;

    public Task Begin() => Told(async () =>
    {
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    });

    public Task Tell(Result result) => Told(() =>
    {
        Tally.Add(result);
        return Write(result);
    });

    public Task Done() => Told(WriteEnd);

    public void Dispose() => _turn.Dispose();

    protected abstract string MediaType { get; }

    protected abstract Task Write(Result result);

    protected abstract Task WriteEnd();

    protected Task Send(Action<Utf8JsonWriter> write, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after = default)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        var sheet = Sheet.Take();
        write(sheet.Writer);
        byte[] text = [.. before, .. sheet.Finish(), .. after];
        return http.Response.BodyWriter.WriteAsync(text, http.RequestAborted).AsTask();
    }

    private async Task Told(Func<Task> tell)
    {
        await _turn.WaitAsync();
        try
        {
            await tell();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException || http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more.
        }
        finally
        {
            _turn.Release();
        }
    }
}
