using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Crash;

/// <summary>What one journal in the file adds up to.</summary>
internal sealed class JournalSums
{
    public byte[] Hash { get; set; } = new byte[SHA256.HashSizeInBytes];

    public long LastSeq { get; set; }

    public long Spent { get; set; }

    public Dictionary<string, long> Open { get; } = [];

    public HashSet<string> Keys { get; } = [];
}

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
                journals.Add(name, sums = new JournalSums());
            }

            Enter(name, sums, reader.GetInt64(1), reader.GetInt64(2), (byte[])reader[3], (byte[])reader[4], tally);
        }

        CheckSeals(connection, tally);
        return journals;
    }

    private static void Enter(string name, JournalSums sums, long seq, long count, byte[] hash, byte[] events, Tally tally)
    {
        sums.Hash = SHA256.HashData([.. sums.Hash, .. events]);
        if (!sums.Hash.AsSpan().SequenceEqual(hash) || seq != sums.LastSeq + 1)
        {
            tally.Wrong($"{name}: the chain breaks at {seq}, after {sums.LastSeq}");
        }

        using var json = JsonDocument.Parse(events);
        if (json.RootElement.GetArrayLength() != count)
        {
            tally.Wrong($"{name}: the row at {seq} says {count} events and has {json.RootElement.GetArrayLength()}");
        }

        foreach (var one in json.RootElement.EnumerateArray())
        {
            sums.LastSeq++;
            var happened = one.EnumerateObject().Single();
            Enter(name, sums, happened.Name, happened.Value, tally);
        }
    }

    private static void Enter(string name, JournalSums sums, string kind, JsonElement e, Tally tally)
    {
        if (e.TryGetProperty("key", out var key) && !sums.Keys.Add(key.GetString()!))
        {
            tally.Doubled($"{name}: {key} at {sums.LastSeq} was there before");
        }

        switch (kind)
        {
            case "charged.v1":
                sums.Spent += e.GetProperty("amount").GetInt64();
                break;
            case "held.v1":
                sums.Open.Add(e.GetProperty("id").GetString()!, e.GetProperty("amount").GetInt64());
                break;
            case "settled.v1":
                sums.Spent += e.GetProperty("amount").GetInt64();
                End(name, sums, e, tally);
                break;
            case "released.v1" or "expired.v1":
                End(name, sums, e, tally);
                break;
        }

        if (e.TryGetProperty("after", out var after))
        {
            Compare(name, sums, after.GetProperty("total"), tally);
        }
    }

    private static void End(string name, JournalSums sums, JsonElement e, Tally tally)
    {
        var late = e.TryGetProperty("late", out var flag) && flag.GetBoolean();
        if (sums.Open.Remove(e.GetProperty("hold").GetProperty("id").GetString()!) == late)
        {
            tally.Wrong($"{name}: the hold that ends at {sums.LastSeq} was {(late ? "still" : "not")} open");
        }
    }

    /// <param name="total">[spent, held, limit] after the entry.</param>
    private static void Compare(string name, JournalSums sums, JsonElement total, Tally tally)
    {
        var (spent, held, limit) = (total[0].GetInt64(), total[1].GetInt64(), total[2].GetInt64());
        if (spent != sums.Spent || held != sums.Open.Values.Sum())
        {
            tally.Wrong($"{name}: entry {sums.LastSeq} says {spent} spent and {held} held, the entries add up to {sums.Spent} and {sums.Open.Values.Sum()}");
        }

        if (spent + held > limit)
        {
            tally.Over($"{name}: {spent} spent and {held} held under {limit} after entry {sums.LastSeq}");
        }
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
