using Azure.Data.Tables;
using Budgets.Directories;
using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Storage.AzureTables.Clustering;
using Budgets.Storage.AzureTables.Directory;
using Budgets.Storage.AzureTables.GrainState;
using Budgets.Storage.AzureTables.Reminders;
using Budgets.Storage.AzureTables.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Budgets.Storage.AzureTables;

/// <summary>Puts everything a silo keeps, and how silos and clients find each other, into one storage account.</summary>
public static class AzureTablesExtensions
{
    private const string State = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;

    /// <param name="connect">Makes a client of the account with the given options.</param>
    public static ISiloBuilder AddAzureTables(this ISiloBuilder silo, Func<TableClientOptions, TableServiceClient> connect)
    {
        var services = silo.Services;
        var account = connect(new TableClientOptions());
        services.AddSingleton(_ => new AzureTablesJournalStore(connect));
        services.AddSingleton<IJournalStore>(s => s.GetRequiredService<AzureTablesJournalStore>());
        services.AddSingleton(_ => new AzureTablesAgentDirectory(account));
        services.AddSingleton<IAgentDirectory>(s => s.GetRequiredService<AzureTablesAgentDirectory>());
        services.AddSingleton(_ => new AzureTablesDueIndex(account));
        services.AddSingleton<IDueIndex>(s => s.GetRequiredService<AzureTablesDueIndex>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, TablesAtStart>();
        services.AddSingleton<IMembershipTable>(s => new AzureTablesMembershipTable(
            account.GetTableClient(AzureTablesMembershipTable.DefaultTable), Cluster(s).ClusterId));
        services.TryAddKeyedSingleton<IGrainStorageSerializer, SystemTextJsonGrainStorageSerializer>(State);
        services.AddSingleton(s => new AzureTablesGrainStorage(
            account,
            Cluster(s).ServiceId,
            s.GetRequiredKeyedService<IGrainStorageSerializer>(State),
            s.GetRequiredService<IActivatorProvider>()));
        services.AddGrainStorage(State, (s, _) => s.GetRequiredService<AzureTablesGrainStorage>());
        silo.AddReminders();
        services.AddSingleton<IReminderTable>(s => new AzureTablesReminderTable(
            account, Cluster(s).ServiceId, Cluster(s).ClusterId, s.GetRequiredService<ILogger<AzureTablesReminderTable>>()));
        return silo;
    }

    /// <summary>A client that finds its silos in the account.</summary>
    public static IClientBuilder UseAzureTablesGateways(this IClientBuilder client, Func<TableClientOptions, TableServiceClient> connect)
    {
        client.Services.AddSingleton<IGatewayListProvider>(s => new AzureTablesGatewayList(
            connect(new TableClientOptions()).GetTableClient(AzureTablesMembershipTable.DefaultTable),
            Cluster(s).ClusterId,
            s.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod));
        return client;
    }

    private static ClusterOptions Cluster(IServiceProvider services) => services.GetRequiredService<IOptions<ClusterOptions>>().Value;

    /// <summary>Makes the tables that grains will ask for, before there is a grain.</summary>
    private sealed class TablesAtStart(
        AzureTablesJournalStore journals, AzureTablesDueIndex dues, AzureTablesAgentDirectory agents, AzureTablesGrainStorage states) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(TablesAtStart), ServiceLifecycleStage.RuntimeStorageServices, async stopping =>
        {
            await journals.Create(stopping);
            await dues.Create(stopping);
            await agents.Create(stopping);
            await states.Create(stopping);
        });
    }
}
