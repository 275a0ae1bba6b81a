using System.Globalization;
using System.Security.Cryptography;
using Budgets.Scheduling;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;

namespace Budgets.Storage.Sqlite;

/// <summary>Writes the table of the due index. For the writer's thread only.</summary>
internal sealed class DueRows(SqliteConnection connection) : IDisposable
{
    /// <summary>
    /// at: UTC, ISO 8601 with seven decimals. version: chance, anew with each put. Added to the tables of version 1, which a file may have without it.
    /// </summary>
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS dues(
            shard INTEGER NOT NULL,
            at TEXT NOT NULL,
            grain TEXT NOT NULL,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY(shard, at, grain, kind)) WITHOUT ROWID;
        """;

    private readonly Statement _put = new(connection, "INSERT OR REPLACE INTO dues(shard, at, grain, kind, version) VALUES(?, ?, ?, ?, ?)");

    private readonly Statement _remove = new(connection, "DELETE FROM dues WHERE shard = ? AND at = ? AND grain = ? AND kind = ? AND version = ?");

    public void Put(Due due) => Bind(_put, due).Bind(5, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)))).Run();

    public void Remove(Due due, long version) => Bind(_remove, due).Bind(5, version).Run();

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    public static DueRow Read(string at, string grain, string kind, long version) => new(
        new Due(DateTimeOffset.ParseExact(at, "O", CultureInfo.InvariantCulture), GrainId.Parse(grain, CultureInfo.InvariantCulture), kind),
        version.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        _put.Dispose();
        _remove.Dispose();
    }

    private static Statement Bind(Statement statement, Due due) =>
        statement.Bind(1, due.Shard).BindText(2, Text(due.At)).BindText(3, due.Grain.ToString()).BindText(4, due.Kind);
}
