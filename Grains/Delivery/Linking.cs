namespace Budgets.Delivery;

/// <summary>Where people reach the API from outside, for links in mails.</summary>
/// <param name="Url">Such as https://budgets.example.com; null: mails have no links, and say how to decide without.</param>
public sealed record PublicAddress(Uri? Url);

/// <summary>"A link to decide with is in the mails of those who are named from above the agent that asks", and in no other: the agent may name addresses too.</summary>
internal static class Linking
{
    /// <param name="receiver">Where the mail goes now: the agent's own layer may have changed it since the letter was made.</param>
    public static async ValueTask<MailPage> Linked(DeliveryState s, MailPage page, string receiver, PublicAddress? address, Func<Task<byte[]>> key) =>
        address?.Url is { } url && page.Asks is { } asks && MayDecide(s, asks, receiver)
            ? page with { Link = new Uri(url, $"approve/{ApprovalToken.Make(await key(), asks.Id, receiver, asks.Until)}").AbsoluteUri }
            : page;

    /// <summary>All that an agent above is told by, and of the agent's own people those whom somebody above has named.</summary>
    private static bool MayDecide(DeliveryState s, MailQuestion asks, string receiver) =>
        asks.Agent != s.Agent || Same(receiver, s.Above.Email) || (!asks.Deciders.IsDefault && asks.Deciders.Any(d => Same(receiver, d)));

    private static bool Same(string a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
