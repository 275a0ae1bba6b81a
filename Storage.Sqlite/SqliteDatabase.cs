using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Budgets.Storage.Sqlite;

/// <summary>The tables of the embedded file, and connections to it.</summary>
/// <remarks>
/// <c>entries</c> is written in rowid order only: a charge of any budget touches the same few pages at the end of the file.
/// <c>positions</c> and <c>filings</c> are its indices, brought up to date behind it in large sorted portions
/// (<see cref="JournalIndex"/>). <c>ledger</c> is a view for people with sqlite3.
/// </remarks>
internal static class SqliteDatabase
{
    private const int SchemaVersion = 1;

    private const string Schema = """
        CREATE TABLE journals(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE);
        CREATE TABLE entries(
            id INTEGER PRIMARY KEY,
            journal INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            count INTEGER NOT NULL,
            hash BLOB NOT NULL,
            filings BLOB NOT NULL,
            events TEXT NOT NULL);
        CREATE TABLE positions(
            journal INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            PRIMARY KEY(journal, seq)) WITHOUT ROWID;
        CREATE TABLE filings(
            journal INTEGER NOT NULL,
            digest BLOB NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY(journal, digest)) WITHOUT ROWID;
        CREATE TABLE snapshots(
            journal INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            seal BLOB NOT NULL,
            state TEXT NOT NULL);
        CREATE TABLE indexed(
            only INTEGER PRIMARY KEY CHECK(only = 1),
            entry INTEGER NOT NULL);
        INSERT INTO indexed VALUES(1, 0);
        CREATE VIEW ledger AS
            SELECT substr(j.name, 8) AS agent_id,
                   e.seq + one.key AS seq,
                   event.value ->> '$.at' AS at,
                   event.key AS event,
                   (event.value ->> '$.amount') / 1e9 AS amount_usd,
                   event.value ->> '$.purpose.model' AS model,
                   event.value ->> '$.purpose.operation' AS operation,
                   event.value -> '$.purpose.tags' AS tags,
                   event.value -> '$.purpose.usage' AS usage,
                   event.value ->> '$.key' AS idempotency_key,
                   coalesce(event.value ->> '$.id', event.value ->> '$.hold.id') AS id,
                   event.value -> '$.after' AS balances_in_nanos
            FROM entries e
            JOIN journals j ON j.id = e.journal AND j.name LIKE 'budget/%',
                 json_each(e.events) one,
                 json_each(one.value) event;
        """;

    /// <summary>A connection that waits up to 30 s for a writer, and whose commits are on disk when they return.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be opened or is not ours.</exception>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA busy_timeout=30000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=0;");
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StoreUnavailableException($"The database {path} cannot be opened: {e.Message}", e);
        }
    }

    /// <exception cref="StoreUnavailableException">The file was written by another version of this program.</exception>
    public static void CreateTables(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        using var read = connection.CreateCommand();
        read.CommandText = "PRAGMA user_version";
        switch ((long)read.ExecuteScalar()!)
        {
            case 0:
                Execute(connection, Schema);
                Execute(connection, $"PRAGMA user_version={SchemaVersion}");
                break;
            case SchemaVersion:
                break;
            case var other:
                throw new StoreUnavailableException($"{connection.DataSource} has tables of version {other}; this program knows {SchemaVersion}. Use the program that wrote it, or another data directory.");
        }

        Execute(connection, DueRows.Schema);
        transaction.Commit();
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        var rc = raw.sqlite3_exec(connection.Handle, sql, out var message);
        if (rc != raw.SQLITE_OK)
        {
            throw new SqliteException(message, rc, raw.sqlite3_extended_errcode(connection.Handle));
        }
    }
}
