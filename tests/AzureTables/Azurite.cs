using Azure.Data.Tables;
using Budgets.Tests.Crash;

namespace Budgets.Tests.AzureTables;

/// <summary>The table service of Azurite, a process with its tables in memory. scripts/test.sh installs it.</summary>
internal sealed class Azurite : IDisposable
{
    /// <summary>Azurite's own: the same everywhere, and no secret.</summary>
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly Lazy<Task<Azurite>> s_shared = new(Start);

    private readonly Uri _address;

    private Azurite(ChildProcess process, Uri address) => (Process, _address) = (process, address);

    /// <summary>One for all tests that do it no harm.</summary>
    public static Task<Azurite> Shared => s_shared.Value;

    public ChildProcess Process { get; }

    /// <summary>For settings that take one.</summary>
    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};TableEndpoint={_address}{Account};";

    public TableServiceClient Connect(TableClientOptions options) => new(ConnectionString, options);

    /// <summary>A name that no other test's table has.</summary>
    public static string NewTable() => $"t{Guid.NewGuid():n}";

    public static async Task<Azurite> Start()
    {
        // It does not tell which port it took, so it cannot be left to choose.
        var port = FreePorts.Take(1)[0];
        var process = new ChildProcess("node", [Script(), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--tablePort", $"{port}"]);
        await process.Says("successfully started on ");
        return new Azurite(process, new Uri($"http://127.0.0.1:{port}/"));
    }

    public void Dispose() => Process.Dispose();

    private static string Script()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var script = Path.Combine(directory.FullName, "tests", "Peers", "node_modules", "azurite", "dist", "src", "table", "main.js");
            if (File.Exists(script))
            {
                return script;
            }
        }

        throw new FileNotFoundException("Azurite is not installed: scripts/install.sh azurite.");
    }
}
