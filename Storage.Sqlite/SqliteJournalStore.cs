using System.Collections.Concurrent;
using System.Text;
using Budgets.Journal;
using Budgets.Ledger;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>Journals in the embedded SQLite file: one writer thread, readers beside it on their own connections (WAL).</summary>
/// <remarks>Reads are answered on the calling thread: they are a few cached pages each.</remarks>
public sealed class SqliteJournalStore : IJournalStore, IDisposable
{
    private readonly string _path;
    private readonly ConcurrentBag<Reader> _readers = [];
    private readonly JournalWriter _writer;

    public SqliteJournalStore(DataDirectory directory)
    {
        _path = directory.DatabasePath;
        _writer = new JournalWriter(directory, Tail);
    }

    internal Tail Tail { get; } = new();

    public IJournal Open(string name) => new SqliteJournal(this, name);

    internal Task<bool> Append(SqliteJournal journal, Append append) => _writer.Append(journal, append);

    internal Task Change(Action<DueRows> change) => _writer.Change(change);

    /// <exception cref="StoreUnavailableException">The file could not be read.</exception>
    internal T Read<T>(Func<Reader, T> read)
    {
        try
        {
            var reader = _readers.TryTake(out var pooled) ? pooled : new Reader(SqliteDatabase.Open(_path));
            try
            {
                var result = read(reader);
                _readers.Add(reader);
                return result;
            }
            catch
            {
                // A statement may stand half read in it.
                reader.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException($"The database could not be read: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    internal sealed class Reader(SqliteConnection connection) : IDisposable
    {
        public Statement Journal { get; } = new(connection, "SELECT id FROM journals WHERE name = ?");

        public Statement Snapshot { get; } = new(connection, "SELECT seq, hash, seal, state FROM snapshots WHERE journal = ?");

        public Statement After { get; } = new(connection, "SELECT entry FROM positions WHERE journal = ? AND seq > ? ORDER BY seq");

        public Statement Before { get; } = new(connection, "SELECT entry FROM positions WHERE journal = ? AND seq < ? ORDER BY seq DESC LIMIT ?");

        public Statement Between { get; } = new(connection, "SELECT entry FROM positions WHERE journal = ? AND seq >= ? AND seq < ? ORDER BY seq");

        public Statement End { get; } = new(connection, "SELECT seq, count, hash FROM entries WHERE id = ?");

        public Statement Filings { get; } = new(connection, "SELECT filings, journal FROM entries WHERE id = ?");

        public Statement Entry { get; } = new(connection, "SELECT seq, count, events, hash FROM entries WHERE id = ?");

        public Statement Filed { get; } = new(connection, "SELECT seq FROM filings WHERE journal = ? AND digest = ?");

        public Statement Dues { get; } = new(connection, """
            SELECT at, grain, kind, version FROM dues WHERE shard = ? AND at <= ? AND (at, grain, kind) > (?, ?, ?) ORDER BY at, grain, kind LIMIT ?
            """);

        public long JournalId(string name)
        {
            if (!Journal.BindText(1, name).Step())
            {
                return 0;
            }

            var id = Journal.Int(0);
            Journal.Reset();
            return id;
        }

        /// <summary>Where the row of an entry ends; its events are not read.</summary>
        public JournalEnd EndOf(long entry)
        {
            if (!End.Bind(1, entry).Step())
            {
                throw Missing(entry);
            }

            var end = new JournalEnd(End.Int(0) + End.Int(1) - 1, End.Bytes(2));
            End.Reset();
            return end;
        }

        public FiledRow FiledRowOf(long entry, long journal)
        {
            var row = RowOf(entry);
            Filings.Bind(1, entry).Step();
            var (packed, owner) = (Filings.Bytes(0), Filings.Int(1));
            Filings.Reset();
            if (owner != journal)
            {
                throw new JournalCorruptException($"Entry {entry} says that it is of another journal.");
            }

            return new FiledRow(row, PackedFilings.Unpack(packed, row.FirstSeq, row.Count, journal));
        }

        public JournalRow RowOf(long entry)
        {
            if (!Entry.Bind(1, entry).Step())
            {
                throw Missing(entry);
            }

            var row = new JournalRow(Entry.Int(0), (int)Entry.Int(1), Entry.Bytes(2), Entry.Bytes(3));
            if (row.Count != Entry.Int(1))
            {
                throw new JournalCorruptException($"Entry {entry} cannot have {Entry.Int(1)} events.");
            }

            Entry.Reset();
            return row;
        }

        private static JournalCorruptException Missing(long entry) => new($"Entry {entry} is indexed but missing.");

        public void Dispose()
        {
            foreach (var statement in (Statement[])[Journal, Snapshot, After, Before, Between, End, Filings, Entry, Filed, Dues])
            {
                statement.Dispose();
            }

            connection.Dispose();
        }
    }
}
