using Budgets.Journal;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Grains;
using Budgets.Tests.Journal;
using CsCheck;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Budgets.Tests.Proofs;

/// <summary>Somebody changes one byte of the embedded file while the host is down. BUDGETS_TAMPERED: how many times (default 120).</summary>
public sealed class TamperedFileTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Times = int.Parse(Environment.GetEnvironmentVariable("BUDGETS_TAMPERED") ?? "120", System.Globalization.CultureInfo.InvariantCulture);

    private readonly ScratchDirectory _scratch = new(inMemory: true);
    private readonly ChangingStore _store = new();

    public void Dispose() => _scratch.Dispose();

    /// <param name="isIndexed">Whether the index has caught up with the rows, or all of them are still to be read at a start.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_changed_byte_of_any_stored_value_is_found_before_something_wrong_is_told(bool isIndexed)
    {
        await using var cluster = await BudgetCluster.Start(_store);
        var budgets = new TamperedBudgets(cluster);
        var whole = await Written(budgets, isIndexed);
        var found = new Dictionary<string, int>();
        await Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Int[1, 255]).SampleAsync(async (column, row, place, bits) =>
        {
            await File.WriteAllBytesAsync(_scratch.Database, whole);
            var changed = Change(column, row, place, (byte)bits);
            if (changed is null)
            {
                return;
            }

            var faults = await Restarted(budgets);

            found[changed] = found.GetValueOrDefault(changed) + 1;
            faults.Should().NotContain(TamperedBudgets.Wrong, $"{changed} was changed: {string.Join('\n', faults)}");
            faults.Should().NotBeEmpty($"{changed} was changed at {row}, {place} by {bits}");
        }, iter: Times, threads: 1);
        output.WriteLine(string.Join(", ", found.OrderBy(f => f.Key).Select(f => $"{f.Key} {f.Value}")));
    }

    /// <summary>Any byte of the file: of a page's own, of an index, of what nobody reads. Then nothing may be wrong that is told.</summary>
    [Fact]
    public async Task A_changed_byte_anywhere_in_what_was_written_of_a_ledger_makes_nobody_tell_a_wrong_balance()
    {
        await using var cluster = await BudgetCluster.Start(_store);
        var budgets = new TamperedBudgets(cluster);
        var whole = await Written(budgets, isIndexed: true);
        var (shut, unseen) = (0, 0);
        await Gen.Select(Gen.Int[4_096, whole.Length - 1], Gen.Int[1, 255]).SampleAsync(async (at, bits) =>
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= (byte)bits;
            await File.WriteAllBytesAsync(_scratch.Database, changed);

            var faults = await Restarted(budgets);

            (shut, unseen) = faults.Count > 0 ? (shut + 1, unseen) : (shut, unseen + 1);
            faults.Should().NotContain(TamperedBudgets.Wrong, $"byte {at} was changed by {bits}: {string.Join('\n', faults)}");
        }, iter: Times, threads: 1);
        output.WriteLine($"{shut} found, {unseen} in what no ledger is made of");
    }

    private async Task<byte[]> Written(TamperedBudgets budgets, bool isIndexed)
    {
        using (var directory = DataDirectory.Open(_scratch.Path))
        {
            using var store = new SqliteJournalStore(directory);
            _store.Now = store;
            await budgets.Live();
        }

        using (var connection = Connect())
        {
            if (isIndexed)
            {
                Index(connection);
            }

            Run(connection, "PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE");
        }

        var whole = await File.ReadAllBytesAsync(_scratch.Database);
        (await Restarted(budgets)).Should().BeEmpty("nothing was changed yet");
        return whole;
    }

    private async Task<List<string>> Restarted(TamperedBudgets budgets)
    {
        try
        {
            using var directory = DataDirectory.Open(_scratch.Path);
            using var store = new SqliteJournalStore(directory);
            _store.Now = store;
            return await budgets.Check();
        }
        catch (Exception e) when (e is SqliteException or StoreUnavailableException)
        {
            return [$"The store does not open: {e.Message}"];
        }
        finally
        {
            File.Delete(_scratch.Database + "-wal");
            File.Delete(_scratch.Database + "-shm");
        }
    }

    /// <returns>What was changed; null: that would have been another row's place.</returns>
    private string? Change(int column, int row, int place, byte bits)
    {
        using var connection = Connect();
        string[] columns = ["events", "events", "hash", "filings", "seq", "count", "journal", "state", "seal", "hash"];
        var (table, key) = column < 7 ? ("entries", "id") : ("snapshots", "journal");
        var rows = (long)Scalar(connection, $"SELECT count(*) FROM {table}")!;
        var id = (long)Scalar(connection, $"SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {row % rows}")!;
        var value = Scalar(connection, $"SELECT {(columns[column] is "events" or "state" ? $"CAST({columns[column]} AS BLOB)" : columns[column])} FROM {table} WHERE {key} = {id}");
        using var update = connection.CreateCommand();
        update.CommandText = $"UPDATE {table} SET {columns[column]} = {(columns[column] is "events" or "state" ? "CAST($value AS TEXT)" : "$value")} WHERE {key} = {id}";
        update.Parameters.AddWithValue("$value", value switch
        {
            byte[] bytes => Flipped(bytes, place, bits),
            long number => number ^ ((long)bits << (place % 8 * 8)),
            _ => throw new InvalidOperationException($"{columns[column]} is {value}."),
        });
        update.ExecuteNonQuery().Should().Be(1);
        return $"{table}.{columns[column]}";
    }

    private static byte[] Flipped(byte[] bytes, int place, byte bits)
    {
        bytes[place % bytes.Length] ^= bits;
        return bytes;
    }

    /// <summary>As the index is when it has caught up.</summary>
    private static void Index(SqliteConnection connection)
    {
        Run(connection, "INSERT OR REPLACE INTO positions SELECT journal, seq, id FROM entries; UPDATE indexed SET entry = (SELECT max(id) FROM entries)");
        List<(long Journal, Filing Filing)> filed = [];
        using (var read = connection.CreateCommand())
        {
            read.CommandText = "SELECT journal, seq, count, filings FROM entries ORDER BY id";
            using var rows = read.ExecuteReader();
            while (rows.Read())
            {
                filed.AddRange(PackedFilings.Unpack((byte[])rows[3], rows.GetInt64(1), rows.GetInt32(2), rows.GetInt64(0)).Select(f => (rows.GetInt64(0), f)));
            }
        }

        using var transaction = connection.BeginTransaction();
        foreach (var (journal, filing) in filed)
        {
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT OR REPLACE INTO filings(journal, digest, seq) VALUES($journal, $digest, $seq)";
            insert.Parameters.AddWithValue("$journal", journal);
            insert.Parameters.AddWithValue("$digest", JournalIndex.Bytes(filing.Digest.Value));
            insert.Parameters.AddWithValue("$seq", filing.Seq);
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={_scratch.Database};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
