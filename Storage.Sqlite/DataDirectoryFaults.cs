namespace Budgets.Storage.Sqlite;

/// <summary>
/// The data directory is held already, by another process or by this one. The message names the directory and, when known, the holder's process id.
/// </summary>
public sealed class DataDirectoryInUseException : IOException
{
    public DataDirectoryInUseException() { }

    public DataDirectoryInUseException(string message) : base(message) { }

    public DataDirectoryInUseException(string message, Exception innerException) : base(message, innerException) { }

    internal static DataDirectoryInUseException For(string path, int? holder)
    {
        var who = holder == Environment.ProcessId ? "this process has it open already"
            : holder is null ? "another process uses it"
            : $"another process (pid {holder}) uses it";
        return new(
            $"The data directory '{path}' is in use: {who}. Only one process may write a ledger. "
            + "Stop that one first, or start this one with a data directory of its own.");
    }
}

/// <summary>The data directory cannot be created, written to or locked. The message says which and why.</summary>
public sealed class DataDirectoryUnusableException : IOException
{
    public DataDirectoryUnusableException() { }

    public DataDirectoryUnusableException(string message) : base(message) { }

    public DataDirectoryUnusableException(string message, Exception innerException) : base(message, innerException) { }
}
