using Azure;
using Azure.Data.Tables;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Budgets.Storage.AzureTables.GrainState;

/// <summary>Orleans grain state in a table that Orleans' own provider can read, and can have written: one row for each grain and state name, deleted when the state is cleared.</summary>
/// <remarks>
/// <para>An ETag of null says "nothing stored", and is checked like any other; a cleared row that was not deleted is nothing stored.</para>
/// <para>The client may try again by itself: a write that loses against its own first try is known by its name (<see cref="StateRow"/>), and is no conflict.</para>
/// <para>Source of the rules: Orleans' persistence test kit and provider (facts/orleans.md §1.4, §1.6).</para>
/// </remarks>
internal sealed class AzureTablesGrainStorage(
    TableServiceClient tables, string serviceId, IGrainStorageSerializer serializer, IActivatorProvider activators, string name = AzureTablesGrainStorage.DefaultTable) : IGrainStorage
{
    public const string DefaultTable = "OrleansGrainState";

    /// <summary>How often a first write meets a cleared row that is gone, or another, when it wants to replace it.</summary>
    private const int MostTries = 5;

    private readonly TableClient _table = tables.GetTableClient(name);

    /// <summary>Makes the table where it is missing; before the first state is read.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public Task Create(CancellationToken cancellation) => _table.CreateIfMissing(cancellation);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <summary>A missing or cleared row gives a fresh state, no ETag and <c>RecordExists = false</c>.</summary>
    /// <exception cref="StoreUnavailableException">The row could not be read.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var row = await Find(stateName, grainId, cancellationToken);
        var payload = row is null ? null : StateRow.Payload(row);

        grainState.State = payload is null ? Fresh<T>() : serializer.Deserialize<T>(payload) ?? Fresh<T>();
        grainState.ETag = payload is null ? null : row!.ETag.ToString();
        grainState.RecordExists = payload is not null;
    }

    /// <summary>Durable when the task completes; the state then carries a new ETag.</summary>
    /// <exception cref="InconsistentStateException">The row is not the one the state was read from. Nothing was written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The state is larger than <see cref="StateRow.MostBytes"/>. Nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        // Serialized before the first await, for afterwards the grain may change its state. What has begun runs to its end, so that its outcome is known.
        cancellationToken.ThrowIfCancellationRequested();
        var row = StateRow.Write(serviceId, grainId, stateName, serializer.Serialize(grainState.State));
        var etag = await Put(row, stateName, grainId, Expected(grainState.ETag));

        grainState.ETag = etag.ToString();
        grainState.RecordExists = true;
    }

    /// <summary>Deletes the row; to clear what was never written, or was cleared already, is no error.</summary>
    /// <exception cref="InconsistentStateException">The row is not the one the state was read from. Nothing was deleted.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was deleted.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been deleted.</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Expected(grainState.ETag) is { } expected)
        {
            // Emptied first: of a row that is gone nobody can tell whose delete it was.
            var cleared = StateRow.Cleared(serviceId, grainId, stateName);
            await Delete(cleared, await Put(cleared, stateName, grainId, expected));
        }
        else if (await Find(stateName, grainId, cancellationToken) is { } there && StateRow.Payload(there) is not null)
        {
            throw Inconsistent(stateName, grainId, there, null);
        }

        grainState.State = Fresh<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private async Task<ETag> Put(TableEntity row, string stateName, GrainId grain, string? expected)
    {
        var replaces = expected is null ? default(ETag?) : TableAnswers.Expected(expected);
        for (var tries = 1; ; tries++)
        {
            if (await TryPut(row, stateName, grain, replaces) is { } etag)
            {
                return etag;
            }

            var there = await Find(stateName, grain, default);
            if (there is not null && StateRow.AreOneWrite(there, row))
            {
                return there.ETag;
            }

            if (expected is not null || tries == MostTries || there is not null && StateRow.Payload(there) is not null)
            {
                throw Inconsistent(stateName, grain, there, expected);
            }

            replaces = there?.ETag;
        }
    }

    /// <returns>Null: the row is not as expected, or this very write has landed before.</returns>
    private async Task<ETag?> TryPut(TableEntity row, string stateName, GrainId grain, ETag? replaces)
    {
        try
        {
            var answer = await _table.Write(() => replaces is { } etag ? _table.UpdateEntityAsync(row, etag, TableUpdateMode.Replace) : _table.AddEntityAsync(row));
            return answer is null ? null : answer.Headers.ETag ?? throw new OutcomeUnknownException("The table gave no ETag for a write.");
        }
        catch (OutcomeUnknownException)
        {
            if (await Landed(row, stateName, grain) is { } etag)
            {
                return etag;
            }

            throw;
        }
    }

    private async Task<ETag?> Landed(TableEntity row, string stateName, GrainId grain)
    {
        try
        {
            return await Find(stateName, grain, default) is { } there && StateRow.AreOneWrite(there, row) ? there.ETag : null;
        }
        catch (StoreUnavailableException)
        {
            // Still not to be known.
            return null;
        }
    }

    private async Task Delete(TableEntity cleared, ETag etag)
    {
        try
        {
            await _table.Write(() => _table.DeleteEntityAsync(cleared.PartitionKey, cleared.RowKey, etag));
        }
        catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException)
        {
            // It is cleared all the same: a row without payload reads as none.
        }
    }

    /// <exception cref="InvalidOperationException">The row is of another grain or state, of the same key: it must be neither read nor replaced.</exception>
    private async Task<TableEntity?> Find(string stateName, GrainId grain, CancellationToken cancellation)
    {
        var (partition, key) = StateRow.Key(serviceId, grain, stateName);
        var row = await _table.Find(partition, key, cancellation);
        return row is null || !StateRow.IsAnothers(row, grain, stateName)
            ? row
            : throw new InvalidOperationException($"The state '{stateName}' of grain '{grain}' has the same key as '{row.GetString("StateName")}' of '{row.GetString("GrainId")}'.");
    }

    private static string? Expected(string? etag) => string.IsNullOrEmpty(etag) ? null : etag;

    private T Fresh<T>() => activators.GetActivator<T>().Create();

    private static InconsistentStateException Inconsistent(string stateName, GrainId grain, TableEntity? there, string? expected) => new(
        $"The state '{stateName}' of grain '{grain}' was changed by another activation.",
        there is null || StateRow.Payload(there) is null ? null : there.ETag.ToString(),
        expected);
}
