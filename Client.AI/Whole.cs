namespace Budgets.Client.AI;

/// <summary>Answers in one piece. They are made, and paid for, whether anybody waits for them or not: whoever stops waiting is let go at once, and what it cost is booked when it is there.</summary>
/// <param name="madeNothing">Of a failure: it was free.</param>
internal sealed class Whole(Func<Exception, bool> madeNothing, TimeProvider clock)
{
    /// <summary>Providers give up on a call of theirs after ten minutes.</summary>
    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromMinutes(15);

    /// <param name="used">Null: nobody knows.</param>
    /// <param name="tell">What the call came to; null: it is not booked yet.</param>
    public async Task<T> Make<T>(ModelCall call, Func<CancellationToken, Task<T>> make, Func<T, TokenUsage?> used, Action<T, Receipt?> tell, CancellationToken cancellation)
    {
        var answer = Made(call, make, used, tell);
        try
        {
            return await answer.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!answer.IsCompleted)
        {
            // It goes on to be booked; should it fail, there is nobody left to be told.
            _ = answer.ContinueWith(static a => a.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<T> Made<T>(ModelCall call, Func<CancellationToken, Task<T>> make, Func<T, TokenUsage?> used, Action<T, Receipt?> tell)
    {
        T answer;
        try
        {
            using var patience = new CancellationTokenSource(s_longestAnswer, clock);
            answer = await make(patience.Token);
        }
        catch (Exception e)
        {
            await (madeNothing(e) ? call.Release() : call.SettleAll());
            throw;
        }

        tell(answer, await (used(answer) is { } usage ? call.Settle(usage) : call.SettleAll()));
        return answer;
    }
}
