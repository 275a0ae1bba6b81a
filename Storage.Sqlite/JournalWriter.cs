using System.Diagnostics;
using Budgets.Journal;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>The one thread that writes journals and dues: takes everything that waits, from all grains, into one transaction.</summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>Writes that may wait; more are turned away.</summary>
    public const int MaxWaiting = 100_000;

    private static readonly TimeSpan QuietBeforeIndex = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan AwakeForNext = TimeSpan.FromMilliseconds(0.5);

    /// <summary>More writes than this are not waited for: while one commit is on its way to the disk, others should be decided.</summary>
    private const int EnoughForOneCommit = 16;

    // SQLite lets waiting writers poll, and a busy one would starve them: inside this process they take turns.
    private readonly SemaphoreSlim _writeTurn;
    private readonly SqliteConnection _connection;
    private readonly Tail _tail;
    private readonly JournalIndex _index;
    private readonly Checkpointer _checkpointer;
    private readonly EntryRows _entries;
    private readonly DueRows _dues;
    private readonly Statement _begin, _commit, _rollback;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private List<Pending> _waiting = [];
    private bool _stopping;
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
        _entries = new EntryRows(_connection, tail);
        _dues = new DueRows(_connection);
        _checkpointer = new Checkpointer(_connection, directory.DatabasePath);
        _thread = new Thread(Run) { Name = "journal-writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>False: the journal does not end where it should, and nothing was written.</summary>
    public Task<bool> Append(SqliteJournal journal, Append append) => Write(new PendingAppend(_entries, journal, append));

    public Task Change(Action<DueRows> change) => Write(new PendingDues(_dues, change));

    private Task<bool> Write(Pending pending)
    {
        lock (_gate)
        {
            if (_stopping || _waiting.Count >= MaxWaiting)
            {
                throw new StoreUnavailableException(_stopping ? "The store is closed." : "The store has too many writes waiting.");
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
            var wasAlone = batch is [{ IsLone: true }];
            batch.Clear();
            if (wasAlone)
            {
                StayAwake();
            }
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

    /// <summary>What a lone caller does next often comes sooner than a sleeping thread is woken. Among many, whoever looks for work only keeps others from theirs.</summary>
    private void StayAwake()
    {
        for (var begun = Stopwatch.GetTimestamp(); Volatile.Read(ref _waiting).Count == 0 && Stopwatch.GetElapsedTime(begun) < AwakeForNext;)
        {
            Thread.Yield();
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
                pending.Write();
            }

            _index.Advance(_entries.Written.Sum(w => 1 + w.Append.Filings.Length));
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
        if (_tail.Add(_entries.Written) && !_index.IsBusy)
        {
            _index.Begin();
        }

        _entries.Committed();
        foreach (var pending in batch)
        {
            pending.Committed();
        }

        _checkpointer.Committed();
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
        _entries.RolledBack();
        _index.RolledBack();
        foreach (var pending in batch)
        {
            pending.SetException(committing
                ? new OutcomeUnknownException($"A commit failed: {e.Message}", e)
                : new StoreUnavailableException($"The database did not take a write: {e.Message}", e));
        }
    }

    private sealed class PendingAppend(EntryRows entries, SqliteJournal journal, Append append) : Pending
    {
        private long _journalId;
        private bool _fits;

        public override bool IsLone => append.Row.Count == 1;

        public override void Write()
        {
            _journalId = journal.Id;
            _fits = entries.TryAdd(ref _journalId, journal.Name, append);
        }

        public override void Committed()
        {
            journal.Id = _journalId;
            SetResult(_fits);
        }
    }

    private sealed class PendingDues(DueRows dues, Action<DueRows> change) : Pending
    {
        public override void Write() => change(dues);

        public override void Committed() => SetResult(true);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        foreach (var one in (IDisposable[])[_begin, _commit, _rollback, _entries, _dues])
        {
            one.Dispose();
        }

        _index.Dispose();
        _checkpointer.Dispose();
        _connection.Dispose();
    }
}
