namespace Budgets.Tests.Crash;

/// <summary>One data directory and its crowd, through many lives of the process.</summary>
internal sealed class Siege(int seed, bool isFamily = false) : Crowd(seed, isFamily: isFamily), IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("budgets-crash-").FullName;

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public ApiProcess Start() => ApiProcess.Start(Directory, OperatorKey);

    /// <summary>Waits until it is ready, and notes how long that took.</summary>
    public async Task<Rest> Ready(ApiProcess process)
    {
        var (address, took) = await process.Ready();
        Tally.Started(took);
        return new Rest(address);
    }

    /// <summary>The file, which no process has open any more, against everything the ledgers have shown.</summary>
    public void AuditFile()
    {
        var journals = LedgerFile.Read(Path.Combine(Directory, "budgets.db"), Tally);
        foreach (var purse in Purses)
        {
            journals[$"budget/{purse.Agent}"].Compare(purse, Tally);
        }
    }
}
