using Budgets.Journal;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>The one thread that writes journals: takes everything that waits, from all grains, into one transaction.</summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>Appends that may wait; more are turned away.</summary>
    public const int MaxWaiting = 100_000;

    private static readonly TimeSpan QuietBeforeIndex = TimeSpan.FromMilliseconds(5);

    /// <summary>More appends than this are not waited for: while one commit is on its way to the disk, others should be decided.</summary>
    private const int EnoughForOneCommit = 16;

    /// <summary>Journals whose length is kept in memory; more, and all are looked up anew.</summary>
    private const int MaxHeads = 262_144;

    // SQLite lets waiting writers poll, and a busy one would starve them: inside this process they take turns.
    private readonly SemaphoreSlim _writeTurn;
    private readonly SqliteConnection _connection;
    private readonly Tail _tail;
    private readonly JournalIndex _index;
    private readonly Checkpointer _checkpointer;
    private readonly Statement _begin, _commit, _rollback, _findJournal, _addJournal, _addEntry, _addSnapshot, _lastSeq;
    private readonly Dictionary<long, long> _heads = [];
    private readonly List<(long Journal, Position Position, Append Append)> _written = [];
    private readonly Thread _thread;
    private readonly object _gate = new();
    private List<Pending> _waiting = [];
    private bool _stopping;
    private long _lastEntry;
    private bool _failed;

    public JournalWriter(DataDirectory directory, Tail tail)
    {
        _writeTurn = directory.WriteTurn;
        _writeTurn.Wait();
        try
        {
            _connection = SqliteDatabase.Open(directory.DatabasePath);
            SqliteDatabase.Execute(_connection, "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=0;");
            SqliteDatabase.CreateTables(_connection);
        }
        finally
        {
            _writeTurn.Release();
        }

        _tail = tail;
        _index = new JournalIndex(_connection, tail);
        _begin = new(_connection, "BEGIN IMMEDIATE");
        _commit = new(_connection, "COMMIT");
        _rollback = new(_connection, "ROLLBACK");
        _findJournal = new(_connection, "SELECT id FROM journals WHERE name = ?");
        _addJournal = new(_connection, "INSERT INTO journals(name) VALUES(?) RETURNING id");
        _addEntry = new(_connection, "INSERT INTO entries(id, journal, seq, count, hash, filings, events) VALUES(?, ?, ?, ?, ?, ?, ?)");
        _addSnapshot = new(_connection, "INSERT OR REPLACE INTO snapshots(journal, seq, hash, seal, state) VALUES(?, ?, ?, ?, ?)");
        _lastSeq = new(_connection, """
            SELECT e.seq + e.count - 1 FROM positions p JOIN entries e ON e.id = p.entry WHERE p.journal = ? ORDER BY p.seq DESC LIMIT 1
            """);
        using (var last = new Statement(_connection, "SELECT coalesce(max(id), 0) FROM entries"))
        {
            last.Step();
            _lastEntry = last.Int(0);
            last.Reset();
        }

        _checkpointer = new Checkpointer(_connection, directory.DatabasePath);
        _thread = new Thread(Run) { Name = "journal-writer", IsBackground = true };
        _thread.Start();
    }

    public sealed class Pending(SqliteJournal journal, Append append)
        : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public SqliteJournal Journal { get; } = journal;

        public Append Append { get; } = append;

        public long JournalId { get; set; }

        public bool Fits { get; set; }
    }

    public Task<bool> Append(SqliteJournal journal, Append append)
    {
        var pending = new Pending(journal, append);
        lock (_gate)
        {
            if (_stopping || _waiting.Count >= MaxWaiting)
            {
                throw new StoreUnavailableException(_stopping ? "The store is closed." : "The store has too many appends waiting.");
            }

            _waiting.Add(pending);
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }

        return pending.Task;
    }

    private void Run()
    {
        var batch = new List<Pending>();
        while (Take(ref batch))
        {
            Write(batch);
            batch.Clear();
        }
    }

    /// <summary>Waits for appends, but not while there is index work left; false: closed and drained.</summary>
    private bool Take(ref List<Pending> batch)
    {
        lock (_gate)
        {
            // After a failure the index waits for the next append too: a full disk must not be asked again and again.
            while (_waiting.Count == 0 && !_stopping && (!_index.IsBusy || _failed))
            {
                Monitor.Wait(_gate);
            }

            // A caller who writes again at once should not find the writer busy with the index.
            if (_waiting.Count == 0 && !_stopping)
            {
                Monitor.Wait(_gate, QuietBeforeIndex);
            }
        }

        Gather();
        lock (_gate)
        {
            (batch, _waiting) = (_waiting, batch);
            return batch.Count > 0 || !_stopping;
        }
    }

    /// <summary>Lets others run as long as that brings more appends: a commit costs the same for one as for many. A lone caller waits for nobody.</summary>
    private void Gather()
    {
        int before;
        do
        {
            before = Volatile.Read(ref _waiting).Count;
            Thread.Yield();
        }
        while (Volatile.Read(ref _waiting).Count > before && before < EnoughForOneCommit);
    }

    private void Write(List<Pending> batch)
    {
        var committing = false;
        _writeTurn.Wait();
        try
        {
            _begin.Run();
            foreach (var pending in batch)
            {
                WriteOne(pending);
            }

            _index.Advance(_written.Sum(w => 1 + w.Append.Filings.Length));
            committing = true;
            _commit.Run();
        }
        catch (SqliteException e)
        {
            Undo(batch, e, committing);
            return;
        }
        finally
        {
            _writeTurn.Release();
        }

        _failed = false;
        _index.Committed();
        if (_tail.Add(_written) && !_index.IsBusy)
        {
            _index.Begin();
        }

        _written.Clear();
        foreach (var pending in batch)
        {
            pending.Journal.Id = pending.JournalId;
            pending.SetResult(pending.Fits);
        }

        _checkpointer.Committed();
    }

    private void WriteOne(Pending pending)
    {
        var (journal, append) = (pending.Journal, pending.Append);
        var id = pending.JournalId = journal.Id != 0 ? journal.Id : FindOrAdd(journal.Name);
        pending.Fits = Head(id) == append.ExpectedSeq;
        if (!pending.Fits)
        {
            return;
        }

        var row = append.Row;
        _addEntry.Bind(1, ++_lastEntry).Bind(2, id).Bind(3, row.FirstSeq).Bind(4, row.Count)
            .BindBlob(5, row.Hash.Span).BindBlob(6, PackedFilings.Pack(append)).BindText(7, row.Events.Span).Run();
        if (append.Snapshot is { } s)
        {
            _addSnapshot.Bind(1, id).Bind(2, s.Seq).BindBlob(3, s.Hash.Span).BindBlob(4, s.Seal.Span).BindText(5, s.State.Span).Run();
        }

        _heads[id] = row.LastSeq;
        _written.Add((id, new Position(row.FirstSeq, row.LastSeq, _lastEntry), append));
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

    /// <summary>Before the commit nothing was written; a commit that failed may have been.</summary>
    private void Undo(List<Pending> batch, SqliteException e, bool committing)
    {
        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // The transaction is gone already: SQLite rolls back by itself on some errors.
        }

        _failed = true;
        _heads.Clear();
        _lastEntry -= _written.Count;
        _written.Clear();
        _index.RolledBack();
        foreach (var pending in batch)
        {
            pending.SetException(committing
                ? new OutcomeUnknownException($"A commit failed: {e.Message}", e)
                : new StoreUnavailableException($"The database did not take an append: {e.Message}", e));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        foreach (var statement in (Statement[])[_begin, _commit, _rollback, _findJournal, _addJournal, _addEntry, _addSnapshot, _lastSeq])
        {
            statement.Dispose();
        }

        _index.Dispose();
        _checkpointer.Dispose();
        _connection.Dispose();
    }
}
