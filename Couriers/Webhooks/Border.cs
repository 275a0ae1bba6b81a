using System.Net;

namespace Budgets.Couriers.Webhooks;

/// <summary>What may be called from inside the house. Asked when a URL is saved and again for every connection: what a name resolves to is its owner's to change.</summary>
/// <param name="allowed">Networks that the operator opens.</param>
internal sealed class Border(IReadOnlyList<IPNetwork> allowed, Lookup lookup)
{
    // Where the world serves HTTPS. Others would make of us a way to try a stranger's ports.
    private const int Https = 443;
    private const int HttpsBeside = 8443;

    // Says nothing of what the name resolved to: whoever asks may be asking just that of a network he is not in.
    private const string NotPublic = "The URL's host is not on the public Internet, and the operator has not allowed its network.";

    private const string NotFound = "The URL's host was not found.";

    /// <summary>Why this may not be saved; null: it may. A name that nobody knows yet is judged as one of the Internet's, and asked for again with every connection.</summary>
    public async Task<string?> FaultOf(WebhookUrl url, CancellationToken cancellation)
    {
        var (_, fault) = await Resolve(url, cancellation);
        return fault == NotFound ? FaultOfUnknown(url) : fault;
    }

    /// <summary>Of a host that no name server has told anything about.</summary>
    public string? FaultOfUnknown(WebhookUrl url) => allowed.Count == 0 ? FaultOnTheInternet(url) : null;

    /// <returns>The addresses that may be connected to, all that the host has; or why it may not be called.</returns>
    public async Task<(IPAddress[] Addresses, string? Fault)> Resolve(WebhookUrl url, CancellationToken cancellation)
    {
        if (url.Address is null && url.IsLocal && allowed.Count == 0)
        {
            return ([], NotPublic);
        }

        var found = url.Address is { } address ? [address] : await lookup.Find(url.Host, cancellation);
        if (found is null)
        {
            return ([], NotFound);
        }

        var addresses = found.Select(Addresses.Plain).Distinct().ToArray();
        return (addresses, FaultOf(url, addresses));
    }

    private string? FaultOf(WebhookUrl url, IPAddress[] addresses)
    {
        // A host with one address that may not be called may not be called: which one gets the connection is not for it to play with.
        if (!addresses.All(a => IsAllowed(a) || MayBeCalledByAnyone(a)))
        {
            return NotPublic;
        }

        // Among themselves, networks that the operator has opened do as they please.
        if (addresses.All(IsAllowed))
        {
            return null;
        }

        return FaultOnTheInternet(url);
    }

    private static string? FaultOnTheInternet(WebhookUrl url)
    {
        if (url.IsLocal)
        {
            return NotPublic;
        }

        if (!url.IsEncrypted)
        {
            return "The URL must begin with https://: what is sent over the Internet in the clear is everybody's to read.";
        }

        return url.Port is Https or HttpsBeside ? null : $"On the public Internet only the ports {Https} and {HttpsBeside} are called.";
    }

    private static bool MayBeCalledByAnyone(IPAddress address) => Addresses.ReachOf(address) == Reach.Public;

    private bool IsAllowed(IPAddress address) =>
        Addresses.ReachOf(address) != Reach.Never
        && allowed.Any(n => n.Contains(address))
        && (Addresses.BehindNat64(address) is not { } behind || IsAllowed(behind) || MayBeCalledByAnyone(behind));
}
