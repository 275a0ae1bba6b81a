using System.Collections.Immutable;

namespace Budgets;

/// <summary>Sees to it that one agent's alerts arrive; the grain's key is the <see cref="AgentId"/>.</summary>
/// <remarks>At least once, each with one id for ever, in order for each channel. Throws what <see cref="IBudgetGrain"/> throws.</remarks>
[Alias("Budgets.IDeliveryGrain")]
public interface IDeliveryGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns. Alerts with a number at or below the highest taken from that source are not taken again.</summary>
    /// <param name="source">The budget that they come from: the agent's own, or a child's.</param>
    /// <param name="alerts">In order.</param>
    [Alias("Take"), AnyGateway]
    Task Take(AgentId source, ImmutableArray<Alert> alerts);

    /// <summary>Changes where one layer's alerts go.</summary>
    /// <param name="newSecret">The signing secret for a webhook that has none yet: made at the edge, used only then.</param>
    [Alias("SetChannels"), AnyGateway]
    Task<ChannelsOutcome> SetChannels(ChannelsRequest request, string newSecret);

    /// <summary>Two signatures from now on until <paramref name="overlap"/> has passed, then only the new one's.</summary>
    [Alias("RotateSecret"), AnyGateway]
    Task<ChannelsOutcome> RotateSecret(Layer layer, string newSecret, TimeSpan overlap, string by);

    [Alias("GetChannels"), AnyGateway]
    Task<ImmutableArray<Channels>> GetChannels();

    /// <summary>Sends a test alert to every channel of the layer.</summary>
    /// <param name="alert">Its number is ignored.</param>
    [Alias("Test"), AnyGateway]
    Task<ImmutableArray<DeliveryView>> Test(Layer layer, Alert alert);

    /// <summary>Newest first.</summary>
    /// <param name="before">The cursor of the page before; null: from the newest.</param>
    /// <param name="limit">100 at most.</param>
    [Alias("GetDeliveries"), AnyGateway]
    Task<DeliveryPage> GetDeliveries(DeliveryStatus? status, Layer? layer, long? before, int limit);

    /// <summary>Sends it again, with the same id and body; one that waits is tried at once. Null: there is no such delivery, or it is too old to be remembered.</summary>
    /// <remarks>Where there is nowhere to send it to any more, it is answered as it is.</remarks>
    [Alias("Replay"), AnyGateway]
    Task<DeliveryView?> Replay(string id, Layer? layer);
}

/// <summary>Where the alerts of one layer go. A field left out keeps its value.</summary>
/// <param name="WebhookUrl">Null removes it, with its secret; setting it, also to the same URL, enables a disabled webhook again.</param>
/// <param name="Events">Null: the <see cref="Alert.Usual"/> ones.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ChannelsRequest")]
public sealed record ChannelsRequest(
    Layer Layer, string By, Change<string?> WebhookUrl = default, Change<string?> EmailHuman = default, Change<AlertKinds?> Events = default);

/// <summary>Where the alerts of one layer go, without the secrets.</summary>
/// <param name="WebhookDisabled">Why nothing is posted any more, "gone" (it answered so) or "failing" (for five days); null: it is.</param>
/// <param name="FailingSince">The first failure since the webhook last worked, or was set; null: it works.</param>
/// <param name="Dropped">Alerts that had no room in the queue and were never sent.</param>
/// <param name="CanMail">The silos have a mail server; else every mail fails at once.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Channels")]
public sealed record Channels(
    Layer Layer, string? WebhookUrl, string? EmailHuman, AlertKinds? Events, string? WebhookDisabled, DateTimeOffset? FailingSince, long Dropped, int Waiting,
    bool CanMail = false)
{
    public AlertKinds Wanted => Events ?? Alert.Usual;
}

/// <param name="Secret">A secret that was made by this very call: shown once. Null: none was.</param>
/// <param name="Fault">Why nothing may be posted to the URL, and nothing was changed; null: it was.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ChannelsOutcome")]
public sealed record ChannelsOutcome(Channels Channels, string? Secret, string? Fault = null)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{nameof(ChannelsOutcome)} {{ {nameof(Channels)} = {Channels} }}";
}

public enum DeliveryStatus
{
    /// <summary>Waits for its first or next try.</summary>
    Pending = 0,

    Delivered,

    /// <summary>Every try failed; or there was none: "not_configured" (no mail server), "channel_removed", "webhook_disabled".</summary>
    Failed,
}

public enum Channel
{
    Webhook = 0,
    Email,
}

/// <summary>One alert on its way to one receiver.</summary>
/// <param name="Id">The webhook-id: the same for every try and every replay.</param>
/// <param name="Target">The webhook's URL without its query, or the e-mail address.</param>
/// <param name="LastStatus">What the receiver answered last; null: nothing.</param>
/// <param name="LastError">Why the last try failed, in our words, or why there was none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.DeliveryView")]
public sealed record DeliveryView(
    string Id, long Number, AlertKinds Kind, Layer Layer, Channel Channel, string Target, DeliveryStatus Status, int Tries,
    DateTimeOffset CreatedAt, DateTimeOffset? LastTriedAt, DateTimeOffset? NextTryAt, int? LastStatus, string? LastError);

/// <param name="Next">The cursor of the next page; null: there is none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.DeliveryPage")]
public sealed record DeliveryPage(ImmutableArray<DeliveryView> Deliveries, long? Next);
