using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Budgets.Scheduling;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Scheduling;

/// <summary>The due index in a table: a partition for each shard, rows by time. Any number of silos may share it.</summary>
/// <remarks>A row's version is its ETag. Keys and columns are stored: changing one needs a migration.</remarks>
internal sealed class AzureTablesDueIndex(TableServiceClient tables, string name = AzureTablesDueIndex.DefaultTable) : IDueIndex
{
    public const string DefaultTable = "BudgetsDue";

    /// <summary>What one transaction may have.</summary>
    private const int MostActions = 100;

    private readonly TableClient _table = tables.GetTableClient(name);

    /// <summary>Makes the table where it is missing; before the first due is put.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public Task Create(CancellationToken cancellation) => _table.CreateIfMissing(cancellation);

    public async ValueTask Put(Due due)
    {
        var row = new TableEntity(Partition(due.Shard), Key(due)) { ["Grain"] = due.Grain.ToString(), ["Kind"] = due.Kind };
        if (await _table.Write(() => _table.UpsertEntityAsync(row, TableUpdateMode.Replace)) is null)
        {
            throw new StoreUnavailableException($"The table '{name}' is too busy with what is due at {Time(due.At)}.");
        }
    }

    public async Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit)
    {
        var behind = after is { } a ? Key(a.Due) : "";
        var rows = _table.Rows(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition(shard)} and RowKey gt {behind} and RowKey lt {End(until)}"), limit, default);
        return await rows.Take(limit).Select(Read).ToListAsync();
    }

    public async Task Remove(IReadOnlyCollection<DueRow> rows)
    {
        foreach (var some in rows.Chunk(MostActions))
        {
            var deletes = some.Select(r => new TableTransactionAction(
                TableTransactionActionType.Delete, new TableEntity(Partition(r.Due.Shard), Key(r.Due)), TableAnswers.Expected(r.Version)));
            if (await _table.Write(async () => (await _table.SubmitTransactionAsync(deletes)).GetRawResponse()) is not null)
            {
                continue;
            }

            // One of them is gone or another by now, and the table took none.
            foreach (var row in some)
            {
                await _table.Write(() => _table.DeleteEntityAsync(Partition(row.Due.Shard), Key(row.Due), TableAnswers.Expected(row.Version)));
            }
        }
    }

    private static string Partition(int shard) => shard.ToString("D2", CultureInfo.InvariantCulture);

    /// <summary>Times are all of one length, and so in order.</summary>
    private static string Key(Due due) => $"{Time(due.At)} {TableKeys.Escape(due.Grain.ToString())} {due.Kind}";

    /// <summary>Behind all that are due at an instant: '!' follows the ' ' after their time.</summary>
    private static string End(DateTimeOffset until) => $"{Time(until)}!";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DueRow Read(TableEntity row) => new(
        new Due(
            DateTimeOffset.ParseExact(row.RowKey.Split(' ')[0], "O", CultureInfo.InvariantCulture),
            GrainId.Parse(row.GetString("Grain"), CultureInfo.InvariantCulture),
            row.GetString("Kind")),
        row.ETag.ToString());
}
