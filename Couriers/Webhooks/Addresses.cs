using System.Net;
using System.Net.Sockets;

namespace Budgets.Couriers.Webhooks;

/// <summary>How far an address reaches.</summary>
internal enum Reach
{
    /// <summary>Any host on the Internet.</summary>
    Public,

    /// <summary>This machine, a network of somebody's own, or nothing: only where the operator allows it.</summary>
    Special,

    /// <summary>No receiver is there, or the keys of the machine are: whatever the operator allows.</summary>
    Never,
}

/// <summary>Tells public addresses from all others.</summary>
/// <remarks>
/// Source: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890, RFC 8190) and its multicast registries, and what clouds document of their metadata. Also blocks
/// that these registries call globally reachable but that no receiver has: relays, anycast of the network itself, AS 112.
/// </remarks>
internal static class Addresses
{
    private static readonly IPNetwork[] s_never = Blocks(
        "0.0.0.0/32", // This host, of which Linux says: itself.
        "224.0.0.0/4", // Multicast.
        "255.255.255.255/32", // Broadcast.
        "169.254.169.254/32", // Metadata: AWS, Azure, Google and most others.
        "169.254.169.253/32", // AWS: names.
        "169.254.169.123/32", // AWS: time.
        "169.254.170.2/32", // AWS: keys of a container.
        "169.254.170.23/32", // AWS: keys of a pod.
        "169.254.42.42/32", // Scaleway.
        "168.63.129.16/32", // Azure: the host of the virtual machine. A public address, by its looks.
        "100.100.100.200/32", // Alibaba.
        "192.0.0.192/32", // Oracle.
        "::/96", // Nothing, this machine, and IPv4 in the form of old (::1 comes before this: see Special).
        "2001::/32", // Teredo.
        "2002::/16", // 6to4.
        "ff00::/8", // Multicast.
        "fd00:ec2::/32", // AWS.
        "fd20:ce::254/128", // Google.
        "fd00:42::42/128", // Scaleway.
        "fd00:c1::a9fe:a9fe/128"); // Oracle.

    private static readonly IPNetwork[] s_special = Blocks(
        "0.0.0.0/8", // "This network."
        "10.0.0.0/8", // Private.
        "100.64.0.0/10", // Behind a carrier's NAT.
        "127.0.0.0/8", // This machine.
        "169.254.0.0/16", // This wire.
        "172.16.0.0/12", // Private.
        "192.0.0.0/24", // Protocols.
        "192.0.2.0/24", // Documentation.
        "192.31.196.0/24", // AS 112.
        "192.52.193.0/24", // AMT.
        "192.88.99.0/24", // Relays to 6to4.
        "192.168.0.0/16", // Private.
        "192.175.48.0/24", // AS 112.
        "198.18.0.0/15", // Benchmarks.
        "198.51.100.0/24", // Documentation.
        "203.0.113.0/24", // Documentation.
        "240.0.0.0/4", // Reserved.
        "2001::/23", // Protocols: benchmarks, ORCHID, AMT, AS 112 and more.
        "2001:db8::/32", // Documentation.
        "2620:4f:8000::/48", // AS 112.
        "3ffe::/16", // 6bone, given back.
        "3fff::/20"); // Documentation.

    private static readonly IPNetwork s_loopback = IPNetwork.Parse("::1/128");

    // All that is given to hosts on the Internet is in here: outside it are loopback, link-local, private, NAT64, discard, segment routing and what is not given out yet.
    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>An IPv4 address in IPv6's clothes, as sockets give it, without them.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <param name="address">Plain.</param>
    public static Reach ReachOf(IPAddress address)
    {
        if (s_loopback.Contains(address))
        {
            return Reach.Special;
        }

        if (In(s_never, address) || IsIsatap(address) || address.ScopeIdOrZero() != 0)
        {
            return Reach.Never;
        }

        return In(s_special, address) || (address.AddressFamily == AddressFamily.InterNetworkV6 && !s_global.Contains(address)) ? Reach.Special : Reach.Public;
    }

    /// <summary>Where a translator between IPv6 and IPv4 would send what is meant for this address; null: nowhere.</summary>
    public static IPAddress? BehindNat64(IPAddress address) => s_nat64.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12)) : null;

    private static bool In(IPNetwork[] blocks, IPAddress address)
    {
        foreach (var block in blocks)
        {
            if (block.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 5214: any prefix, then 0000:5efe or 0200:5efe, then an IPv4 address.
    private static bool IsIsatap(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.GetAddressBytes() is [_, _, _, _, _, _, _, _, 0 or 2, 0, 0x5e, 0xfe, ..];

    private static long ScopeIdOrZero(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;

    private static IPNetwork[] Blocks(params string[] blocks) => [.. blocks.Select(b => IPNetwork.Parse(b))];
}
