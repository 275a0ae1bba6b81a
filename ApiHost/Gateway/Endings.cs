using System.Collections.Concurrent;

namespace Budgets.ApiHost.Gateway;

/// <summary>Ends the holds of calls, each once, whatever becomes of its caller: what is spent is booked as long as there is a store to book it in.</summary>
internal sealed partial class Endings(ILogger<Endings> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock) : IHostedService
{
    /// <summary>Tries of one settlement: with the pauses between them, about an hour. Then the hold books itself.</summary>
    private const int MostTries = 400;

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>Looks for a hold that may be on its way still: for longer than a request can be.</summary>
    private const int MostLooks = 12;

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Task, bool> _open = new();

    /// <summary>Goes on by itself when nobody waits for it.</summary>
    /// <returns>
    /// The receipt, as soon as the budget goes by it: it is on its way to the journal then, and seen to until it is there. Of a host that is killed on that way the hold stays open.
    /// Null: it could not be booked, and was logged.
    /// </returns>
    public Task<Receipt?> End(Held held, Spent spent)
    {
        // The caller's answer goes first; that it is durable is asked after it.
        var booked = new TaskCompletionSource<Receipt?>();
        _ = Tracked(End(held, spent, booked));
        return booked.Task;
    }

    /// <summary>An answer waits so long for its cost to be booked, and no longer; it is booked all the same.</summary>
    /// <returns>Null: it is not booked yet, or was not.</returns>
    public async Task<Receipt?> Soon(Task<Receipt?> ending)
    {
        try
        {
            return await ending.WaitAsync(s_patience, clock);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>A hold of which nobody knows whether it was made, or of which nothing more is wanted: if it is there, it is given back.</summary>
    /// <param name="why">What was heard instead of an answer; null: the hold is there.</param>
    public Task<Receipt?> Abandon(IBudgetGrain budget, HoldId id, Exception? why = null) => Tracked(GiveBack(budget, id, why is TimeoutException));

    /// <param name="mayBeOnItsWay">True: a release may overtake the hold, and finds nothing then; the hold would book itself.</param>
    private async Task<Receipt?> GiveBack(IBudgetGrain budget, HoldId id, bool mayBeOnItsWay)
    {
        for (var look = 1; ; look++)
        {
            var outcome = await Insist(id, () => budget.Release(new ReleaseRequest(id)));
            if (!mayBeOnItsWay || outcome is not { Outcome: Outcome.HoldUnknown } || look == MostLooks)
            {
                return outcome?.Receipt;
            }

            await Task.Delay(s_betweenLooks, clock);
        }
    }

    private Task<Receipt?> Tracked(Task<Receipt?> ending)
    {
        if (!ending.IsCompleted)
        {
            _open[ending] = true;
            _ = ending.ContinueWith(e => _open.TryRemove(ending, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return ending;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Comes before the silo stops, so that there is somebody to book with.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!_open.IsEmpty)
            {
                await Task.WhenAll(_open.Keys).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            LogLeft(log, _open.Count);
        }
    }

    private async Task<Receipt?> End(Held held, Spent spent, TaskCompletionSource<Receipt?> booked)
    {
        var isBooked = spent is Spent.Used used && await IsBooked(held.Budget, Settlement(held, used), booked);
        var receipt = isBooked ? await booked.Task : await Book(held, spent);
        booked.TrySetResult(receipt);
        return receipt;
    }

    private static async Task<bool> IsBooked(IBudgetGrain budget, SettleRequest settlement, TaskCompletionSource<Receipt?> booked)
    {
        try
        {
            if (await budget.SettleAhead(settlement) is not { Receipt: { } receipt })
            {
                return false;
            }

            booked.TrySetResult(receipt);
            return await budget.IsSettled(settlement);
        }
        catch (Exception)
        {
            // The same is asked for again, until it is known what became of it.
            return false;
        }
    }

    private static SettleRequest Settlement(Held held, Spent.Used used) => new(held.Id, Money.Zero, new Purpose(Usage: used.Usage), Price: new PriceTag());

    private async Task<Receipt?> Book(Held held, Spent spent)
    {
        var outcome = spent switch
        {
            Spent.Nothing => await Insist(held.Id, () => held.Budget.Release(new ReleaseRequest(held.Id))),
            Spent.Used used => await Insist(held.Id, () => held.Budget.Settle(Settlement(held, used))),
            _ => null,
        };

        // What has no price, or cannot be, was not free: as much as it can have been.
        if (spent is Spent.AllHeld || outcome is { Outcome: Outcome.PriceUnknown or Outcome.OutOfRange })
        {
            outcome = await Insist(held.Id, () => held.Budget.Settle(new SettleRequest(held.Id, held.Amount, Purpose.None)));
        }

        if (outcome is { Receipt: null })
        {
            LogRefused(log, held.Id, outcome.Outcome);
        }

        return outcome?.Receipt;
    }

    /// <summary>The same request again has one effect: a hold ends once, and says how it did.</summary>
    private async Task<SpendOutcome?> Insist(HoldId id, Func<ValueTask<SpendOutcome>> ask)
    {
        var pause = s_shortest;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (tries < MostTries)
            {
                LogAgain(log, id, e.GetType().Name);
            }
            catch (Exception e)
            {
                LogGivenUp(log, e, id);
                return null;
            }

            await Task.Delay(pause, clock);
            pause = pause * 2 < s_longest ? pause * 2 : s_longest;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hold {Hold} of a call could not be ended yet: {Why}. It is tried again.")]
    private static partial void LogAgain(ILogger log, HoldId hold, string why);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The hold {Hold} of a call could not be ended for an hour. It books itself, all of it, when it expires.")]
    private static partial void LogGivenUp(ILogger log, Exception exception, HoldId hold);

    [LoggerMessage(Level = LogLevel.Error, Message = "The hold {Hold} of a call could not be ended: {Outcome}.")]
    private static partial void LogRefused(ILogger log, HoldId hold, Outcome outcome);

    [LoggerMessage(Level = LogLevel.Error, Message = "The host ends while the holds of {Count} calls are not ended. They book themselves, all of them, when they expire.")]
    private static partial void LogLeft(ILogger log, int count);
}
