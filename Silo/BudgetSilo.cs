using System.Net;
using System.Net.Sockets;
using Budgets.Directories;
using Budgets.Journal;
using Budgets.Storage.Sqlite;
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
        silo.Services.TryAddKeyedSingleton(Clock, TimeProvider.System);
        silo.Services.AddSingleton(_ => DataDirectory.Open(dataDirectory));
        silo.Services.AddSingleton<IJournalStore, SqliteJournalStore>();
        silo.Services.AddSingleton<IAgentDirectory, SqliteAgentDirectory>();

        // Its first round measures the time since the machine started and warns of a stall of hours.
        silo.Services.Configure<LoggerFilterOptions>(o => o.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error));
        return silo
            .UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "budgets", clusterId: "embedded")
            .Configure<EndpointOptions>(o => o.AdvertisedIPAddress = IPAddress.Loopback)
            .AddSqliteGrainStorageAsDefault()
            .UseSqliteReminders();
    }

    /// <summary>The key of the <see cref="TimeProvider"/> that budgets go by. Orleans' own clocks are other ones.</summary>
    public const string Clock = "Budgets";

    // Nobody but this silo talks to the port; it only has to be free.
    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
