using System.Collections.Immutable;
using Budgets.Journal;

namespace Budgets.Delivery;

/// <summary>Remembers what happened to an agent's letters; never decides.</summary>
public static class DeliveryFold
{
    /// <exception cref="JournalCorruptException">The event contradicts the state.</exception>
    public static DeliveryState Apply(DeliveryState s, DeliveryEvent e)
    {
        s = s with { Seq = s.Seq + 1, Now = e.At };
        return e switch
        {
            LettersMade t => s.Heard(t).Made(t.Letters, t.Dropped),
            LetterTried t => s.Tried(t),
            LetterReplayed r => s.Replayed(r),
            ChannelsSet c => s.Set(c),
            SecretRotated r => s.With(s[r.Layer] with { Secrets = r.Secrets }),
            WebhookDisabled d => s.With(s[d.Layer] with { Disabled = d.Reason }).End(d.Layer, Channel.Webhook, Reasons.WebhookDisabled).Made(d.Letters, d.Dropped),
            _ => throw new JournalCorruptException($"Unknown event {e.GetType().Name}."),
        };
    }

    private static DeliveryState Heard(this DeliveryState s, LettersMade t)
    {
        s = s with { Name = t.Name ?? s.Name, Escalations = t.Escalations ?? s.Escalations };
        if (t.Source is not { } source)
        {
            return s;
        }

        var others = s.Sources.RemoveAll(h => h.Source == source);
        var forgotten = Math.Max(0, others.Length + 1 - DeliveryState.MostSources);
        return s with { Sources = [.. others.Skip(forgotten), new Heard(source, t.UpTo)] };
    }

    private static DeliveryState Made(this DeliveryState s, ImmutableArray<Letter> letters, ImmutableArray<NoRoom> dropped)
    {
        foreach (var letter in letters)
        {
            s = s with { Made = letter.Place };
            s = letter.Status == DeliveryStatus.Pending ? s.Put(letter) : s.Finish(letter);
        }

        return dropped.Aggregate(s, (now, d) => now with
        {
            Lanes = [.. now.Lanes.Select(l => l.Is(d.Channel, d.Layer, d.IsEscalation)
                ? l with { Dropped = l.Dropped + d.Letters, Untold = l.Untold + d.Letters }
                : l)],
        });
    }

    private static DeliveryState Tried(this DeliveryState s, LetterTried t)
    {
        var letter = s.Waiting.FirstOrDefault(l => l.Id == t.Letter) ?? throw new JournalCorruptException($"{t.Letter} was tried, and does not wait.");
        if (letter.Channel == Channel.Webhook)
        {
            var outlet = s[letter.Layer];
            s = s.With(outlet with { FailingSince = t.Carried == Carried.Delivered ? null : outlet.FailingSince ?? t.At });
        }

        letter = letter with { Tries = letter.Tries + 1, LastTriedAt = t.At, NextTryAt = t.NextTryAt, LastStatus = t.Status, LastError = t.Reason };
        return t.NextTryAt is null
            ? s.Take(letter).Finish(letter.Ended(t.Carried == Carried.Delivered ? DeliveryStatus.Delivered : DeliveryStatus.Failed, t.Reason))
            : s.Replace(letter);
    }

    private static DeliveryState Replayed(this DeliveryState s, LetterReplayed r)
    {
        if (s.Waiting.FirstOrDefault(l => l.Id == r.Letter) is { } waiting)
        {
            return s.Replace(waiting with { NextTryAt = r.At });
        }

        var ended = s.Finished.FirstOrDefault(l => l.Id == r.Letter) ?? throw new JournalCorruptException($"{r.Letter} was replayed, and is not remembered.");
        s = s with { Finished = s.Finished.Remove(ended) };
        return s.Put(ended with { Status = DeliveryStatus.Pending, Tries = 0, NextTryAt = r.At, Target = s.TargetOf(ended) });
    }

    private static DeliveryState Set(this DeliveryState s, ChannelsSet c)
    {
        var outlet = s[c.Layer] with { Url = c.Url, Secrets = c.Secrets, Email = c.Email, Events = c.Events };
        if (c.IsWebhookSet || c.Url is null)
        {
            outlet = outlet with { Disabled = null, FailingSince = null };
        }

        s = s.With(outlet);
        s = c.Url is null ? s.End(c.Layer, Channel.Webhook, Reasons.ChannelRemoved) : s;
        s = c.Email is null ? s.End(c.Layer, Channel.Email, Reasons.ChannelRemoved) : s;

        // What waits goes where the layer's letters go now, and to a webhook that was just set at once.
        return s with
        {
            Lanes = [.. s.Lanes.Select(lane => lane.Layer == c.Layer && !lane.IsEscalation
                ? lane with
                {
                    Waiting = [.. lane.Waiting.Select(l => l with
                    {
                        Target = s.TargetOf(l), NextTryAt = c.IsWebhookSet && l.Channel == Channel.Webhook ? c.At : l.NextTryAt,
                    })],
                }
                : lane)],
        };
    }

    /// <summary>Where a letter goes now, as it is shown; where it went, if there is nothing any more.</summary>
    internal static string TargetOf(this DeliveryState s, Letter letter) => letter switch
    {
        { IsEscalation: true } => letter.Target,
        { Channel: Channel.Email } => s[letter.Layer].Email ?? letter.Target,
        _ => s[letter.Layer].Url is { } url ? Shown(url) : letter.Target,
    };

    /// <summary>A URL without what often is a secret in it: its query and the name and password of a user.</summary>
    internal static string Shown(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri)
        ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : "";

    private static DeliveryState With(this DeliveryState s, Outlet outlet) => outlet.Layer == Layer.Above ? s with { Above = outlet } : s with { Own = outlet };

    private static DeliveryState Put(this DeliveryState s, Letter letter) => s.Change(letter, lane => lane with { Waiting = lane.Waiting.Add(letter), Untold = 0 });

    private static DeliveryState Take(this DeliveryState s, Letter letter) => s.Change(letter, lane => lane with { Waiting = lane.Waiting.RemoveAll(l => l.Id == letter.Id) });

    private static DeliveryState Replace(this DeliveryState s, Letter letter) =>
        s.Change(letter, lane => lane with { Waiting = [.. lane.Waiting.Select(l => l.Id == letter.Id ? letter : l)] });

    private static DeliveryState Change(this DeliveryState s, Letter letter, Func<Lane, Lane> change) =>
        s with { Lanes = [.. s.Lanes.Select(lane => lane.Carries(letter) ? change(lane) : lane)] };

    private static DeliveryState Finish(this DeliveryState s, Letter letter) =>
        s with { Finished = [.. s.Finished.Skip(s.Finished.Length + 1 - DeliveryState.MostFinished), letter] };

    private static DeliveryState End(this DeliveryState s, Layer layer, Channel channel, string reason)
    {
        var lane = s.Lanes.First(l => l.Is(channel, layer, isEscalation: false));
        return lane.Waiting.Aggregate(s, (now, letter) => now.Take(letter).Finish(letter.Ended(DeliveryStatus.Failed, reason)));
    }
}
