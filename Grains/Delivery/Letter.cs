using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Budgets.Delivery;

/// <summary>One alert on its way to one receiver, with what it says: the same for every try and every replay.</summary>
/// <param name="Id">For ever, and the same when the alert is taken again.</param>
/// <param name="Place">Counts the letters of one grain, from 1.</param>
/// <param name="Number">The alert's; 0: the grain's own.</param>
/// <param name="Target">The webhook's URL without its query, or the e-mail address: where it goes, or where it was sent last.</param>
/// <param name="Body">What is posted, as JSON; null: it is mailed.</param>
/// <param name="Page">What is mailed; null: it is posted.</param>
/// <param name="IsEscalation">Mailed to an address that the alert itself names, whatever the channels say.</param>
public sealed record Letter(
    string Id, long Place, long Number, AlertKinds Kind, Layer Layer, Channel Channel, bool IsEscalation, string Target, DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(RawJson))] string? Body, MailPage? Page)
{
    public DeliveryStatus Status { get; init; }

    /// <summary>Since it was made, or replayed.</summary>
    public int Tries { get; init; }

    public DateTimeOffset? LastTriedAt { get; init; }

    /// <summary>Null: no more.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    public int? LastStatus { get; init; }

    public string? LastError { get; init; }

    public Letter Ended(DeliveryStatus status, string? error) => this with { Status = status, NextTryAt = null, LastError = error };
}

/// <summary>Why a letter ended that no receiver has refused.</summary>
public static class Reasons
{
    public const string NotConfigured = "not_configured";

    public const string ChannelRemoved = "channel_removed";

    public const string WebhookDisabled = "webhook_disabled";
}

/// <summary>Letters that go out one after the other: the webhook or the mail of one layer, or the escalations, which keep their order for each address.</summary>
public sealed record Lane(Channel Channel, Layer Layer, bool IsEscalation = false)
{
    /// <summary>Letters that may wait in one lane.</summary>
    public const int MostWaiting = 200;

    public static readonly ImmutableArray<Lane> All =
    [
        new(Channel.Webhook, Layer.Above), new(Channel.Webhook, Layer.Own), new(Channel.Email, Layer.Above), new(Channel.Email, Layer.Own),
        new(Channel.Email, Layer.Above, IsEscalation: true),
    ];

    /// <summary>In order.</summary>
    public ImmutableArray<Letter> Waiting { get; init; } = [];

    /// <summary>Letters that had no room.</summary>
    public long Dropped { get; init; }

    /// <summary>Those of them that no later letter has told of yet.</summary>
    public int Untold { get; init; }

    /// <summary>Those whose turn it is. An address that does not answer keeps nobody but itself from being told.</summary>
    [JsonIgnore]
    public IEnumerable<Letter> Heads => IsEscalation ? Waiting.DistinctBy(l => l.Target, StringComparer.OrdinalIgnoreCase) : Waiting.Take(1);

    public bool Carries(Letter letter) => Is(letter.Channel, letter.Layer, letter.IsEscalation);

    public bool Is(Channel channel, Layer layer, bool isEscalation) => (Channel, Layer, IsEscalation) == (channel, layer, isEscalation);
}
