using Budgets.Journal;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>Writes appends into the tables of the journals, and knows where each journal ends. For the writer's thread only.</summary>
internal sealed class EntryRows : IDisposable
{
    /// <summary>Journals whose length is kept in memory; more, and all are looked up anew.</summary>
    private const int MaxHeads = 262_144;

    private readonly Tail _tail;
    private readonly Statement _findJournal, _addJournal, _addEntry, _addSnapshot, _lastSeq;
    private readonly Dictionary<long, long> _heads = [];
    private readonly List<(long Journal, Position Position, Append Append)> _written = [];
    private long _lastEntry;

    public EntryRows(SqliteConnection connection, Tail tail)
    {
        _tail = tail;
        _findJournal = new(connection, "SELECT id FROM journals WHERE name = ?");
        _addJournal = new(connection, "INSERT INTO journals(name) VALUES(?) RETURNING id");
        _addEntry = new(connection, "INSERT INTO entries(id, journal, seq, count, hash, filings, events) VALUES(?, ?, ?, ?, ?, ?, ?)");
        _addSnapshot = new(connection, "INSERT OR REPLACE INTO snapshots(journal, seq, hash, seal, state) VALUES(?, ?, ?, ?, ?)");
        _lastSeq = new(connection, """
            SELECT e.seq + e.count - 1 FROM positions p JOIN entries e ON e.id = p.entry WHERE p.journal = ? ORDER BY p.seq DESC LIMIT 1
            """);
        using var last = new Statement(connection, "SELECT coalesce(max(id), 0) FROM entries");
        last.Step();
        _lastEntry = last.Int(0);
        last.Reset();
    }

    /// <summary>What the transaction has written so far.</summary>
    public IReadOnlyList<(long Journal, Position Position, Append Append)> Written => _written;

    /// <summary>Adds an append; false: the journal does not end where it should, and nothing was added.</summary>
    /// <param name="journal">Its number; 0: not known yet.</param>
    public bool TryAdd(ref long journal, string name, Append append)
    {
        journal = journal != 0 ? journal : FindOrAdd(name);
        if (Head(journal) != append.ExpectedSeq)
        {
            return false;
        }

        var row = append.Row;
        _addEntry.Bind(1, ++_lastEntry).Bind(2, journal).Bind(3, row.FirstSeq).Bind(4, row.Count)
            .BindBlob(5, row.Hash.Span).BindBlob(6, PackedFilings.Pack(append, journal)).BindText(7, row.Events.Span).Run();
        if (append.Snapshot is { } s)
        {
            _addSnapshot.Bind(1, journal).Bind(2, s.Seq).BindBlob(3, s.Hash.Span).BindBlob(4, s.Seal.Span).BindText(5, s.State.Span).Run();
        }

        _heads[journal] = row.LastSeq;
        _written.Add((journal, new Position(row.FirstSeq, row.LastSeq, _lastEntry), append));
        return true;
    }

    public void Committed() => _written.Clear();

    public void RolledBack()
    {
        _heads.Clear();
        _lastEntry -= _written.Count;
        _written.Clear();
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_findJournal, _addJournal, _addEntry, _addSnapshot, _lastSeq])
        {
            statement.Dispose();
        }
    }

    private long FindOrAdd(string name)
    {
        if (_findJournal.BindText(1, name).Step())
        {
            var found = _findJournal.Int(0);
            _findJournal.Reset();
            return found;
        }

        _addJournal.BindText(1, name).Step();
        var added = _addJournal.Int(0);
        _addJournal.Step();
        return added;
    }

    private long Head(long journal)
    {
        if (_heads.TryGetValue(journal, out var head))
        {
            return head;
        }

        head = _tail.LastSeq(journal) ?? 0;
        if (head == 0 && _lastSeq.Bind(1, journal).Step())
        {
            head = _lastSeq.Int(0);
            _lastSeq.Reset();
        }

        if (_heads.Count >= MaxHeads)
        {
            _heads.Clear();
        }

        return _heads[journal] = head;
    }
}
