using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Makes the calls of a batch: each goes the way of a call alone, but that its money comes out of the hold of all. None of them can fail another.</summary>
internal sealed partial class BatchRun(
    Gate gate, NextTries next, Endings endings, IHostApplicationLifetime life, ILogger<BatchRun> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock) : IDisposable
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
        using var extending = Held.Extending(call.Budget, hold.Id, clock);
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
            extending.Dispose();
            await endings.Soon(endings.Abandon(call.Budget, hold.Id));
        }

        await telling.Done();
    }

    private async Task<Result> InTurn(Call call, BatchHold hold, BoundItem item)
    {
        await _together.WaitAsync(CancellationToken.None);
        try
        {
            using var letter = new Letter(call.Http, item.Item.Asking.Route);
            return Result.Of(item.Item, letter, await Alone(call with { Http = letter.Http }, hold, item));
        }
        finally
        {
            _together.Release();
        }
    }

    /// <summary>Whatever happens to it, the others go on.</summary>
    /// <returns>The models that it was made of; null: nobody knows.</returns>
    private async Task<IReadOnlyList<Tried>?> Alone(Call letter, BatchHold hold, BoundItem item)
    {
        try
        {
            if (life.ApplicationStopping.IsCancellationRequested || letter.Http.RequestAborted.IsCancellationRequested)
            {
                await s_notBegun.Send(letter.Http);
                return [];
            }

            return await gate.Pass(letter, item.Choices, choice => item.IsFirst(choice) ? Take(letter, hold, choice, item.Part) : next.Hold(letter, choice));
        }
        catch (OperationCanceledException) when (letter.Http.RequestAborted.IsCancellationRequested)
        {
            // There is nobody to tell.
            return null;
        }
        catch (Exception e)
        {
            await Breakdowns.Of(e, log).Send(letter.Http);
            return null;
        }
    }

    /// <summary>Its part of the hold.</summary>
    private async Task<Holding> Take(Call letter, BatchHold hold, Choice choice, Part part)
    {
        var id = EdgeIds.CallHold();
        var purpose = choice.Asking.Purpose with { Usage = part.Bound.Usage };
        try
        {
            var outcome = await Holds.Ask(letter.Budget, new HoldRequest(id, part.Most, purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, BooksItself: true, OutOf: hold.Id), endings);
            return outcome.Receipt is { } receipt
                ? new(new Held(letter.Budget, id, part.Most, part.Bound, part.OutputTokens, receipt))
                : new(null, () => choice.Asking.Route.Dialect.Refuse(letter.Http, letter.Agent, outcome.Outcome, outcome.Refusal, default, letter.Edge), IsForMoney: false);
        }
        catch (Exception e)
        {
            LogNotTaken(log, hold.Id, e);
            return new(s_noStore, letter);
        }
    }

    public void Dispose() => _together.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "The caller of the batch {Hold} has gone; calls that are not begun yet will not be.")]
    private static partial void LogGone(ILogger log, HoldId hold);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of the batch {Hold} was not begun: its part of the hold could not be taken out.")]
    private static partial void LogNotTaken(ILogger log, HoldId hold, Exception why);
}
