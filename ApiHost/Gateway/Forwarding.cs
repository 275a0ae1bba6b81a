using System.Buffers;
using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Budgets.ApiHost.Gateway;

/// <summary>Sends a call on, and finds out what became of it. It never fails: whatever happens is something spent, or nothing, and something to tell the caller.</summary>
internal sealed partial class Forwarding(Attempts attempts, Joining joining, Upstream upstream, ILogger<Forwarding> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    /// <summary>Providers give up on a call of theirs after ten minutes.</summary>
    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromMinutes(15);

    /// <summary>Providers that think for longer say something in between.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromMinutes(5);

    private static readonly Problem s_unreachable = new(ProblemKind.ProviderUnreachable, "The provider cannot be reached. Nothing was spent. Send the request again in a moment.");
    private static readonly Problem s_brokeOff = new(ProblemKind.ProviderBrokeOff, "The provider broke off, or said nothing for too long. What the call may have cost is booked; to send it again costs again.");
    private static readonly Problem s_refused = new(ProblemKind.ProviderRefused, "The provider turned this gateway away: what the operator has set for it is wrong. Nothing was spent.");

    /// <param name="judges">True: another model could be called, so it is looked at whether the answer is good for anything.</param>
    /// <returns>What was spent, what is left to tell the caller once that is booked, and why another model may do better; null: nothing says so, or it is too late.</returns>
    public async Task<(Spent Spent, Func<Receipt?, Task> Tell, string? Fault)> Forward(HttpContext http, Asking asking, Held held, Provider provider, bool judges)
    {
        var meter = new Meter(asking, held.Bound);
        using var extending = held.Extending(clock);

        // Whoever streams can stop. An answer in one piece is made, and paid for, whether anybody waits for it or not.
        using var patience = new CancellationTokenSource(s_longestAnswer, clock);
        using var leaving = asking.Streams ? CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted) : null;
        var stop = (leaving ?? patience).Token;
        try
        {
            var text = asking.Forwarded(held.OutputTokens);
            using var attempt = await attempts.Make(provider, () => joining.Send(held, provider, asking, text, http.Request, stop), http.RequestAborted, stop);
            if (attempt is null)
            {
                // Nobody is there any more, and nothing is being made.
                return (new Spent.Nothing(), _ => Task.CompletedTask, null);
            }

            var answer = attempt.Answer;
            if (!answer.IsSuccessStatusCode)
            {
                return Failed(http, asking, answer, attempt.Error, meter, held, provider);
            }

            return asking.Streams && answer.Content.Headers.ContentType?.MediaType == "text/event-stream"
                ? await Stream(http, asking, held, provider, answer, meter, patience, stop)
                : await Whole(http, asking, held, provider, answer, meter, judges, stop);
        }
        catch (HttpRequestException e) when (Upstream.WasNeverSent(e))
        {
            LogUnreachable(log, provider.Name, e.HttpRequestError);
            return (new Spent.Nothing(), _ => s_unreachable.Send(http), Doubting.Unreachable);
        }
        catch (Exception e)
        {
            if (e is not (HttpRequestException or IOException or OperationCanceledException))
            {
                LogUnforeseen(log, e);
            }

            LogBrokeOff(log, provider.Name);
            return (meter.Spent(isWhole: false), _ => BrokeOff(http), http.RequestAborted.IsCancellationRequested ? null : Doubting.BrokeOff);
        }
    }

    /// <summary>A call that costs nothing: no hold, nothing to settle.</summary>
    public async Task ForwardFree(HttpContext http, Asking asking, Provider provider)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        try
        {
            using var answer = await upstream.Send(provider, asking.Route, asking.Forwarded(null), http.Request, stop.Token);
            var body = await Upstream.Read(answer, Upstream.LargestError, stop.Token);
            await (IsOurFault(answer) ? s_refused.Send(http) : Send(http, answer, answer.IsSuccessStatusCode && !Discretion.IsProvidersError(body) ? body : Discretion.Hide(body, provider)));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            await s_unreachable.Send(http);
        }
    }

    private static async Task<(Spent Spent, Func<Receipt?, Task> Tell, string? Fault)> Whole(
        HttpContext http, Asking asking, Held held, Provider provider, HttpResponseMessage answer, Meter meter, bool judges, CancellationToken stop)
    {
        var body = await Upstream.Read(answer, Upstream.LargestAnswer, stop);
        meter.Read(body);
        Recording.Of(http)?.Take(answer, body);
        return (meter.Spent(isWhole: true), settled =>
        {
            Headers.Pass(answer, http.Response);
            Headers.Tell(http.Response, held, settled ?? held.Receipt, meter.Model ?? asking.Model);
            if (settled is not null)
            {
                Headers.TellCost(http.Response, settled);
            }

            return Write(http, 200, meter.LastWasError ? Discretion.Hide(body, provider) : body);
        }, judges ? Doubting.FaultOf(asking, body) : null);
    }

    private static async Task<(Spent Spent, Func<Receipt?, Task> Tell, string? Fault)> Stream(
        HttpContext http, Asking asking, Held held, Provider provider, HttpResponseMessage answer, Meter meter, CancellationTokenSource patience, CancellationToken stop)
    {
        Headers.Pass(answer, http.Response);
        Headers.Tell(http.Response, held, held.Receipt, asking.Model);
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var isWhole = false;
        var chunk = ArrayPool<byte>.Shared.Rent(16_384);
        var output = Recording.Of(http)?.Beside(answer, http.Response.BodyWriter) ?? http.Response.BodyWriter;
        using var events = new EventStream(meter, provider, strips: asking is { WantsUsage: false, Route.Kind: CallKind.Chat });
        try
        {
            await http.Response.StartAsync(stop);
            await http.Response.BodyWriter.FlushAsync(stop);
            await using var body = await answer.Content.ReadAsStreamAsync(stop);
            while (true)
            {
                patience.CancelAfter(s_longestSilence);
                var read = await body.ReadAsync(chunk, stop);
                if (read == 0)
                {
                    break;
                }

                events.Pass(chunk.AsSpan(0, read), output);
                await http.Response.BodyWriter.FlushAsync(stop);
            }

            events.End(output);
            await http.Response.BodyWriter.FlushAsync(stop);
            isWhole = meter.IsDone;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Cut off, on one side or the other. What went by is counted.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        // Half an answer must not look like a whole one.
        return (meter.Spent(isWhole), _ => isWhole ? Task.CompletedTask : BrokeOff(http), null);
    }

    private (Spent Spent, Func<Receipt?, Task> Tell, string? Fault) Failed(
        HttpContext http, Asking asking, HttpResponseMessage answer, byte[] body, Meter meter, Held held, Provider provider)
    {
        var status = (int)answer.StatusCode;
        LogFailed(log, provider.Name, status);
        Spent spent = status < 500 || Discretion.IsProvidersError(body) ? new Spent.Nothing() : meter.InputAlone();
        if (IsOurFault(answer))
        {
            return (spent, _ => s_refused.Send(http), Doubting.TurnedAway);
        }

        return (spent, settled =>
        {
            Headers.Pass(answer, http.Response);
            Headers.Tell(http.Response, held, settled ?? held.Receipt, asking.Model);
            return Write(http, status, Discretion.Hide(body, provider));
        }, Doubting.FaultOf(status));
    }

    /// <summary>A key that is not taken, or an address that is elsewhere by now: callers can do nothing about it, and are not told more.</summary>
    private static bool IsOurFault(HttpResponseMessage answer) => (int)answer.StatusCode is 401 or (>= 300 and < 400);

    private static Task BrokeOff(HttpContext http)
    {
        if (!http.Response.HasStarted)
        {
            return s_brokeOff.Send(http);
        }

        http.Abort();
        return Task.CompletedTask;
    }

    private static Task Send(HttpContext http, HttpResponseMessage answer, byte[] body)
    {
        Headers.Pass(answer, http.Response);
        return Write(http, (int)answer.StatusCode, body);
    }

    private static async Task Write(HttpContext http, int status, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentLength = body.Length;
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider {Provider} cannot be reached: {Why}.")]
    private static partial void LogUnreachable(ILogger log, string provider, HttpRequestError why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider {Provider} broke off before it answered.")]
    private static partial void LogBrokeOff(ILogger log, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "The provider {Provider} answered {Status}.")]
    private static partial void LogFailed(ILogger log, string provider, int status);

    [LoggerMessage(Level = LogLevel.Error, Message = "A call failed for a reason that nobody thought of.")]
    private static partial void LogUnforeseen(ILogger log, Exception exception);
}
