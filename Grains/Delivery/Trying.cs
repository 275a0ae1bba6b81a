using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>Whose turn it is, and what follows from a try.</summary>
internal static class Trying
{
    /// <summary>Why a webhook is disabled: its receiver said that it wants no more.</summary>
    public const string Gone = "gone";

    /// <summary>Why a webhook is disabled: it has failed for <see cref="Schedule.GivesUpAfter"/>.</summary>
    public const string Failing = "failing";

    /// <summary>The letter whose turn it is in a channel, the one that has waited longest for it; null: none yet.</summary>
    public static Letter? Due(this DeliveryState s, Func<Lane, bool> lanes, DateTimeOffset now) =>
        s.Lanes.Where(lanes).SelectMany(l => l.Heads).Where(l => l.NextTryAt <= now).MinBy(l => (l.NextTryAt, l.Place));

    /// <summary>When somebody's turn comes; null: nothing waits.</summary>
    public static DateTimeOffset? NextTry(this DeliveryState s, Func<Lane, bool> lanes) => s.Lanes.Where(lanes).SelectMany(l => l.Heads).Min(l => l.NextTryAt);

    /// <summary>The very place that a letter goes to; null: there is none any more.</summary>
    public static string? ReceiverOf(this DeliveryState s, Letter letter) => letter switch
    {
        { IsEscalation: true } => letter.Target,
        { Channel: Channel.Email } => s[letter.Layer].Email,
        _ => s[letter.Layer].Url,
    };

    /// <summary>The secrets that sign now, the newest first.</summary>
    public static ImmutableArray<string> SecretsAt(this Outlet outlet, DateTimeOffset now) =>
        [.. outlet.Secrets.Where(s => s.Until is null || now < s.Until).Select(s => s.Secret.Value)];

    /// <param name="tried">As it was when it was sent.</param>
    /// <param name="receiver">Where it was sent.</param>
    public static ImmutableArray<DeliveryEvent> Tried(DeliveryState s, Letter tried, string receiver, Receipt receipt, bool canMail, DateTimeOffset now)
    {
        // Its channel was taken away meanwhile: it has ended.
        if (s.Waiting.FirstOrDefault(l => l.Id == tried.Id) is not { } letter)
        {
            return [];
        }

        var (carried, tries) = (receipt.Carried, letter.Tries + 1);
        if (carried == Carried.Delivered)
        {
            return [new LetterTried(now, letter.Id, carried, receipt.Status, null, null)];
        }

        // What another receiver has answered says nothing of the one there is now.
        if (s.ReceiverOf(letter) != receiver)
        {
            return [new LetterTried(now, letter.Id, Carried.Failed, receipt.Status, receipt.Reason, tries < Schedule.Waits.Length ? now : null)];
        }

        var isGone = carried == Carried.Gone;
        LetterTried failed = new(now, letter.Id, carried, receipt.Status, receipt.Reason, isGone ? null : Schedule.Next(tries, now, receipt.RetryAfter));
        if (letter.Channel == Channel.Email || !(isGone || IsHopeless(s[letter.Layer], tries, now)))
        {
            return [failed];
        }

        failed = failed with { NextTryAt = null };
        return [failed, Taking.Disable(DeliveryFold.Apply(s, failed), letter.Layer, isGone ? Gone : Failing, canMail, now)];
    }

    private static bool IsHopeless(Outlet outlet, int tries, DateTimeOffset now) =>
        outlet.FailingSince is { } since && now - since >= Schedule.GivesUpAfter && tries >= Schedule.LeastTries;
}
