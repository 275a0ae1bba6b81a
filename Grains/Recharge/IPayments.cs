namespace Budgets.Recharge;

/// <summary>Who takes the money. Called only by recharge grains, and never while a caller of a budget waits, but for <see cref="FaultOf"/>.</summary>
/// <remarks>What goes wrong on the way is an answer, not an exception; only a cancellation throws.</remarks>
public interface IPayments
{
    /// <summary>A payment is asked for again by this name only: "stripe" or "simulated".</summary>
    string Name { get; }

    /// <summary>Makes a payment that moves no money until it is confirmed. One that was made and then forgotten never will.</summary>
    /// <param name="tries">How often it was tried before without an answer: the same number again makes no other payment, as far as the provider remembers.</param>
    Task<PaymentAnswer> Create(RechargeOrder order, int tries, CancellationToken cancellation);

    /// <summary>Takes the money. One payment can succeed once only, however often it is confirmed.</summary>
    Task<PaymentAnswer> Confirm(string payment, RechargeOrder order, CancellationToken cancellation);

    Task<PaymentAnswer> Retrieve(string payment, CancellationToken cancellation);

    /// <summary>From a <see cref="PaymentStanding.Cancelled"/> on it can not be confirmed any more. One that has succeeded is answered as that.</summary>
    Task<PaymentAnswer> Cancel(string payment, CancellationToken cancellation);

    /// <summary>Why this could not be charged without its owner there, as a sentence for whoever wants to save it; null: it could.</summary>
    ValueTask<string?> FaultOf(string? paymentMethod, CancellationToken cancellation);

    /// <summary>Which payment something is about that was posted to us in the provider's name.</summary>
    PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now);
}

/// <summary>How a payment is, as its provider says.</summary>
public enum PaymentStanding
{
    /// <summary>No answer, or one that says nothing; another try may find out.</summary>
    Unanswered = 0,

    /// <summary>The provider will not do this, however often it is asked.</summary>
    Refused,

    /// <summary>It has not been confirmed.</summary>
    Unconfirmed,

    Processing,

    Succeeded,

    Declined,

    /// <summary>A person would have to confirm it.</summary>
    ActionRequired,

    Cancelled,
}

/// <param name="Payment">The provider's id; null: none was told.</param>
/// <param name="Taken">What was really taken; zero unless it has succeeded.</param>
/// <param name="Reason">In our words or one of the provider's codes; nothing else of what it wrote.</param>
/// <param name="RetryAfter">How long the provider asks to be left alone.</param>
public sealed record PaymentAnswer(PaymentStanding Standing, string? Payment = null, Money Taken = default, string? Reason = null, TimeSpan? RetryAfter = null);

/// <summary>What was posted in the provider's name.</summary>
/// <param name="Agent">Whose payment it is about; null: nobody's here.</param>
/// <param name="Payment">The provider's id; null with <paramref name="Agent"/>.</param>
public readonly record struct PaymentHint(PaymentNews News, AgentId? Agent = null, string? Payment = null);
