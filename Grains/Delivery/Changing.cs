using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>Where alerts go, and what is sent once more.</summary>
internal static class Changing
{
    public static (ChannelsOutcome Outcome, ImmutableArray<DeliveryEvent> Happened) Set(DeliveryState s, ChannelsRequest request, string newSecret, DateTimeOffset now)
    {
        var was = s[request.Layer];
        var (url, email, events) = (request.WebhookUrl.Or(was.Url), request.EmailHuman.Or(was.Email), request.Events.Or(was.Events));
        var isWebhookSet = request.WebhookUrl is { IsSet: true, Value: not null };
        if (!isWebhookSet && (url, email, events) == (was.Url, was.Email, was.Events))
        {
            return (new ChannelsOutcome(s.Shown(request.Layer), null), []);
        }

        var isNew = url is not null && was.Secrets.IsEmpty;
        ImmutableArray<Signing> secrets = url is null ? [] : isNew ? [new Signing(new Secret(newSecret))] : was.Secrets;
        var set = new ChannelsSet(now, request.By, request.Layer, url, secrets, email, events, isWebhookSet);
        return (new ChannelsOutcome(DeliveryFold.Apply(s, set).Shown(request.Layer), isNew ? newSecret : null), [set]);
    }

    public static (ChannelsOutcome Outcome, ImmutableArray<DeliveryEvent> Happened) Rotate(
        DeliveryState s, Layer layer, string newSecret, TimeSpan overlap, string by, DateTimeOffset now)
    {
        if (s[layer].Secrets is not [var newest, ..])
        {
            return (new ChannelsOutcome(s.Shown(layer), null), []);
        }

        ImmutableArray<Signing> secrets = [new Signing(new Secret(newSecret)), .. overlap > TimeSpan.Zero ? [newest with { Until = now + overlap }] : Array.Empty<Signing>()];
        return (new ChannelsOutcome(s.Shown(layer), newSecret), [new SecretRotated(now, by, layer, secrets)]);
    }

    /// <summary>A letter that waits is sent at once, if it is its turn; one that has ended goes to the end of its lane.</summary>
    /// <returns>Nothing, where there is nowhere to send it to.</returns>
    /// <exception cref="OverloadedException">There is no room for it.</exception>
    public static LetterReplayed? Replay(DeliveryState s, Letter letter, bool canMail, DateTimeOffset now)
    {
        if (letter.Status != DeliveryStatus.Pending && s.Lanes.First(l => l.Carries(letter)).Waiting.Length >= Lane.MostWaiting)
        {
            throw new OverloadedException($"{Lane.MostWaiting} alerts wait for this receiver already.");
        }

        var isSent = letter.Channel == Channel.Email ? canMail && s.ReceiverOf(letter) is not null : s[letter.Layer].CanPost;
        return isSent ? new LetterReplayed(now, letter.Id) : null;
    }
}
