using Azure;
using Azure.Data.Tables;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Budgets.Storage.AzureTables.Clustering;

/// <summary>Who belongs to a cluster, in the rows of Orleans' own Azure clustering. Every change advances the version row, on condition that no other has.</summary>
/// <remarks>
/// <para>The version row's ETag is the only condition. A silo's own row must exist to be updated, but its ETag is not compared: heartbeats change it all the time.</para>
/// <para>Whatever the table cannot do is thrown as the SDK says it: a cluster that cannot read its members must not take them for none.</para>
/// </remarks>
/// <param name="table">The table, which <see cref="InitializeMembershipTable"/> makes where it is missing.</param>
/// <param name="clusterId">The partition: clusters in one table do not see each other.</param>
internal sealed class AzureTablesMembershipTable(TableClient table, string clusterId) : IMembershipTable
{
    /// <summary>As Orleans' own Azure clustering names it.</summary>
    public const string DefaultTable = "OrleansSiloInstances";

    /// <summary>How often a read of several pages is tried while others change the table.</summary>
    private const int MostReads = 5;

    private readonly SiloTable _table = new(table);

    public Task InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, default);

    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken)
    {
        await _table.Create(cancellationToken);
        if (tryInitTableVersion && await _table.Row(clusterId, VersionRows.Key, cancellationToken) is null)
        {
            // Not ours? Then another silo's, at the same moment: also good.
            await _table.Submit(VersionRows.Create(clusterId), cancellationToken);
        }
    }

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, default);

    /// <summary>The version and, if it is there, the row: both of one moment, since one page holds them.</summary>
    /// <exception cref="KeyNotFoundException">The cluster has no version: it was not initialized.</exception>
    /// <exception cref="RequestFailedException">The table does not answer, is not there, or does not let us.</exception>
    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken)
    {
        var (rows, _) = await _table.Query($"PartitionKey eq {clusterId} and (RowKey eq {SiloRows.Key(key)} or RowKey eq {VersionRows.Key})", null, cancellationToken);
        return Data(rows);
    }

    public Task<MembershipTableData> ReadAll() => ReadAllAsync(default);

    /// <summary>The whole cluster at one version.</summary>
    /// <exception cref="InconsistentStateException">It takes several pages, and each time another silo changed it between them.</exception>
    /// <inheritdoc cref="ReadRowAsync"/>
    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken)
    {
        TableVersion? before = null;
        TableVersion after;
        for (var reads = 1; ; reads++)
        {
            var (rows, pages) = await _table.Query($"PartitionKey eq {clusterId}", null, cancellationToken);
            if (pages <= 1)
            {
                return Data(rows);
            }

            // All pages are of one version if it is now what the copy on the first page says. Where older silos, which do not
            // keep the copies, have written last, that never comes true: then it must be what it was before the pages.
            after = VersionRows.Read(clusterId, await _table.Row(clusterId, VersionRows.Key, cancellationToken));
            if (after.Version == VersionRows.ReadStart(rows.Find(r => r.RowKey == VersionRows.StartKey)) || after == before)
            {
                return Data(rows);
            }

            if (reads == MostReads)
            {
                break;
            }

            before = after;
        }

        throw new InconsistentStateException(
            $"The membership of cluster '{clusterId}' changed during each of {MostReads} reads.", storedEtag: after.VersionEtag, currentEtag: before?.VersionEtag);
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, default);

    /// <returns>False when the silo has a row already, or the version is not the latest: nothing was written, or an earlier try of this very call was.</returns>
    /// <exception cref="RequestFailedException">The table does not answer, is not there, or does not let us. The row may have been written.</exception>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Change(new(TableTransactionActionType.Add, SiloRows.Write(clusterId, entry)), tableVersion, cancellationToken);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, default);

    /// <param name="entry">All of it is written.</param>
    /// <param name="etag">Not compared: the version covers all but heartbeats, and those must not make an update fail.</param>
    /// <param name="tableVersion">The next version, with the ETag of the one that was read.</param>
    /// <param name="cancellationToken">Ends the wait and the request; the row may have been written.</param>
    /// <returns>False when the silo has no row, or the version is not the latest: nothing was written, or an earlier try of this very call was.</returns>
    /// <exception cref="RequestFailedException">The table does not answer, is not there, or does not let us. The row may have been written.</exception>
    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        Change(new(TableTransactionActionType.UpdateReplace, SiloRows.Write(clusterId, entry), ETag.All), tableVersion, cancellationToken);

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, default);

    /// <summary>Writes the time into the silo's row and touches nothing else.</summary>
    /// <exception cref="RequestFailedException">The silo has no row, or the table does not answer, is not there, or does not let us.</exception>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) =>
        _table.Merge(SiloRows.WriteHeartbeat(clusterId, entry), cancellationToken);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, default);

    /// <summary>Removes silos that are dead, and of which nothing was heard since <paramref name="beforeDate"/>. Others may still come back, however old.</summary>
    /// <remarks>The version stays: a silo that is dead is as good as one that is not there.</remarks>
    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken)
    {
        var (dead, _) = await _table.Query($"PartitionKey eq {clusterId} and Status eq {nameof(SiloStatus.Dead)}", null, cancellationToken);
        await _table.Delete(dead.Where(r => SiloRows.IsSilo(r) && SiloRows.LastHeardOf(SiloRows.Read(r)) < beforeDate), cancellationToken);
    }

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, default);

    /// <summary>Removes all rows of a cluster, also those that are not a silo's.</summary>
    public async Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken)
    {
        var (rows, _) = await _table.Query($"PartitionKey eq {clusterId}", ["PartitionKey", "RowKey"], cancellationToken);
        await _table.Delete(rows, cancellationToken);
    }

    private Task<bool> Change(TableTransactionAction silo, TableVersion next, CancellationToken cancellation) =>
        _table.Submit([silo, .. VersionRows.Advance(clusterId, next)], cancellation);

    private MembershipTableData Data(List<TableEntity> rows) => new(
        [.. rows.Where(SiloRows.IsSilo).Select(r => Tuple.Create(SiloRows.Read(r), r.ETag.ToString()))], VersionRows.Read(clusterId, rows.Find(r => r.RowKey == VersionRows.Key)));
}
