using Microsoft.Extensions.Logging;

namespace Budgets.Client;

/// <summary>A call to a model that is being made: the most that it can cost is held until it is ended, by exactly one of <see cref="Settle"/>, <see cref="SettleAll"/> and <see cref="Release"/>.</summary>
/// <remarks>
/// Ends are insisted on for an hour, caller or not; the first end counts, and the others answer as it did. They never throw: what could not be booked is
/// logged. A call that nobody ended, since its process was killed, is booked by its budget when the hold expires: all that it can have cost, until somebody tells the
/// truth. The REST API cannot end such a hold: a spend key could otherwise take back what is being spent.
/// </remarks>
public sealed partial class ModelCall
{
    internal const int TtlSeconds = HoldRequest.DefaultTtlSeconds;

    /// <summary>A call that nobody ends is held for no longer than this many times half of its time: an hour.</summary>
    private const int MostExtensions = 12;

    /// <summary>Nobody waits longer than this for a cost to be booked; it is booked all the same.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly IBudgetGrain _budget;
    private readonly Insistence _insistence;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _once = new();
    private Task<Receipt?>? _end;

    internal ModelCall(IBudgetGrain budget, HoldId id, Receipt held, CallBound bound, long? outputTokens, Insistence insistence, TimeProvider clock, ILogger log)
    {
        (_budget, Id, Receipt, Bound, OutputTokens, _insistence, _clock, _log) = (budget, id, held, bound, outputTokens, insistence, clock, log);
        _ = Extend();
    }

    public HoldId Id { get; }

    /// <summary>The most that it can cost.</summary>
    public Money Amount => Receipt.Amount;

    /// <summary>The budget after it was held, and warnings.</summary>
    public Receipt Receipt { get; }

    /// <summary>The usage that it would cost so much with.</summary>
    public CallBound Bound { get; }

    /// <summary>What the call must be told to end its output at, so that it stays within what is held; null: it does by itself.</summary>
    public long? OutputTokens { get; }

    /// <summary>Books what it did use, priced by the catalogue; usage that has no price, or cannot be, costs all that was held.</summary>
    /// <returns>Null: it is not booked yet, and is being insisted on.</returns>
    public ValueTask<Receipt?> Settle(TokenUsage usage) => End(() => Book(usage));

    /// <summary>Nobody knows what it used: as much as it can have been.</summary>
    /// <inheritdoc cref="Settle"/>
    public ValueTask<Receipt?> SettleAll() => End(() => Book(null));

    /// <summary>The provider made nothing.</summary>
    /// <inheritdoc cref="Settle"/>
    public ValueTask<Receipt?> Release() => End(async () => (await Insist(() => _budget.Release(new ReleaseRequest(Id))))?.Receipt);

    private async ValueTask<Receipt?> End(Func<Task<Receipt?>> book)
    {
        Task<Receipt?> end;
        lock (_once)
        {
            end = _end ??= book();
        }

        _ended.TrySetResult();
        try
        {
            return await end.WaitAsync(s_patience, _clock);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<Receipt?> Book(TokenUsage? usage)
    {
        var outcome = usage is null ? null : await Insist(() => _budget.Settle(new SettleRequest(Id, Money.Zero, new Purpose(Usage: usage), Price: new PriceTag())));
        if (usage is null || outcome is { Outcome: Outcome.PriceUnknown or Outcome.OutOfRange })
        {
            // What has no price was not free.
            outcome = await Insist(() => _budget.Settle(new SettleRequest(Id, Amount, Purpose.None)));
        }

        if (outcome is { Receipt: null })
        {
            LogRefused(_log, Id, outcome.Outcome);
        }

        return outcome?.Receipt;
    }

    private Task<SpendOutcome?> Insist(Func<ValueTask<SpendOutcome>> ask) => Ending.Insist(Id, ask, _insistence, _clock, _log);

    private async Task Extend()
    {
        const int half = TtlSeconds / 2;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(half), _clock);
        for (var i = 0; i < MostExtensions; i++)
        {
            var tick = timer.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(tick, _ended.Task) != tick)
            {
                return;
            }

            try
            {
                await _insistence.Ask(() => _budget.Extend(new ExtendRequest(Id, half)), key: null, CancellationToken.None);
            }
            catch (Exception)
            {
                // It is tried again in half its time. If it expires all the same it books itself, and is corrected at the end of the call.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The hold {Hold} of a call could not be ended: {Outcome}.")]
    private static partial void LogRefused(ILogger log, HoldId hold, Outcome outcome);
}
