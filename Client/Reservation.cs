using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Budgets.Client;

/// <summary>Money set aside. Commit what was really spent, or dispose of it and it is given back.</summary>
/// <remarks>
/// Disposing never throws: it would hide what went wrong before it. A release that fails is logged, and the reservation ends by itself at its expiry.
/// Once a commit has been tried, disposing leaves the reservation alone, whatever came of it: the money is spent, and a commit is still taken after the
/// expiry, but not after a release. Repeat the commit with the key of the <see cref="OutcomeUnknownException"/>.
/// </remarks>
/// <param name="held">The receipt of the hold.</param>
public sealed partial class Reservation(IBudget budget, Receipt held, ILogger? log = null) : IAsyncDisposable
{
    private bool _isLeftAlone;

    public HoldId Id { get; } = new(held.Id);

    public Money Amount => held.Amount;

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset ExpiresAt { get; private set; } = held.ExpiresAt ?? throw new ArgumentException("This is not the receipt of a hold.", nameof(held));

    /// <summary>The budget after it was held, and warnings.</summary>
    public Receipt Receipt => held;

    /// <inheritdoc cref="IBudget.Commit"/>
    public ValueTask<Answer<Receipt>> Commit(Money amount, Purpose? purpose = null, IdempotencyKey? key = null, CancellationToken cancellation = default)
    {
        _isLeftAlone = true;
        return budget.Commit(Id, amount, purpose, key, cancellation);
    }

    /// <inheritdoc cref="IBudget.Release"/>
    public async ValueTask<Answer<Receipt>> Release(IdempotencyKey? key = null, CancellationToken cancellation = default)
    {
        var answer = await budget.Release(Id, key, cancellation);
        _isLeftAlone = true;
        return answer;
    }

    /// <inheritdoc cref="IBudget.Extend"/>
    public async ValueTask<Answer<Receipt>> Extend(TimeSpan by, IdempotencyKey? key = null, CancellationToken cancellation = default)
    {
        var answer = await budget.Extend(Id, by, key, cancellation);
        if (answer.IsAccepted(out var receipt, out _))
        {
            ExpiresAt = receipt.ExpiresAt ?? ExpiresAt;
        }

        return answer;
    }

    /// <summary>Gives back what was neither committed nor released.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isLeftAlone)
        {
            return;
        }

        try
        {
            await Release();
        }
        catch (Exception e)
        {
            LogNotReleased(log ?? NullLogger.Instance, e, Id, ExpiresAt);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reservation {Reservation} could not be released; it ends by itself at {ExpiresAt}.")]
    private static partial void LogNotReleased(ILogger log, Exception error, HoldId reservation, DateTimeOffset expiresAt);
}
