using System.Net;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Budgets.Silo;

/// <summary>What a silo, and a client of silos, is told of the cluster: section "Budgets" and the connection string "Storage".</summary>
/// <param name="ConnectionString">Of the storage account; a secret. Null: <paramref name="StorageUri"/> is used, with the identity that the machine has.</param>
/// <param name="StorageUri">Of the account's table service.</param>
/// <param name="ClusterId">Names this cluster among those that share the account.</param>
/// <param name="ServiceId">Names what outlives clusters: reminders and grain state.</param>
/// <param name="AdvertisedAddress">Where other silos and clients reach this one; null: the machine's first address.</param>
public sealed record ClusterSettings(
    string? ConnectionString, Uri? StorageUri, string ClusterId, string ServiceId, int SiloPort, int GatewayPort, IPAddress? AdvertisedAddress)
{
    private const string Section = "Budgets";
    private const string AzureStorage = "AzureStorage";
    private const string Embedded = "Embedded";

    /// <summary>Whether the configuration asks for a cluster; null: it says neither yes nor no.</summary>
    /// <exception cref="OptionsValidationException">It asks for something that there is not.</exception>
    public static bool? IsAskedFor(IConfiguration configuration) => configuration[$"{Section}:Cluster"] switch
    {
        null or "" => null,
        AzureStorage => true,
        Embedded => false,
        var other => throw Faulty($"{Section}:Cluster is '{other}'; it must be {Embedded} (one process with its own files) or {AzureStorage}."),
    };

    /// <exception cref="OptionsValidationException">Something is missing or wrong; all faults are listed.</exception>
    public static ClusterSettings Read(IConfiguration configuration)
    {
        var faults = new List<string>();
        var section = configuration.GetSection(Section);
        var connection = configuration.GetConnectionString("Storage");
        var uri = section["StorageUri"];
        Uri? address = null;
        if (string.IsNullOrEmpty(connection) == string.IsNullOrEmpty(uri))
        {
            faults.Add("One of ConnectionStrings:Storage (an account's connection string) and Budgets:StorageUri (its table service, for a managed identity) must be set, and not both.");
        }
        else if (!string.IsNullOrEmpty(uri) && !(Uri.TryCreate(uri, UriKind.Absolute, out address) && address.Scheme == Uri.UriSchemeHttps))
        {
            faults.Add($"Budgets:StorageUri '{uri}' is not an address of a table service; it looks like {Uri.UriSchemeHttps}://ACCOUNT.table.core.windows.net.");
        }
        else if (!string.IsNullOrEmpty(connection) && !IsConnectionString(connection))
        {
            // A secret: not repeated.
            faults.Add("ConnectionStrings:Storage is not a connection string of a storage account.");
        }

        var advertised = section["AdvertisedAddress"];
        IPAddress? ip = null;
        if (!string.IsNullOrEmpty(advertised) && !IPAddress.TryParse(advertised, out ip))
        {
            faults.Add($"Budgets:AdvertisedAddress '{advertised}' is not an IP address.");
        }

        var settings = new ClusterSettings(
            string.IsNullOrEmpty(connection) ? null : connection, address, Name("ClusterId"), Name("ServiceId"), Port("SiloPort", 11_111), Port("GatewayPort", 30_000), ip);
        return faults.Count == 0 ? settings : throw Faulty([.. faults]);

        string Name(string key) => section[key] is { Length: > 0 } name ? name : "budgets";

        int Port(string key, int otherwise)
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
    }

    public TableServiceClient Connect(TableClientOptions options) => ConnectionString is { } connection
        ? new TableServiceClient(connection, options)
        : new TableServiceClient(StorageUri, new DefaultAzureCredential(), options);

    // Settings are logged now and then; this one has a secret in it.
    public override string ToString() => $"cluster {ClusterId} of {ServiceId}";

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

    private static OptionsValidationException Faulty(params string[] faults) => new(Section, typeof(ClusterSettings), faults);
}
