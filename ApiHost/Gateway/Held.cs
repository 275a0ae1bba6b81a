namespace Budgets.ApiHost.Gateway;

/// <summary>Money set aside for one call.</summary>
/// <param name="Amount">The most that the call can cost. A budget that holds what it expects has set less aside.</param>
/// <param name="OutputTokens">What the call must be told to end at so that it stays within; null: it does by itself.</param>
internal sealed record Held(IBudgetGrain Budget, HoldId Id, Money Amount, CallBound Bound, long? OutputTokens, Receipt Receipt)
{
    /// <summary>Longer than most calls take; those that take longer are held for longer.</summary>
    public const int TtlSeconds = HoldRequest.DefaultTtlSeconds;

    private const int HalfSeconds = TtlSeconds / 2;

    /// <summary>Until it is disposed of, every half of its time the hold gets that much more.</summary>
    public IDisposable Extending(TimeProvider clock) => Extending(Budget, Id, clock);

    /// <inheritdoc cref="Extending(TimeProvider)"/>
    public static IDisposable Extending(IBudgetGrain budget, HoldId id, TimeProvider clock)
    {
        var timer = new PeriodicTimer(TimeSpan.FromSeconds(HalfSeconds), clock);
        _ = Extend(budget, id, timer);
        return timer;
    }

    private static async Task Extend(IBudgetGrain budget, HoldId id, PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            await TryExtend(budget, id, HalfSeconds);
        }
    }

    private static async Task TryExtend(IBudgetGrain budget, HoldId id, int seconds)
    {
        try
        {
            await budget.Extend(new ExtendRequest(id, seconds));
        }
        catch (Exception)
        {
            // It is tried again in half its time. If it expires all the same it books itself, and is corrected at the end of the call.
        }
    }
}
