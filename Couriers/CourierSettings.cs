using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using MimeKit;

namespace Budgets.Couriers;

/// <summary>What leaves the house, and where to: sections "Smtp" and "Budgets:Webhooks".</summary>
/// <param name="Smtp">Null: no mail is sent.</param>
/// <param name="AllowedNetworks">Networks that are not the public Internet and may be called all the same.</param>
public sealed record CourierSettings(SmtpSettings? Smtp, IReadOnlyList<IPNetwork> AllowedNetworks)
{
    private const string Allowed = "Budgets:Webhooks:AllowedNetworks";

    /// <param name="configuration">Of the whole host.</param>
    /// <param name="faults">All that is missing or wrong is added here, each with the setting that mends it.</param>
    public static CourierSettings Read(IConfiguration configuration, ICollection<string> faults) =>
        new(SmtpSettings.Read(configuration.GetSection(SmtpSettings.Section), faults), [.. Networks(configuration.GetSection(Allowed), faults)]);

    // A list, or one text with commas, as an environment variable is easier to write.
    private static IEnumerable<IPNetwork> Networks(IConfigurationSection section, ICollection<string> faults)
    {
        var texts = section.GetChildren().Select(c => c.Value).Prepend(section.Value).SelectMany(Parts);
        foreach (var text in texts)
        {
            if (Network(text) is { } network)
            {
                yield return network;
            }
            else
            {
                faults.Add($"{Allowed} '{text}' is not a network; it looks like 10.0.0.0/8 or fd00::/8, with nothing behind the prefix's bits. One address is 10.1.2.3/32.");
            }
        }
    }

    // Stricter than the library, which takes "10/8" for 0.0.0.0/8.
    private static IPNetwork? Network(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && IPNetwork.TryParse(text, out var network) && IPAddress.TryParse(text[..slash], out var address)
        && network.BaseAddress.Equals(address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text[..slash])
            ? network
            : null;

    private static string[] Parts(string? text) => text?.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>The SMTP server that takes our mail.</summary>
/// <param name="Port">465: TLS from the first byte. Any other: STARTTLS, where the server offers it or <paramref name="User"/> is given.</param>
/// <param name="User">Null: it asks nobody who he is.</param>
/// <param name="Password">A secret.</param>
public sealed record SmtpSettings(string Host, int Port, string? User, string? Password, MailboxAddress From)
{
    public const string Section = "Smtp";

    /// <summary>Where TLS begins without being asked for.</summary>
    public const int TlsPort = 465;

    // For submission, RFC 6409.
    private const int DefaultPort = 587;

    private static readonly string[] s_names = ["Host", "Port", "User", "Password", "From"];

    /// <returns>Null: no mail is wanted, or there were faults.</returns>
    public static SmtpSettings? Read(IConfigurationSection section, ICollection<string> faults)
    {
        var values = s_names.Select(n => section[n] is { Length: > 0 } value ? value : null).ToArray();
        if (values is [null, null, null, null, null])
        {
            return null;
        }

        var before = faults.Count;
        var (host, from) = (values[0], Address(values[4]));
        if (host is null || Uri.CheckHostName(host) is UriHostNameType.Unknown)
        {
            faults.Add($"Smtp:Host {Said(host)} the name or the address of an SMTP server. To send no mail, leave out all of Smtp.");
        }

        var port = DefaultPort;
        if (values[1] is { } text && !(int.TryParse(text, out port) && port is > 0 and <= ushort.MaxValue))
        {
            faults.Add($"Smtp:Port '{text}' is not a port from 1 to {ushort.MaxValue}.");
        }

        if (values[2] is null != values[3] is null)
        {
            faults.Add("Smtp:User and Smtp:Password must both be set, or neither.");
        }

        if (from is null)
        {
            faults.Add($"Smtp:From {Said(values[4])} the address that mail comes from, such as budgets@example.com or Budgets <budgets@example.com>.");
        }

        return faults.Count == before ? new SmtpSettings(host!, port, values[2], values[3], from!) : null;

        static string Said(string? value) => value is null ? "must be set to" : $"'{value}' is not";
    }

    /// <summary>One mailbox with a domain, and nothing that would end a line; null: the text is none.</summary>
    public static MailboxAddress? Address(string? text) =>
        text is not null && !text.Any(char.IsControl) && MailboxAddress.TryParse(text, out var address) && address.Domain is { Length: > 0 } && address.LocalPart is { Length: > 0 }
            ? address
            : null;

    // Settings are logged now and then; this one has a secret in it.
    public override string ToString() => $"SMTP server {Host}:{Port}";
}
