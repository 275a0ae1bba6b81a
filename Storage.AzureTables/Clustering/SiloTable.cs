using Azure;
using Azure.Data.Tables;

namespace Budgets.Storage.AzureTables.Clustering;

/// <summary>The table of all clusters, a partition each. What is no "no" (<see cref="TableAnswers.IsNo"/>) is an error, and is thrown as the SDK says it.</summary>
internal sealed class SiloTable(TableClient table)
{
    /// <summary>What one transaction may have.</summary>
    private const int MostActions = 100;

    /// <summary>Makes the table where it is missing.</summary>
    public Task Create(CancellationToken cancellation) => table.CreateIfNotExistsAsync(cancellation);

    /// <summary>Null: there is no such row.</summary>
    public async Task<TableEntity?> Row(string cluster, string key, CancellationToken cancellation) =>
        await table.GetEntityIfExistsAsync<TableEntity>(cluster, key, cancellationToken: cancellation) is { HasValue: true } answer ? answer.Value : null;

    /// <summary>What a filter finds, in the order of keys. A page, of a thousand rows at most, shows one moment; the next may show a later one.</summary>
    public async Task<(List<TableEntity> Rows, int Pages)> Query(FormattableString filter, IEnumerable<string>? columns, CancellationToken cancellation)
    {
        List<TableEntity> rows = [];
        var pages = 0;
        await foreach (var page in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter(filter), select: columns, cancellationToken: cancellation).AsPages())
        {
            rows.AddRange(page.Values);
            pages++;
        }

        return (rows, pages);
    }

    /// <summary>All or nothing. False: a row is there that must not be, is not there that must, or has changed.</summary>
    /// <remarks>Also when the answer to a first try was lost and the second meets what the first has written: whoever is told "no" reads again.</remarks>
    public async Task<bool> Submit(IEnumerable<TableTransactionAction> actions, CancellationToken cancellation)
    {
        try
        {
            await table.SubmitTransactionAsync(actions, cancellation);
            return true;
        }
        catch (RequestFailedException e) when (e.IsNo())
        {
            return false;
        }
    }

    /// <summary>Writes these columns into a row that must be there.</summary>
    public Task Merge(TableEntity row, CancellationToken cancellation) => table.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Merge, cancellation);

    /// <summary>Not all or nothing: whoever is interrupted does it again.</summary>
    public async Task Delete(IEnumerable<TableEntity> rows, CancellationToken cancellation)
    {
        foreach (var some in rows.Chunk(MostActions))
        {
            if (await Submit(some.Select(r => new TableTransactionAction(TableTransactionActionType.Delete, r, ETag.All)), cancellation))
            {
                continue;
            }

            // Some other silo cleans up too, and has taken a row: one by one it does not matter which of us was first.
            foreach (var row in some)
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellation);
            }
        }
    }
}
