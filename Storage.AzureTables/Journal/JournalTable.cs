using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Budgets.Journal;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>The table of all journals.</summary>
/// <param name="reads">Tries again by itself.</param>
/// <param name="appends">Does not: an append that was tried twice cannot be told from one that lost a race.</param>
internal sealed class JournalTable(TableClient reads, TableClient appends)
{
    /// <summary>What one transaction may have.</summary>
    private const int MostActions = 100;

    /// <summary>Makes the table where it is missing.</summary>
    public Task Create(CancellationToken cancellation) => reads.CreateIfMissing(cancellation);

    public async Task<Header> Header(string partition, CancellationToken cancellation) =>
        await reads.Find(partition, JournalKeys.Header, cancellation) is { } found ? Journal.Header.Parse(found) : Journal.Header.None;

    /// <summary>Entities with <paramref name="from"/> ≤ key &lt; <paramref name="until"/>, in order.</summary>
    public IAsyncEnumerable<TableEntity> Query(string partition, string from, string until, int? perPage, CancellationToken cancellation) =>
        reads.Rows(TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {from} and RowKey lt {until}"), perPage, cancellation);

    /// <summary>Rows, newest first, each with all its parts.</summary>
    /// <param name="expected">About how many the caller will take; null: all.</param>
    public async IAsyncEnumerable<IReadOnlyList<TableEntity>> Rows(
        string partition, string from, string until, int? expected, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<TableEntity> parts = [];
        await foreach (var entity in Query(partition, from, until, expected, cancellation))
        {
            parts.Add(entity);
            if (parts.Count == RowEntities.PartsOf(parts[0]))
            {
                yield return parts;
                parts = [];
            }
        }

        if (parts.Count > 0)
        {
            throw new JournalCorruptException($"The row '{parts[0].RowKey}' of '{partition}' has {parts.Count} of {RowEntities.PartsOf(parts[0])} parts.");
        }
    }

    /// <summary>Writes what nothing points to yet. Whoever is interrupted leaves it behind.</summary>
    /// <exception cref="StoreUnavailableException">Not all of it is there for certain.</exception>
    public async Task AddAll(IEnumerable<TableEntity> entities)
    {
        foreach (var entity in entities)
        {
            try
            {
                await reads.Write(() => reads.UpsertEntityAsync(entity, TableUpdateMode.Replace));
            }
            catch (OutcomeUnknownException e)
            {
                throw new StoreUnavailableException(e.Message, e);
            }
        }
    }

    /// <summary>The header's new ETag when it is durable; null when the journal did not end where the header said, and nothing was written.</summary>
    /// <param name="actions">The header first.</param>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written, or may still be.</exception>
    public async Task<ETag?> Submit(string partition, IReadOnlyList<TableTransactionAction> actions, string batch)
    {
        try
        {
            ETag? etag = null;
            var written = await appends.Write(async () =>
            {
                var answers = await appends.SubmitTransactionAsync(actions);
                etag = answers.Value[0].Headers.ETag;
                return answers.GetRawResponse();
            });

            // Lost the race; unless a proxy sent it twice, and it lost the race against itself.
            return written is not null && etag is not null ? etag : await Landed(partition, batch);
        }
        catch (OutcomeUnknownException unknown)
        {
            return await LandedAfter(unknown, partition, batch);
        }
    }

    /// <summary>Takes away what an older snapshot left. Not being able to is harmless: nothing points there.</summary>
    public async Task DeleteSnapshotsBefore(string partition, Header header)
    {
        try
        {
            var current = JournalKeys.SnapshotPrefix(header.SnapshotSeq, header.SnapshotBatch);
            var old = await Query(partition, JournalKeys.SnapshotsBegin, current, null, default).ToListAsync();
            foreach (var some in old.Chunk(MostActions))
            {
                await reads.Write(async () => (await reads.SubmitTransactionAsync(some.Select(e => new TableTransactionAction(TableTransactionActionType.Delete, e, ETag.All)))).GetRawResponse());
            }
        }
        catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException)
        {
            // The next snapshot tries again.
        }
    }

    private async Task<ETag?> LandedAfter(OutcomeUnknownException unknown, string partition, string batch)
    {
        try
        {
            return await Landed(partition, batch) ?? throw unknown;
        }
        catch (StoreUnavailableException)
        {
            // Still not to be known.
            throw unknown;
        }
    }

    private async Task<ETag?> Landed(string partition, string batch) =>
        await Header(partition, default) is { } header && header.Batch == batch ? header.ETag : null;
}
