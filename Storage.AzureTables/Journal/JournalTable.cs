using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Budgets.Journal;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>The table of all journals, and what its answers mean.</summary>
internal sealed class JournalTable
{
    /// <summary>What one transaction may have.</summary>
    private const int MostActions = 100;

    private readonly TableClient _reads;
    private readonly TableClient _appends;

    /// <param name="reads">Tries again by itself.</param>
    /// <param name="appends">Does not: an append that was tried twice cannot be told from one that lost a race.</param>
    public JournalTable(TableClient reads, TableClient appends)
    {
        _reads = reads;
        _appends = appends;
    }

    /// <summary>Makes the table where it is missing.</summary>
    public Task Create(CancellationToken cancellation) => Ask(() => _reads.CreateIfNotExistsAsync(cancellation));

    public async Task<Header> Header(string partition, CancellationToken cancellation)
    {
        var answer = await Ask(() => _reads.GetEntityIfExistsAsync<TableEntity>(partition, JournalKeys.Header, cancellationToken: cancellation));
        return answer.HasValue ? Journal.Header.Parse(answer.Value!) : Journal.Header.None;
    }

    /// <summary>Entities with <paramref name="from"/> ≤ key &lt; <paramref name="until"/>, in order.</summary>
    public async IAsyncEnumerable<TableEntity> Query(
        string partition, string from, string until, int? perPage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {from} and RowKey lt {until}");
        await using var pages = _reads.QueryAsync<TableEntity>(filter, perPage, cancellationToken: cancellation).AsPages().GetAsyncEnumerator(cancellation);
        while (await Ask(async () => await pages.MoveNextAsync()))
        {
            foreach (var entity in pages.Current.Values)
            {
                yield return entity;
            }
        }
    }

    /// <summary>Rows, newest first, each with all its parts.</summary>
    /// <param name="expected">About how many the caller will take; null: all.</param>
    public async IAsyncEnumerable<IReadOnlyList<TableEntity>> Rows(
        string partition, string from, string until, int? expected, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
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

    public async Task AddAll(IEnumerable<TableEntity> entities)
    {
        foreach (var entity in entities)
        {
            await Ask(() => _reads.UpsertEntityAsync(entity, TableUpdateMode.Replace));
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
            var answers = await _appends.SubmitTransactionAsync(actions);
            return answers.Value[0].Headers.ETag ?? throw new OutcomeUnknownException("The store gave no ETag for an append.");
        }
        catch (RequestFailedException e) when (IsLostRace(e))
        {
            // A proxy or the server itself may have sent it twice: then it lost the race against itself.
            return await Landed(partition, batch);
        }
        catch (RequestFailedException e) when (IsRejected(e))
        {
            throw new StoreUnavailableException($"The table did not take an append: {Reason(e)}", e);
        }
        catch (Exception e) when (IsFault(e))
        {
            return await LandedAfter(e, partition, batch);
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
                await _reads.SubmitTransactionAsync(some.Select(e => new TableTransactionAction(TableTransactionActionType.Delete, e, ETag.All)));
            }
        }
        catch (Exception e) when (IsFault(e) || e is StoreUnavailableException)
        {
            // The next snapshot tries again.
        }
    }

    /// <summary>The header is not the one that was read: another ETag, one where there was none, or none where there was one.</summary>
    private static bool IsLostRace(RequestFailedException e) =>
        e.ErrorCode == TableErrorCode.UpdateConditionNotSatisfied || e.ErrorCode == TableErrorCode.EntityAlreadyExists || e.ErrorCode == TableErrorCode.ResourceNotFound;

    /// <summary>Refused before anything was done: access, size, form, too many at once. A timeout is not: of that nobody is sure.</summary>
    private static bool IsRejected(RequestFailedException e) => e.Status is >= 400 and < 500 and not 408;

    private async Task<ETag?> LandedAfter(Exception fault, string partition, string batch)
    {
        try
        {
            if (await Landed(partition, batch) is { } etag)
            {
                return etag;
            }
        }
        catch (StoreUnavailableException)
        {
            // Still not to be known.
        }

        throw new OutcomeUnknownException($"Whether an append landed is not known: {Reason(fault)}", fault);
    }

    private async Task<ETag?> Landed(string partition, string batch) =>
        await Header(partition, default) is { } header && header.Batch == batch ? header.ETag : null;

    private async Task<T> Ask<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new StoreUnavailableException($"The table '{_reads.Name}' does not answer: {Reason(e)}", e);
        }
    }

    // The SDK wraps several failed tries in an AggregateException, and a timeout of its own in a cancellation.
    private static bool IsFault(Exception e) => e is RequestFailedException or AggregateException or IOException or OperationCanceledException;

    // The SDK's messages span many lines and repeat headers.
    private static string Reason(Exception e) => e switch
    {
        RequestFailedException r => $"{r.Status} {r.ErrorCode ?? r.Message.Split('\n')[0]}",
        AggregateException a when a.InnerException is { } first => Reason(first),
        _ => e.Message,
    };
}
