using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Makes the calls of a batch: each takes its part out of the hold, is forwarded, and ends its part, like a call alone. None of them can fail another.</summary>
internal sealed partial class BatchRun(
    Forwarding forwarding, AnswerCache cache, Endings endings, IHostApplicationLifetime life, ILogger<BatchRun> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock) : IDisposable
{
    /// <summary>Calls of batches that a host makes at the same time.</summary>
    private const int MostTogether = 128;

    /// <summary>Batches that a host works on at the same time.</summary>
    public const int MostBatches = 32;

    private static readonly Problem s_full = new(ProblemKind.Overloaded, $"This host works on {MostBatches} batches already. Nothing was done. Send the request again in a moment.");
    private static readonly Problem s_notBegun = new(ProblemKind.Overloaded, "This host is being stopped, and the call was not begun. Nothing was spent. Send it again in a moment.");
    private static readonly Problem s_noStore = new(ProblemKind.StoreUnavailable, "The call was not begun. Nothing was spent. Send it again in a moment.");

    private readonly SemaphoreSlim _together = new(MostTogether);
    private int _batches;

    public async Task Within(HttpContext http, Func<Task> work)
    {
        if (Interlocked.Increment(ref _batches) > MostBatches)
        {
            Interlocked.Decrement(ref _batches);
            await s_full.Send(http);
            return;
        }

        try
        {
            await work();
        }
        finally
        {
            Interlocked.Decrement(ref _batches);
        }
    }

    public async Task Run(Call call, Batch batch, BatchHold hold)
    {
        using var ended = new CancellationTokenSource();
        _ = Held.Extend(call.Budget, hold.Id, clock, ended.Token);
        await using var leaving = call.Http.RequestAborted.Register(() => LogGone(log, hold.Id));
        using var telling = ResultTelling.For(call.Http, hold, batch.Total);
        try
        {
            await telling.Begin();
            await Parallel.ForEachAsync(hold.Items, new ParallelOptions { MaxDegreeOfParallelism = batch.Concurrency }, async (item, _) =>
            {
                await telling.Room();
                await telling.Tell(await InTurn(call, hold, item));
            });
        }
        finally
        {
            await ended.CancelAsync();
            await endings.Soon(endings.Abandon(call.Budget, hold.Id));
        }

        await telling.Done();
    }

    private async Task<Result> InTurn(Call call, BatchHold hold, BoundItem item)
    {
        await _together.WaitAsync(CancellationToken.None);
        try
        {
            using var letter = new Letter(call.Http, item.Asking.Route);
            var (held, cost) = await Alone(call, hold, item, letter.Http);
            return new Result(item.Item, letter.Http.Response.StatusCode, Result.Json(letter.Body), cost, held?.Id, letter.RequestId, held?.OutputTokens, letter.IsCached);
        }
        finally
        {
            _together.Release();
        }
    }

    /// <summary>Whatever happens to it, the others go on.</summary>
    private async Task<(Held? Held, Money? Cost)> Alone(Call call, BatchHold hold, BoundItem item, HttpContext letter)
    {
        try
        {
            return await Make(call, hold, item, letter);
        }
        catch (Exception e)
        {
            await Breakdowns.Of(e, log).Send(letter);
            return (null, null);
        }
    }

    private async Task<(Held? Held, Money? Cost)> Make(Call call, BatchHold hold, BoundItem item, HttpContext letter)
    {
        if (life.ApplicationStopping.IsCancellationRequested || call.Http.RequestAborted.IsCancellationRequested)
        {
            await s_notBegun.Send(letter);
            return (null, Money.Zero);
        }

        if (await cache.Answers(call with { Http = letter }, item.Asking, item.Provider) || await Take(call, hold, item, letter) is not { } held)
        {
            // It has been answered, or said why not.
            return (null, Money.Zero);
        }

        var (spent, tell, _) = await forwarding.Forward(letter, item.Asking, held, item.Provider, judges: false);
        var settled = await endings.Soon(endings.End(held, spent));
        await cache.Keep(letter, item.Asking, held, spent, settled);
        try
        {
            await tell(settled);
        }
        catch (OperationCanceledException)
        {
            // There is nobody to tell.
        }

        return (held, settled is null ? null : settled.Kind == EntryKind.Settle ? settled.Amount : Money.Zero);
    }

    /// <summary>Its part of the hold.</summary>
    private async Task<Held?> Take(Call call, BatchHold hold, BoundItem item, HttpContext letter)
    {
        var id = EdgeIds.CallHold();
        try
        {
            var outcome = await Holds.Ask(
                call.Budget, new HoldRequest(id, item.Most, item.Purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, BooksItself: true, OutOf: hold.Id), endings);
            if (outcome.Receipt is { } receipt)
            {
                return new Held(call.Budget, id, item.Most, item.Bound, item.OutputTokens, receipt);
            }

            await item.Asking.Route.Dialect.Refuse(letter, call.Agent, outcome.Outcome, outcome.Refusal, default, call.Edge);
        }
        catch (Exception e)
        {
            LogNotTaken(log, hold.Id, e);
            await s_noStore.Send(letter);
        }

        return null;
    }

    public void Dispose() => _together.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "The caller of the batch {Hold} has gone; calls that are not begun yet will not be.")]
    private static partial void LogGone(ILogger log, HoldId hold);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of the batch {Hold} was not begun: its part of the hold could not be taken out.")]
    private static partial void LogNotTaken(ILogger log, HoldId hold, Exception why);
}
