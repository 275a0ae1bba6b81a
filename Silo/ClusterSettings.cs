using System.Net;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Budgets.Silo;

/// <summary>What a silo, and a client of silos, is told of the cluster: section "Budgets" and the connection string "Storage".</summary>
/// <param name="ConnectionString">Of the storage account; a secret. Null: <paramref name="StorageUri"/> is used, with the identity that the machine has.</param>
/// <param name="StorageUri">Of the account's table service.</param>
/// <param name="ClusterId">Names this cluster among those that share the account.</param>
/// <param name="ServiceId">Names what outlives clusters: reminders and grain state.</param>
/// <param name="HealthPort">Where a silo tells how it is (<see cref="SiloHealth"/>).</param>
/// <param name="AdvertisedAddress">Where other silos and clients reach this one; null: the machine's first address.</param>
public sealed record ClusterSettings(
    string? ConnectionString, Uri? StorageUri, string ClusterId, string ServiceId, int SiloPort, int GatewayPort, int HealthPort, IPAddress? AdvertisedAddress)
{
    public const string Section = "Budgets";

    private const string AzureStorage = "AzureStorage";
    private const string Embedded = "Embedded";

    /// <summary>What the configuration says of a cluster.</summary>
    /// <param name="configuration">Of the whole host.</param>
    /// <param name="faults">All that is missing or wrong is added here, each with the setting that mends it.</param>
    /// <returns>Null: it asks for none, or there were faults.</returns>
    public static ClusterSettings? Read(IConfiguration configuration, ICollection<string> faults)
    {
        var section = configuration.GetSection(Section);
        switch (section["Cluster"])
        {
            case null or "" or Embedded:
                return null;
            case AzureStorage:
                break;
            case var other:
                faults.Add($"Budgets:Cluster is '{other}'; it must be {Embedded} (one process with its own files) or {AzureStorage}.");
                return null;
        }

        var before = faults.Count;
        var (connection, uri) = Account(configuration.GetConnectionString("Storage"), section["StorageUri"], faults);
        var advertised = Address(section, faults);
        var settings = new ClusterSettings(
            connection,
            uri,
            Name("ClusterId"),
            Name("ServiceId"),
            Port(section, "SiloPort", 11_111, faults),
            Port(section, "GatewayPort", 30_000, faults),
            HealthPortOf(section, faults),
            advertised);
        return faults.Count == before ? settings : null;

        string Name(string key) => section[key] is { Length: > 0 } name ? name : "budgets";
    }

    /// <summary>Where a silo of this configuration tells how it is; also of one that has faults elsewhere.</summary>
    public static int HealthPortOf(IConfiguration configuration, ICollection<string> faults) => HealthPortOf(configuration.GetSection(Section), faults);

    /// <summary>On a machine of its own a silo listens on every address, beside others on one machine on none but its own.</summary>
    public bool IsOnLoopback => AdvertisedAddress is { } address && IPAddress.IsLoopback(address);

    public IPAddress ListeningAddress => IsOnLoopback ? IPAddress.Loopback : IPAddress.Any;

    /// <summary>One request waits this long for its answer: after an outage in which packets were lost and nobody hung up, nobody waits longer for the rest of it.</summary>
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(5);

    public TableServiceClient Connect(TableClientOptions options)
    {
        options.Retry.NetworkTimeout = NetworkTimeout;
        return ConnectionString is { } connection
            ? new TableServiceClient(connection, options)
            : new TableServiceClient(StorageUri, new DefaultAzureCredential(), options);
    }

    // Settings are logged now and then; this one has a secret in it.
    public override string ToString() => $"cluster {ClusterId} of {ServiceId}";

    private static int HealthPortOf(IConfigurationSection section, ICollection<string> faults) => Port(section, "HealthPort", 11_180, faults);

    private static (string? Connection, Uri? Uri) Account(string? connection, string? uri, ICollection<string> faults)
    {
        if (string.IsNullOrEmpty(connection) == string.IsNullOrEmpty(uri))
        {
            faults.Add("One of ConnectionStrings:Storage (an account's connection string) and Budgets:StorageUri (its table service, for a managed identity) must be set, and not both.");
        }
        else if (!string.IsNullOrEmpty(uri))
        {
            if (Uri.TryCreate(uri, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps)
            {
                return (null, address);
            }

            faults.Add($"Budgets:StorageUri '{uri}' is not an address of a table service; it looks like {Uri.UriSchemeHttps}://ACCOUNT.table.core.windows.net.");
        }
        else if (!IsConnectionString(connection!))
        {
            // A secret: not repeated.
            faults.Add("ConnectionStrings:Storage is not a connection string of a storage account.");
        }

        return (connection, null);
    }

    private static IPAddress? Address(IConfigurationSection section, ICollection<string> faults)
    {
        if (section["AdvertisedAddress"] is not { Length: > 0 } text)
        {
            return null;
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return address;
        }

        faults.Add($"Budgets:AdvertisedAddress '{text}' is not an IP address.");
        return null;
    }

    private static int Port(IConfigurationSection section, string key, int otherwise, ICollection<string> faults)
    {
        if (section[key] is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, out var port) && port is > 0 and <= ushort.MaxValue)
        {
            return port;
        }

        faults.Add($"Budgets:{key} '{text}' is not a port from 1 to {ushort.MaxValue}.");
        return otherwise;
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            _ = new TableServiceClient(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }
}
