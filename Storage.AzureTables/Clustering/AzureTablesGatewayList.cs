using Azure;
using Azure.Data.Tables;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Clustering;

/// <summary>Where clients outside the cluster may connect: active silos that have a port for them. Read from the membership rows each time.</summary>
/// <param name="table">The same table as the silos'.</param>
/// <param name="clusterId">The cluster's partition.</param>
/// <param name="refreshPeriod">How often Orleans asks, and so how old a list it may go by.</param>
internal sealed class AzureTablesGatewayList(TableClient table, string clusterId, TimeSpan refreshPeriod) : IGatewayListProvider
{
    private readonly SiloTable _table = new(table);

    public TimeSpan MaxStaleness => refreshPeriod;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync(default);

    /// <summary>Makes the table where it is missing: a client that starts before the first silo then finds no gateway and tries again, instead of giving up.</summary>
    public Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken) => _table.Create(cancellationToken);

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(default);

    /// <exception cref="RequestFailedException">The table does not answer, is not there, or does not let us.</exception>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken)
    {
        var (rows, _) = await _table.Query(
            $"PartitionKey eq {clusterId} and Status eq {nameof(SiloStatus.Active)} and ProxyPort ne {"0"}", SiloRows.GatewayColumns, cancellationToken);

        // The copies of the version say that they are active too.
        return [.. rows.Where(SiloRows.IsSilo).Select(SiloRows.ReadGateway).OfType<Uri>()];
    }
}
