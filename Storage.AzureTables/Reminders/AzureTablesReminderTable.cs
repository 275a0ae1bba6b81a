using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Reminders;

/// <summary>Orleans reminders in a table that Orleans' own provider can read, and can have written. Any number of silos and services may share it.</summary>
/// <remarks>
/// Source of the layout: Orleans' provider (facts/orleans.md §1.3). Several rows are read without those that are broken or another service's, each told to the
/// log: one bad row must not keep a whole range of the ring from being reminded. A table that fails is never taken for an empty one.
/// </remarks>
internal sealed partial class AzureTablesReminderTable(
    TableServiceClient tables, string serviceId, string clusterId, ILogger<AzureTablesReminderTable> log, string name = AzureTablesReminderTable.DefaultTable) : IReminderTable
{
    public const string DefaultTable = "OrleansReminders";

    /// <summary>What one transaction may have.</summary>
    private const int MostActions = 100;

    private readonly TableClient _table = tables.GetTableClient(name);

    /// <summary>Makes the table where it is missing, and fails when it cannot, so that a silo without reminders does not start. May be called again.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => _table.CreateIfMissing(cancellationToken);

    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows(grainId, CancellationToken.None);

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(begin, end, CancellationToken.None);

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => ReadRow(grainId, reminderName, CancellationToken.None);

    public Task<string?> UpsertRow(ReminderEntry entry) => UpsertRow(entry, CancellationToken.None);

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        RemoveRow(grainId, reminderName, eTag, CancellationToken.None);

    public Task TestOnlyClearTable() => TestOnlyClearTable(CancellationToken.None);

    /// <exception cref="StoreUnavailableException">The rows could not be read.</exception>
    public async Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken)
    {
        var (below, above) = ReminderRow.Keys(grainId);
        var reminders = await Read(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition(grainId.GetUniformHashCode())} and RowKey gt {below} and RowKey lt {above}"), cancellationToken);
        return new ReminderTableData(reminders.Where(r => r.GrainId == grainId));
    }

    /// <summary>
    /// All rows with a hash in (begin, end] of the ring: past 2³²−1 it goes on at 0 when begin ≥ end, and is the whole ring when they are equal.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The rows could not be read.</exception>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken)
    {
        var (first, last) = (Partition(begin), Partition(end));
        var (below, above) = ReminderRow.Partitions(serviceId);
        if (begin < end)
        {
            return new ReminderTableData(await Read(TableClient.CreateQueryFilter($"PartitionKey gt {first} and PartitionKey le {last}"), cancellationToken));
        }

        if (begin == end)
        {
            return new ReminderTableData(await Read(TableClient.CreateQueryFilter($"PartitionKey gt {below} and PartitionKey lt {above}"), cancellationToken));
        }

        // Two queries: of one with an "or", the service walks the whole table.
        var upper = Read(TableClient.CreateQueryFilter($"PartitionKey gt {first} and PartitionKey lt {above}"), cancellationToken);
        var lower = Read(TableClient.CreateQueryFilter($"PartitionKey gt {below} and PartitionKey le {last}"), cancellationToken);
        return new ReminderTableData((await Task.WhenAll(upper, lower)).SelectMany(r => r));
    }

    /// <returns>Null when there is no such reminder.</returns>
    /// <exception cref="StoreUnavailableException">The row could not be read.</exception>
    /// <exception cref="FormatException">What is stored there is no reminder.</exception>
    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName, CancellationToken cancellationToken)
    {
        var row = await Find(grainId, reminderName, cancellationToken);
        return row is null || IsAnothers(row, grainId, reminderName) ? null : ReminderRow.Read(row);
    }

    /// <summary>Writes the reminder whether or not it is there already; the entry's own ETag plays no part.</summary>
    /// <returns>The row's new ETag; null when the table was too busy with this row.</returns>
    /// <exception cref="ArgumentException">The name makes no key, or makes the key of another reminder of this grain: "a/b" and "a_b".</exception>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public async Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        var row = ReminderRow.Write(serviceId, clusterId, entry);
        if (TableKeys.IsShared(entry.ReminderName)
            && await Find(entry.GrainId, entry.ReminderName, cancellationToken) is { } there && IsAnothers(there, entry.GrainId, entry.ReminderName))
        {
            throw new ArgumentException($"The grain '{entry.GrainId}' has a reminder '{ReminderRow.NameOf(there)}', which has the same key as '{entry.ReminderName}'.", nameof(entry));
        }

        // What has begun runs to its end, so that its outcome is known.
        cancellationToken.ThrowIfCancellationRequested();
        var written = await _table.Write(() => _table.UpsertEntityAsync(row, TableUpdateMode.Replace, CancellationToken.None));
        return written?.Headers.ETag?.ToString();
    }

    /// <returns>False when there is no such reminder, or not with this ETag; also when the client tried again and its first try had removed it.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was removed.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been removed.</exception>
    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken)
    {
        var (partition, key) = (Partition(grainId.GetUniformHashCode()), ReminderRow.Key(grainId, reminderName));
        cancellationToken.ThrowIfCancellationRequested();
        return await _table.Write(() => _table.DeleteEntityAsync(partition, key, TableAnswers.Expected(eTag), CancellationToken.None)) is not null;
    }

    /// <summary>Removes what this cluster of the service has written.</summary>
    public async Task TestOnlyClearTable(CancellationToken cancellationToken)
    {
        var (below, above) = ReminderRow.Partitions(serviceId);
        var rows = await _table.Rows(TableClient.CreateQueryFilter($"PartitionKey gt {below} and PartitionKey lt {above}"), null, cancellationToken).ToListAsync(cancellationToken);
        var batches = rows.Where(r => ReminderRow.ServiceOf(r) == serviceId && ReminderRow.ClusterOf(r) == clusterId)
            .GroupBy(r => r.PartitionKey).SelectMany(partition => partition.Chunk(MostActions));
        await Parallel.ForEachAsync(batches, cancellationToken, async (batch, cancellation) =>
        {
            var actions = batch.Select(r => new TableTransactionAction(TableTransactionActionType.Delete, r, ETag.All));
            await _table.Write(async () => (await _table.SubmitTransactionAsync(actions, cancellation)).GetRawResponse());
        });
    }

    private async Task<List<ReminderEntry>> Read(string filter, CancellationToken cancellation)
    {
        var (reminders, others) = (new List<ReminderEntry>(), new List<TableEntity>());
        await foreach (var row in _table.Rows(filter, null, cancellation))
        {
            if (ReminderRow.ServiceOf(row) != serviceId)
            {
                others.Add(row);
                continue;
            }

            try
            {
                reminders.Add(ReminderRow.Read(row));
            }
            catch (FormatException e)
            {
                LogUnreadable(log, e);
            }
        }

        if (others is [var first, ..])
        {
            LogOtherServices(log, others.Count, first.RowKey, ReminderRow.ServiceOf(first), serviceId);
        }

        return reminders;
    }

    private Task<TableEntity?> Find(GrainId grain, string reminder, CancellationToken cancellation) =>
        _table.Find(Partition(grain.GetUniformHashCode()), ReminderRow.Key(grain, reminder), cancellation);

    // Columns that are missing are a broken row's, and that is for the reading to say.
    private bool IsAnothers(TableEntity row, GrainId grain, string reminder) =>
        ReminderRow.ServiceOf(row) is { } service && service != serviceId
        || ReminderRow.GrainOf(row) is { } owner && owner != grain.ToString()
        || ReminderRow.NameOf(row) is { } name && name != reminder;

    private string Partition(uint hash) => ReminderRow.Partition(serviceId, hash);
}
