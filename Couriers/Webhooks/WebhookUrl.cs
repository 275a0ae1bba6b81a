using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Budgets.Couriers.Webhooks;

/// <summary>A URL in the one form that every reader of URLs understands alike: what two of them see differently, the one that checks and the one that connects, is a way past both.</summary>
/// <param name="Uri">As the HTTP client reads it: the same host and port.</param>
/// <param name="Host">In lower case; an IPv6 address without its brackets.</param>
/// <param name="Address">Null: the host is a name.</param>
internal sealed partial record WebhookUrl(Uri Uri, string Host, IPAddress? Address)
{
    public const int LongestLength = 2_048;

    private const int LongestName = 253;
    private const int LongestLabel = 63;

    // Names that mean this machine or a network of its own. The public DNS has none of them, so only an allowed network can be meant.
    private static readonly string[] s_localDomains =
    [
        "localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "localnet", "arpa", "onion", "test", "example", "invalid", "alt",
    ];

    public int Port => Uri.Port;

    public bool IsEncrypted => Uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>A name that only a network of one's own resolves.</summary>
    public bool IsLocal => Address is null && (!Host.Contains('.', StringComparison.Ordinal) || s_localDomains.Contains(Host[(Host.LastIndexOf('.') + 1)..]));

    /// <param name="fault">A sentence for whoever wrote the URL; null: it is in order as far as one can tell by reading it.</param>
    public static WebhookUrl? Read(string? text, out string? fault)
    {
        var host = "";
        IPAddress? address = null;
        Uri? uri = null;
        fault = FaultOf(text) ?? FaultOfParts(text!, out host, out address, out uri);
        return fault is null ? new WebhookUrl(uri!, host, address) : null;
    }

    private static string? FaultOf(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > LongestLength)
        {
            return $"A URL has 1 to {LongestLength:N0} characters.";
        }

        if (text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return "A URL is visible ASCII only; a name with other letters is written as it stands in the DNS, 'xn--…'.";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return "A URL to post to has no fragment ('#…').";
        }

        return null;
    }

    private static string? FaultOfParts(string text, out string host, out IPAddress? address, out Uri? uri)
    {
        (host, address, uri) = ("", null, null);
        if (Form().Match(text) is not { Success: true } parts)
        {
            return Scheme().IsMatch(text)
                ? "The URL must look like https://host/path: a host name or address, perhaps a port, no user name or password, no '\\', and every '%' followed by two hex digits."
                : "The URL must begin with https://.";
        }

        host = parts.Groups["host"].Value.ToLowerInvariant();
        if (host[0] == '[')
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return "What stands in '[]' is no IPv6 address.";
            }
        }
        else if (FaultOfName(host, out address) is { } fault)
        {
            return fault;
        }

        // The second reader.
        return Uri.TryCreate(text, UriKind.Absolute, out uri) && IsSameHost(uri, host, address) && IsSamePort(uri, parts.Groups["port"].Value)
            ? null
            : "The URL cannot be read.";
    }

    private static string? FaultOfName(string host, out IPAddress? address)
    {
        address = null;
        var labels = host.Split('.');

        // What ends in a number is an address to some readers, and in decimal, octal or hex.
        if (Number().IsMatch(labels[^1]))
        {
            return Quad().IsMatch(host) && IPAddress.TryParse(host, out address) ? null : "An IPv4 address is written as four decimal numbers, such as 203.0.113.7.";
        }

        return host.Length > LongestName || labels.Any(l => l.Length is 0 or > LongestLabel || l[0] == '-' || l[^1] == '-')
            ? "The URL's host is no name: labels of letters, digits and '-', joined by single dots, without one at the end."
            : null;
    }

    private static bool IsSameHost(Uri uri, string host, IPAddress? address) => uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
        && (address is null ? uri.HostNameType == UriHostNameType.Dns && uri.IdnHost == host : IPAddress.TryParse(uri.IdnHost, out var read) && read.Equals(address));

    private static bool IsSamePort(Uri uri, string port) => port.Length == 0 ? uri.IsDefaultPort : uri.Port.ToString(null as IFormatProvider) == port;

    [GeneratedRegex("""^(?<scheme>https?)://(?<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]+)(:(?<port>[1-9][0-9]{0,4}))?(?<rest>[/?]([^%\\"<>^`{|}]|%[0-9a-f]{2})*)?\z""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Form();

    [GeneratedRegex(@"^https?://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^([0-9]+|0x[0-9a-f]*)\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?!\z)|\z)){4}\z")]
    private static partial Regex Quad();
}
