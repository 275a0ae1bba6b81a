using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>
/// The database file as the stores that seldom write use it (grain state, reminders): one connection that reads, one that writes, both off the grain scheduler.
/// </summary>
/// <remarks>
/// WAL and <c>synchronous=FULL</c>: a write that returned survives loss of power. Readers never wait for writers, not even for the journal's.
/// Cancellation ends the wait for a turn; what has begun runs to its end, so that its outcome is known.
/// </remarks>
internal sealed class SqliteFile : IDisposable
{
    /// <summary>How long to wait for a writer outside this process, say a person with the sqlite3 shell. In seconds.</summary>
    private const int BusyTimeoutSeconds = 30;

    private readonly string _path;
    private readonly SemaphoreSlim _readTurn = new(1, 1);
    private readonly SemaphoreSlim _writeTurn;
    private readonly SqliteConnection _reader;
    private readonly SqliteConnection _writer;
    private bool _disposed;

    /// <summary>Opens the file, creating it and the tables where they are missing.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be opened, is no database, or cannot be in WAL mode.</exception>
    public SqliteFile(DataDirectory directory)
    {
        _path = directory.DatabasePath;
        _writeTurn = directory.WriteTurn;
        _writer = new SqliteConnection(ConnectionString(_path));
        _reader = new SqliteConnection(ConnectionString(_path));

        // In turn with the other writers: the switch to WAL needs the file to itself and does not wait for it.
        _writeTurn.Wait();
        try
        {
            Open(_writer);
            InTransaction(connection => Execute(connection, SqliteGrainStorage.Schema + SqliteReminderTable.Schema));
            Open(_reader);
        }
        catch
        {
            Close();
            throw;
        }
        finally
        {
            _writeTurn.Release();
        }
    }

    /// <summary>Runs one query.</summary>
    /// <exception cref="StoreUnavailableException">It could not be answered. Never mistaken for "no rows".</exception>
    public Task<T> Read<T>(Func<SqliteConnection, T> query, CancellationToken cancellationToken) =>
        Run(_readTurn, () => Query(query), cancellationToken);

    /// <summary>Runs one transaction (BEGIN IMMEDIATE), which is durable when the task completes. Whatever <paramref name="work"/> throws rolls it back.</summary>
    /// <exception cref="StoreUnavailableException">Failed before the commit: nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">Failed in the commit: it may or may not have been written.</exception>
    public Task<T> Write<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        Run(_writeTurn, () => InTransaction(work), cancellationToken);

    public static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    /// <summary>Returns the number of rows inserted, updated or deleted.</summary>
    public static int Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Waits for what is running, then closes both connections. Whoever still waits for a turn gets an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _readTurn.Wait();
        _writeTurn.Wait();
        _disposed = true;
        Close();
        _writeTurn.Release();
        _readTurn.Release();
    }

    private async Task<T> Run<T>(SemaphoreSlim turn, Func<T> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(work, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private T InTransaction<T>(Func<SqliteConnection, T> work)
    {
        var committing = false;
        try
        {
            using var transaction = _writer.BeginTransaction(deferred: false);
            var result = work(_writer);
            committing = true;
            transaction.Commit();
            return result;
        }
        catch (SqliteException e) when (committing)
        {
            throw new OutcomeUnknownException($"The commit to '{_path}' failed ({e.Message}); whether it was written is not known.", e);
        }
        catch (SqliteException e)
        {
            throw Unavailable(e);
        }
    }

    private T Query<T>(Func<SqliteConnection, T> query)
    {
        try
        {
            return query(_reader);
        }
        catch (SqliteException e)
        {
            throw Unavailable(e);
        }
    }

    private void Open(SqliteConnection connection)
    {
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout={BusyTimeoutSeconds * 1000}; PRAGMA synchronous=FULL;");
            using var wal = Command(connection, "PRAGMA journal_mode=WAL");
            if (wal.ExecuteScalar() is not "wal")
            {
                throw new StoreUnavailableException($"The database '{_path}' cannot be put in WAL mode. Use a local disk.");
            }
        }
        catch (SqliteException e)
        {
            throw Unavailable(e);
        }
    }

    private StoreUnavailableException Unavailable(SqliteException e) => new($"The database '{_path}' does not answer: {e.Message}", e);

    private void Close()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    // Unpooled, so that closing closes: the directory can be moved or deleted at once.
    private static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusyTimeoutSeconds }.ToString();
}
