using System.Security.Cryptography;
using Orleans.Runtime;

namespace Budgets.Client;

/// <summary>Asks until there is an answer or the deadline has passed: the one layer that tries again, always with the same request and so the same key.</summary>
internal sealed class Insistence(BudgetsClientOptions options, TimeProvider time)
{
    /// <summary>Tries of one request at most, however long the deadline is.</summary>
    public const int MostTries = 50;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <param name="key">In the request; null: asking changes nothing.</param>
    /// <exception cref="OutcomeUnknownException">One of the tries may have been done; with the key to find out.</exception>
    /// <exception cref="StoreUnavailableException">No try can have been done.</exception>
    /// <exception cref="OverloadedException">The same; too many wait for this budget.</exception>
    public async ValueTask<T> Ask<T>(Func<ValueTask<T>> ask, IdempotencyKey? key, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        var left = options.Deadline;
        var mayBeDone = false;
        for (var tries = 1; ; tries++)
        {
            Exception failure;
            try
            {
                return await Once(ask, left, cancellation);
            }
            catch (Exception e) when (e is StoreUnavailableException or OverloadedException)
            {
                failure = e;
            }
            catch (Exception e) when (e is OutcomeUnknownException or TimeoutException or OrleansException)
            {
                failure = e;
                mayBeDone = key is not null;
            }

            left = tries < MostTries ? await Rested(Pause(tries), begun, cancellation) : TimeSpan.Zero;
            if (left <= TimeSpan.Zero)
            {
                throw GivenUp(failure, mayBeDone ? key : null, tries);
            }
        }
    }

    /// <summary>Pauses, and says what is left of the deadline then: a pause can last longer than it was meant to, and is left out when it would outlast the deadline.</summary>
    private async ValueTask<TimeSpan> Rested(TimeSpan pause, long begun, CancellationToken cancellation)
    {
        if (time.GetElapsedTime(begun) + pause >= options.Deadline)
        {
            return TimeSpan.Zero;
        }

        await Task.Delay(pause, time, cancellation);
        return options.Deadline - time.GetElapsedTime(begun);
    }

    private async ValueTask<T> Once<T>(Func<ValueTask<T>> ask, TimeSpan left, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var asked = ask();
        return asked.IsCompletedSuccessfully
            ? asked.Result
            : await asked.AsTask().WaitAsync(left < options.AnswerWithin ? left : options.AnswerWithin, time, cancellation);
    }

    /// <summary>Twice as long each time, and half of it by lot, so that those who failed together do not come back together.</summary>
    private static TimeSpan Pause(int tries)
    {
        var longest = Math.Min(LongestPause.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(tries - 1, 16)));
        return TimeSpan.FromMilliseconds((longest / 2) + RandomNumberGenerator.GetInt32((int)(longest / 2) + 1));
    }

    private Exception GivenUp(Exception failure, IdempotencyKey? mayBeDone, int tries)
    {
        var tried = $"There was no answer within {options.Deadline.TotalSeconds:0.#} s and {tries} tries (the last: {failure.GetType().Name}).";
        return mayBeDone is { } key
            ? new OutcomeUnknownException($"{tried} It may have been done or not: ask again with the key '{key}', it has one effect.", key, failure)
            : failure is OverloadedException
                ? new OverloadedException($"{tried} Too many requests wait for this budget. Nothing was done; ask again later.", failure)
                : new StoreUnavailableException($"{tried} Nothing was done; ask again later, and see whether the silos and their store are up.", failure);
    }
}
