using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Budgets.Storage.Sqlite;

/// <summary>Copies the write-ahead log into the database file on a thread of its own, so that commits do not wait for it.</summary>
/// <remarks>
/// A log that is written to while it is copied never ends copied, and SQLite starts it anew only when it is: the few pages that came
/// meanwhile are copied by the writer itself, between two commits. Nothing here decides whether a commit is durable; a copy that fails is tried
/// again after the next commits, from a log that has grown.
/// </remarks>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>Pages in the log, some 50 MB, that are worth copying: the fewer, the more often the same page is copied, and the oftener a commit waits for the disk.</summary>
    private const int Due = 12_000;

    /// <summary>Pages that the writer may copy itself; about 1 ms.</summary>
    private const int Rest = 100;

    /// <summary>Pages behind which the writer waits: a log that grows faster than it is copied would fill the disk.</summary>
    private const int TooLong = 96_000;

    /// <summary>SQLITE_CHECKPOINT_NOOP (SQLite 3.51), which the bindings do not name yet: measures, copies nothing.</summary>
    private const int MeasureOnly = -1;

    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _connection;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private bool _isCopying;
    private bool _isRestLeft;
    private bool _isStopping;

    /// <param name="writer">The connection whose thread calls <see cref="Committed"/>.</param>
    public Checkpointer(SqliteConnection writer, string path)
    {
        _writer = writer;
        _connection = SqliteDatabase.Open(path);
        _thread = new Thread(Run) { Name = "checkpointer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>After every commit, on the writer's thread. It needs no turn: a copy does not lock writers out.</summary>
    public void Committed()
    {
        var behind = Copy(_writer, MeasureOnly);
        lock (_gate)
        {
            while (_isCopying && behind >= TooLong)
            {
                Monitor.Wait(_gate);
                behind = Copy(_writer, MeasureOnly);
            }

            if (_isCopying)
            {
                return;
            }

            _isCopying = behind >= Due;
            if (_isCopying)
            {
                _isRestLeft = false;
                Monitor.PulseAll(_gate);
                return;
            }
        }

        if (_isRestLeft)
        {
            _isRestLeft = false;
            Copy(_writer, raw.SQLITE_CHECKPOINT_PASSIVE);
        }
    }

    private void Run()
    {
        while (IsAsked())
        {
            CopyMost();
            lock (_gate)
            {
                (_isCopying, _isRestLeft) = (false, true);
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Waits until there is enough to copy; false: closed.</summary>
    private bool IsAsked()
    {
        lock (_gate)
        {
            while (!_isCopying && !_isStopping)
            {
                Monitor.Wait(_gate);
            }

            return !_isStopping;
        }
    }

    /// <summary>Until the rest is short, or no shorter than before.</summary>
    private void CopyMost()
    {
        for (var (before, behind) = (int.MaxValue, Due); behind > Rest && behind < before && !Volatile.Read(ref _isStopping);)
        {
            before = behind;
            Copy(_connection, raw.SQLITE_CHECKPOINT_PASSIVE);
            behind = Copy(_connection, MeasureOnly);
        }
    }

    /// <summary>Pages of the log that are not copied yet. A copy that fails or finds another one busy leaves them as they are.</summary>
    private static int Copy(SqliteConnection connection, int mode)
    {
        raw.sqlite3_wal_checkpoint_v2(connection.Handle, "main", mode, out var length, out var copied);
        return Math.Max(0, length - copied);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
        _connection.Dispose();
    }
}
