using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Budgets.Storage.Sqlite;

/// <summary>Orleans grain state in the table <c>grain_state</c>: one row for each grain and state name, deleted when the state is cleared.</summary>
/// <remarks>
/// <para>ETags are 128 random bits, so that one never returns after a clear. An ETag of null says "no row", and is checked like any other.</para>
/// <para>No service id in the key: a data directory belongs to one service, and a renamed service must not lose its state.</para>
/// <para>Source of the rules: Orleans' persistence test kit (facts/orleans.md §1.6).</para>
/// </remarks>
internal sealed class SqliteGrainStorage(SqliteFile file, IGrainStorageSerializer serializer, IActivatorProvider activators) : IGrainStorage
{
    /// <summary>The payload is what the serializer made: UTF-8 JSON unless another one was registered.</summary>
    internal const string Schema = """
        CREATE TABLE IF NOT EXISTS grain_state (
            grain_id   TEXT NOT NULL,
            state_name TEXT NOT NULL,
            etag       TEXT NOT NULL,
            payload    BLOB NOT NULL,
            PRIMARY KEY (grain_id, state_name)
        ) STRICT;
        """;

    private const string ReadRow = "SELECT etag, payload FROM grain_state WHERE grain_id = $grain AND state_name = $name";
    private const string ReadETag = "SELECT etag FROM grain_state WHERE grain_id = $grain AND state_name = $name";
    private const string Insert = "INSERT INTO grain_state (grain_id, state_name, etag, payload) VALUES ($grain, $name, $etag, $payload) ON CONFLICT DO NOTHING";
    private const string Update = "UPDATE grain_state SET etag = $etag, payload = $payload WHERE grain_id = $grain AND state_name = $name AND etag = $expected";
    private const string Delete = "DELETE FROM grain_state WHERE grain_id = $grain AND state_name = $name AND etag = $expected";

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <summary>A missing row gives a fresh state, no ETag and <c>RecordExists = false</c>.</summary>
    /// <exception cref="StoreUnavailableException">The row could not be read.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var grain = grainId.ToString();
        var row = await file.Read(connection => Find(connection, grain, stateName), cancellationToken);

        grainState.State = row is null ? Fresh<T>() : serializer.Deserialize<T>(new BinaryData(row.Payload)) ?? Fresh<T>();
        grainState.ETag = row?.ETag;
        grainState.RecordExists = row is not null;
    }

    /// <summary>Durable when the task completes; the state then carries a new ETag.</summary>
    /// <exception cref="InconsistentStateException">The row is not the one the state was read from. Nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        // Serialized before the first await, for afterwards the grain may change its state.
        var payload = serializer.Serialize(grainState.State).ToArray();
        var grain = grainId.ToString();
        var expected = Expected(grainState.ETag);
        var etag = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await file.Write(
            connection =>
            {
                var written = SqliteFile.Execute(
                    connection,
                    expected is null ? Insert : Update,
                    ("$grain", grain), ("$name", stateName), ("$expected", expected), ("$etag", etag), ("$payload", payload));
                return written == 1 ? written : throw Inconsistent(connection, grain, stateName, expected);
            },
            cancellationToken);

        grainState.ETag = etag;
        grainState.RecordExists = true;
    }

    /// <summary>Deletes the row; to clear what was never written, or was cleared already, is no error.</summary>
    /// <exception cref="InconsistentStateException">The row is not the one the state was read from. Nothing was deleted.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was deleted.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been deleted.</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var grain = grainId.ToString();
        var expected = Expected(grainState.ETag);
        await file.Write(
            connection =>
            {
                var deleted = SqliteFile.Execute(connection, Delete, ("$grain", grain), ("$name", stateName), ("$expected", expected));
                var nothingToDelete = expected is null && FindETag(connection, grain, stateName) is null;
                return deleted == 1 || nothingToDelete ? deleted : throw Inconsistent(connection, grain, stateName, expected);
            },
            cancellationToken);

        grainState.State = Fresh<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private static string? Expected(string? etag) => string.IsNullOrEmpty(etag) ? null : etag;

    private T Fresh<T>() => activators.GetActivator<T>().Create();

    private static Row? Find(SqliteConnection connection, string grain, string stateName)
    {
        using var command = SqliteFile.Command(connection, ReadRow, ("$grain", grain), ("$name", stateName));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new Row(reader.GetString(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    private static string? FindETag(SqliteConnection connection, string grain, string stateName)
    {
        using var command = SqliteFile.Command(connection, ReadETag, ("$grain", grain), ("$name", stateName));
        return (string?)command.ExecuteScalar();
    }

    private static InconsistentStateException Inconsistent(SqliteConnection connection, string grain, string stateName, string? expected) =>
        new($"The state '{stateName}' of grain '{grain}' was changed by another activation.", FindETag(connection, grain, stateName), expected);

    private sealed record Row(string ETag, byte[] Payload);
}
