using Budgets.Ledger;

namespace Budgets.Budgets;

// Settlements whose callers do not wait for the journal.
internal sealed partial class BudgetGrain
{
    public async ValueTask<SpendOutcome> SettleAhead(SettleRequest request)
    {
        var (rated, recalled) = await Rated(request);
        var decision = Settling.Settle(State, rated, Now, recalled);
        var first = State.Seq + 1;
        var durable = _family.Freeing(_teller.Transact(decision)).AsTask();
        if (decision is not { Outcome: Outcome.Accepted, ReplayOf: 0 } || durable.IsCompleted)
        {
            return await durable;
        }

        // Whoever asked comes back for what became of it.
        _ = durable.ContinueWith(d => _ = d.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return Teller.Answer(decision, first);
    }

    public async ValueTask<bool> IsSettled(SettleRequest request)
    {
        _teller.Ready();
        var isSettled = Ending.Again(State, request.Id, Fingerprint.Of(request), default) is not null;
        await _teller.Durable();
        return isSettled;
    }

    private async ValueTask<(SettleRequest Rated, Recalled Recalled)> Rated(SettleRequest request)
    {
        var model = await ModelOf(request);
        var quote = await _prices.Quote(request, model, Now);
        var recalled = await _teller.Recall(request.Key, request.Id);
        return (request.Rated(State, quote), recalled);
    }
}
