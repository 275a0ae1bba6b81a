using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Storage.Sqlite;

/// <summary>Orleans reminders in the table <c>reminder</c>: one row for each grain and reminder name.</summary>
/// <remarks>Source of the rules: Orleans' reminder table tests (facts/orleans.md §1.6). A row that cannot be read fails the query; it is not skipped.</remarks>
internal sealed class SqliteReminderTable(SqliteFile file) : IReminderTable
{
    /// <summary>
    /// grain_hash: <see cref="GrainId.GetUniformHashCode"/>, 0 to 2³²−1, first in the key so that ranges of the ring are ranges of the table.
    /// start_at: UTC, ISO 8601 with seven decimals. period: .NET's invariant <c>[d.]hh:mm:ss[.fffffff]</c>.
    /// </summary>
    internal const string Schema = """
        CREATE TABLE IF NOT EXISTS reminder (
            grain_hash INTEGER NOT NULL,
            grain_id   TEXT NOT NULL,
            name       TEXT NOT NULL,
            start_at   TEXT NOT NULL,
            period     TEXT NOT NULL,
            etag       TEXT NOT NULL,
            PRIMARY KEY (grain_hash, grain_id, name)
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Columns = "SELECT grain_id, name, start_at, period, etag FROM reminder ";
    private const string OfGrain = "WHERE grain_hash = $hash AND grain_id = $grain";
    private const string OfName = OfGrain + " AND name = $name";

    private const string Upsert = """
        INSERT INTO reminder (grain_hash, grain_id, name, start_at, period, etag) VALUES ($hash, $grain, $name, $start, $period, $etag)
        ON CONFLICT DO UPDATE SET start_at = excluded.start_at, period = excluded.period, etag = excluded.etag
        """;

    /// <summary>Fails when the table cannot be read, so that a silo without reminders does not start. May be called again.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        file.Read(connection => Query(connection, Columns + "LIMIT 1"), cancellationToken);

    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows(grainId, CancellationToken.None);

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(begin, end, CancellationToken.None);

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => ReadRow(grainId, reminderName, CancellationToken.None);

    public Task<string?> UpsertRow(ReminderEntry entry) => UpsertRow(entry, CancellationToken.None);

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        RemoveRow(grainId, reminderName, eTag, CancellationToken.None);

    public Task TestOnlyClearTable() => TestOnlyClearTable(CancellationToken.None);

    /// <exception cref="StoreUnavailableException">The rows could not be read.</exception>
    public Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken) => file.Read(
        connection => new ReminderTableData(Query(connection, Columns + OfGrain, Hash(grainId), Grain(grainId))),
        cancellationToken);

    /// <summary>
    /// All rows with a hash in (begin, end] of the ring: past 2³²−1 it goes on at 0 when begin ≥ end, and is the whole ring when they are equal.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The rows could not be read.</exception>
    public Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken) => file.Read(
        connection => new ReminderTableData(Query(
            connection,
            Columns + (begin < end ? "WHERE grain_hash > $begin AND grain_hash <= $end" : "WHERE grain_hash > $begin OR grain_hash <= $end"),
            ("$begin", (long)begin), ("$end", (long)end))),
        cancellationToken);

    /// <returns>Null when there is no such reminder.</returns>
    /// <exception cref="StoreUnavailableException">The row could not be read.</exception>
    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName, CancellationToken cancellationToken) => file.Read(
        connection => Query(connection, Columns + OfName, Hash(grainId), Grain(grainId), ("$name", reminderName)).SingleOrDefault(),
        cancellationToken);

    /// <summary>Writes the reminder whether or not it is there already; the entry's own ETag plays no part.</summary>
    /// <returns>The row's new ETag.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        var etag = RandomNumberGenerator.GetHexString(32, lowercase: true);
        (string, object?)[] row =
        [
            Hash(entry.GrainId), Grain(entry.GrainId), ("$name", entry.ReminderName),
            ("$start", InUtc(entry.StartAt).ToString("O", CultureInfo.InvariantCulture)),
            ("$period", entry.Period.ToString("c", CultureInfo.InvariantCulture)),
            ("$etag", etag),
        ];
        return file.Write<string?>(
            connection =>
            {
                SqliteFile.Execute(connection, Upsert, row);
                return etag;
            },
            cancellationToken);
    }

    /// <returns>False when there is no such reminder, or not with this ETag.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was removed.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been removed.</exception>
    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken) => file.Write(
        connection => SqliteFile.Execute(
            connection, "DELETE FROM reminder " + OfName + " AND etag = $etag", Hash(grainId), Grain(grainId), ("$name", reminderName), ("$etag", eTag)) == 1,
        cancellationToken);

    public Task TestOnlyClearTable(CancellationToken cancellationToken) =>
        file.Write(connection => SqliteFile.Execute(connection, "DELETE FROM reminder"), cancellationToken);

    private static (string, object?) Hash(GrainId grainId) => ("$hash", (long)grainId.GetUniformHashCode());

    private static (string, object?) Grain(GrainId grainId) => ("$grain", grainId.ToString());

    // Orleans means UTC also where a time has lost its kind.
    private static DateTime InUtc(DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private static List<ReminderEntry> Query(SqliteConnection connection, string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        using var command = SqliteFile.Command(connection, sql, parameters);
        using var reader = command.ExecuteReader();
        var entries = new List<ReminderEntry>();
        while (reader.Read())
        {
            entries.Add(new ReminderEntry
            {
                GrainId = GrainId.Parse(reader.GetString(0), CultureInfo.InvariantCulture),
                ReminderName = reader.GetString(1),
                StartAt = DateTime.ParseExact(reader.GetString(2), "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
                Period = TimeSpan.ParseExact(reader.GetString(3), "c", CultureInfo.InvariantCulture),
                ETag = reader.GetString(4),
            });
        }

        return entries;
    }
}
