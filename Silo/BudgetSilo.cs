using System.Net;
using System.Net.Sockets;
using Budgets.Couriers;
using Budgets.Delivery;
using Budgets.Directories;
using Budgets.Journal;
using Budgets.Payments;
using Budgets.Pricing;
using Budgets.Scheduling;
using Budgets.Storage.AzureTables;
using Budgets.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Budgets.Silo;

/// <summary>Puts a silo together.</summary>
public static class BudgetSilo
{
    /// <summary>A silo on its own in this process, with everything it keeps in one SQLite file in <paramref name="dataDirectory"/>.</summary>
    /// <remarks>The directory is opened, and locked against other processes, when the silo starts.</remarks>
    public static ISiloBuilder AddBudgetSilo(this ISiloBuilder silo, string dataDirectory)
    {
        silo.Services.AddSingleton(_ => DataDirectory.Open(dataDirectory));
        silo.Services.AddSingleton<SqliteJournalStore>();
        silo.Services.AddSingleton<IJournalStore>(s => s.GetRequiredService<SqliteJournalStore>());
        silo.Services.AddSingleton<IDueIndex, SqliteDueIndex>();
        silo.Services.AddSingleton<IAgentDirectory, SqliteAgentDirectory>();
        return silo
            .AddBudgets()
            .UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "budgets", clusterId: "embedded")
            .Configure<EndpointOptions>(o => o.AdvertisedIPAddress = IPAddress.Loopback)
            .AddSqliteGrainStorageAsDefault()
            .UseSqliteReminders();
    }

    /// <summary>One silo of a cluster whose silos share nothing but a storage account.</summary>
    public static ISiloBuilder AddClusterSilo(this ISiloBuilder silo, ClusterSettings settings) => silo
        .AddBudgets()
        .SpreadEvenly()
        .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.ClusterId, settings.ServiceId))
        .Configure<ClusterMembershipOptions>(o => (o.ProbeTimeout, o.MaxProbeTimeout, o.TableRefreshTimeout) = (ProbeTimeout, ProbeTimeout, MembersReadEvery))
        .Configure<SiloMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout)
        .AddEndpoints(settings)
        .AddAzureTables(settings.Connect);

    /// <summary>A client of such a cluster. It waits at its start until a silo answers.</summary>
    public static IClientBuilder AddClusterClient(this IClientBuilder client, ClusterSettings settings) => client
        .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.ClusterId, settings.ServiceId))
        .Configure<ClientMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout)
        .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = GatewaysReadEvery)
        .UseConnectionRetryFilter(static async (_, stopping) =>
        {
            await Task.Delay(BetweenTries, stopping);
            return true;
        })
        .UseAzureTablesGateways(settings.Connect);

    /// <summary>Everything in the settings that any silo, on its own or of a cluster, cannot work with, each with the setting that mends it.</summary>
    public static IReadOnlyCollection<string> Faults(IConfiguration configuration)
    {
        var faults = new List<string>();
        CourierSettings.Read(configuration, faults);
        PaymentSettings.Read(configuration, faults);
        PublicAddressOf(configuration, faults);
        return faults;
    }

    /// <summary>The key of the <see cref="TimeProvider"/> that budgets go by. Orleans' own clocks are other ones.</summary>
    public const string Clock = "Budgets";

    private const string PublicUrl = "Budgets:PublicUrl";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Three of these without an answer, as two other silos see it, or without any word at all, and a silo is dead. Its budgets wait for that long; a false death costs
    /// them a recovery each.
    /// </summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A silo that stood still while the others buried it finds out within this time, and ends.</summary>
    private static readonly TimeSpan MembersReadEvery = TimeSpan.FromSeconds(5);

    /// <summary>Within this time an API host uses a new silo, and leaves one that is dead.</summary>
    private static readonly TimeSpan GatewaysReadEvery = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After this (Orleans looks once a second) a caller is told that the outcome is not known, and may ask again with the same key. A budget answers in milliseconds or not at
    /// all; requests that were with a silo when it stopped wait for this.
    /// </summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(3);

    private static ISiloBuilder AddBudgets(this ISiloBuilder silo)
    {
        silo.Services.TryAddKeyedSingleton(Clock, TimeProvider.System);
        silo.Services.AddPriceBook();
        silo.Services.AddCouriers(silo.Configuration);
        silo.Services.AddPayments(silo.Configuration);
        silo.Services.AddSingleton(new PublicAddress(PublicAddressOf(silo.Configuration, [])));

        // Its first round measures the time since the machine started and warns of a stall of hours.
        silo.Services.Configure<LoggerFilterOptions>(o => o.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error));
        return silo.AddScheduling();
    }

    /// <summary>Where people reach the API; with a slash at its end, so that a path is added to it.</summary>
    private static Uri? PublicAddressOf(IConfiguration configuration, List<string> faults)
    {
        if (configuration[PublicUrl] is not { Length: > 0 } text)
        {
            return null;
        }

        if (Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp) && url is { Query: "", Fragment: "", UserInfo: "" })
        {
            return url;
        }

        faults.Add($"{PublicUrl} must be where people reach the API, such as the address of a proxy before it, without a query.");
        return null;
    }

    // Orleans would look for the silo with the most to spare, and give a whole morning's budgets to the one that came up last: they
    // would all stand still with it.
    private static ISiloBuilder SpreadEvenly(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
        return silo;
    }

    private static ISiloBuilder AddEndpoints(this ISiloBuilder silo, ClusterSettings settings) => settings.AdvertisedAddress is { } address
        ? silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: !settings.IsOnLoopback)
        : silo.ConfigureEndpoints(settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: true);

    // Nobody but this silo talks to the port; it only has to be free.
    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
