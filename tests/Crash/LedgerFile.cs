using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Crash;

/// <summary>Reads the ledger from the file as an auditor would, with nothing of the service's own code: the hash chain, and what every entry says.</summary>
internal static class LedgerFile
{
    /// <returns>The sums of every journal by its name.</returns>
    public static Dictionary<string, JournalSums> Read(string path, Tally tally)
    {
        using var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var check = new SqliteCommand("PRAGMA integrity_check", connection);
        if (check.ExecuteScalar() is not "ok")
        {
            tally.Wrong("SQLite finds the file damaged");
        }

        var journals = new Dictionary<string, JournalSums>();
        using var rows = new SqliteCommand(
            "SELECT j.name, e.seq, e.count, e.hash, CAST(e.events AS BLOB) FROM entries e JOIN journals j ON j.id = e.journal ORDER BY e.id", connection);
        using var reader = rows.ExecuteReader();
        while (reader.Read())
        {
            var name = reader.GetString(0);
            if (!journals.TryGetValue(name, out var sums))
            {
                journals.Add(name, sums = new JournalSums(name));
            }

            sums.Enter(reader.GetInt64(1), reader.GetInt64(2), (byte[])reader[3], (byte[])reader[4], tally);
        }

        CheckSeals(connection, tally);
        return journals;
    }

    private static void CheckSeals(SqliteConnection connection, Tally tally)
    {
        using var snapshots = new SqliteCommand("SELECT journal, hash, seal, CAST(state AS BLOB) FROM snapshots", connection);
        using var reader = snapshots.ExecuteReader();
        while (reader.Read())
        {
            if (!SHA256.HashData([.. (byte[])reader[1], .. (byte[])reader[3]]).AsSpan().SequenceEqual((byte[])reader[2]))
            {
                tally.Wrong($"the snapshot of journal {reader.GetInt64(0)} does not match its seal");
            }
        }
    }
}
