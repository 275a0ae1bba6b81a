using IoPath = System.IO.Path;

namespace Budgets.Storage.Sqlite;

/// <summary>
/// The directory of one embedded service, held by one process: opening it creates it (0700) and locks it until it is disposed of or its process ends.
/// </summary>
/// <remarks>
/// <para>Files: <c>budgets.db</c> (SQLite, with its <c>-wal</c> and <c>-shm</c>), <c>budgets.lock</c> (empty; its lock is what counts),
/// <c>budgets.pid</c> (decimal process id of the holder, for the message that a second process gets).</para>
/// <para>The lock is the operating system's, on an open file (flock; a share mode on Windows): <c>kill -9</c> releases it. The lock file is never
/// deleted, for a second process could then lock a file that has no name any more.</para>
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    private const string DatabaseFile = "budgets.db";
    private const string LockFile = "budgets.lock";
    private const string HolderFile = "budgets.pid";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>Absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Absolute path of the SQLite file; it need not exist yet.</summary>
    public string DatabasePath => IoPath.Combine(Path, DatabaseFile);

    /// <summary>
    /// Taken by every writer of the database for the length of one write transaction. All of them live in this process, so they can queue here in order.
    /// SQLite's own waiting polls: beside a journal that never rests, a polling writer waited 1.8 s at worst, one that queues 1.1 ms (2 cores, 40 writes).
    /// </summary>
    public SemaphoreSlim WriteTurn { get; } = new(1, 1);

    /// <summary>Creates the directory where it is missing and takes it for this process.</summary>
    /// <param name="path">Absolute, or relative to the current directory.</param>
    /// <exception cref="DataDirectoryInUseException">Another process, or this one, already holds it.</exception>
    /// <exception cref="DataDirectoryUnusableException">It cannot be created or written to, or its file system knows no locks.</exception>
    public static DataDirectory Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var full = IoPath.GetFullPath(path);
        try
        {
            Create(full);
            return Take(full);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not DataDirectoryInUseException and not DataDirectoryUnusableException))
        {
            throw new DataDirectoryUnusableException(
                $"The data directory '{full}' cannot be used: {e.Message} It must be a directory that this process may create files in.", e);
        }
    }

    /// <summary>Gives the directory up. Close the database first.</summary>
    public void Dispose()
    {
        // While the lock is still ours: afterwards the file may be the next holder's.
        var holder = IoPath.Combine(Path, HolderFile);
        try
        {
            if (_lock.CanRead && File.Exists(holder))
            {
                File.Delete(holder);
            }
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static DataDirectory Take(string path)
    {
        var @lock = TryLock(path) ?? throw DataDirectoryInUseException.For(path, ReadHolder(path));
        try
        {
            RequireThatLocksHold(path);
            File.WriteAllText(IoPath.Combine(path, HolderFile), $"{Environment.ProcessId}\n");
            return new DataDirectory(path, @lock);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>Null when someone else has the lock.</summary>
    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(IoPath.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            return null;
        }
    }

    // .NET goes on in silence where a file system has no flock or DOTNET_SYSTEM_IO_DISABLEFILELOCKING is set.
    // Two writers of one ledger are worse than none.
    private static void RequireThatLocksHold(string path)
    {
        using var second = TryLock(path);
        if (second is not null)
        {
            throw new DataDirectoryUnusableException(
                $"The data directory '{path}' cannot be used: file locks have no effect there, so a second process could not be kept out. "
                + "Use a local disk, and unset DOTNET_SYSTEM_IO_DISABLEFILELOCKING if it is set.");
        }
    }

    // The raw error number is all that tells "locked" from other I/O errors: ERROR_SHARING_VIOLATION on Windows,
    // EWOULDBLOCK elsewhere (11 on Linux, 35 on macOS and the BSDs).
    private static bool IsSharingViolation(IOException e) => e.HResult is unchecked((int)0x80070020) or 11 or 35;

    /// <summary>The holder's process id; null when it has not written it yet or we may not read it.</summary>
    private static int? ReadHolder(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(IoPath.Combine(path, HolderFile)), out var pid) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only decoration for an error that is being reported anyway.
            return null;
        }
    }
}
