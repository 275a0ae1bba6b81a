using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>Carries letters out of the house. Called only by delivery grains, never while a caller of a budget waits.</summary>
/// <remarks>What goes wrong on the way is an answer, not an exception; only a cancellation throws.</remarks>
public interface ICourier
{
    /// <summary>An SMTP server is configured.</summary>
    bool CanMail { get; }

    /// <summary>Why nothing may be posted to this URL, as a sentence for whoever wants to save it; null: it may. Resolves its host.</summary>
    ValueTask<string?> FaultOf(string url, CancellationToken cancellation);

    Task<Receipt> Post(WebhookLetter letter, CancellationToken cancellation);

    Task<Receipt> Mail(MailLetter letter, CancellationToken cancellation);
}

/// <summary>One POST, signed as Standard Webhooks 1.0.</summary>
/// <param name="Id">webhook-id: the same for every try.</param>
/// <param name="SentAt">webhook-timestamp: of this try.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="Secrets">"whsec_" and base64; a signature with each, the newest first.</param>
public sealed record WebhookLetter(string Url, string Id, DateTimeOffset SentAt, ReadOnlyMemory<byte> Body, ImmutableArray<string> Secrets);

/// <param name="Id">The Message-ID's left part: the same for every try.</param>
public sealed record MailLetter(string Id, string To, string Subject, string Text, string Html, DateTimeOffset SentAt);

public enum Carried
{
    /// <summary>2xx, or accepted by the SMTP server.</summary>
    Delivered,

    /// <summary>Not this time; worth another try.</summary>
    Failed,

    /// <summary>410: whoever it was for wants no more.</summary>
    Gone,
}

/// <param name="Status">The receiver's HTTP status or SMTP code; null: none was received.</param>
/// <param name="Reason">In our words; nothing of what the receiver wrote. Null when delivered.</param>
/// <param name="RetryAfter">How long the receiver asks to be left alone.</param>
public readonly record struct Receipt(Carried Carried, int? Status = null, string? Reason = null, TimeSpan? RetryAfter = null);
