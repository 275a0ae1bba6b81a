namespace Budgets.Tests.Journal;

/// <summary>A directory for one test, gone with it.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    /// <param name="inMemory">For bulk that is not about the disk: where there is a file system in memory, use it.</param>
    public ScratchDirectory(bool inMemory = false) => Path = System.IO.Path.Combine(
        inMemory && Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), $"budgets-test-{Guid.NewGuid():n}");

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "budgets.db");

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
