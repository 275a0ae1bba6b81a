using Azure.Data.Tables;
using Budgets.Tests.Crash;

namespace Budgets.Tests.AzureTables;

/// <param name="Key">Base64.</param>
internal sealed record Account(string Name, string Key);

/// <summary>The table service of Azurite, a process with its tables in memory. scripts/test.sh installs it.</summary>
internal sealed class Azurite : IDisposable
{
    /// <summary>Azurite's own: the same everywhere, and no secret.</summary>
    private static readonly Account s_own = new("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

    private static readonly Lazy<Task<Azurite>> s_shared = new(() => Start());

    private readonly Uri _address;
    private readonly Account _account;

    private Azurite(ChildProcess process, Uri address, Account account) => (Process, _address, _account) = (process, address, account);

    /// <summary>One for all tests that do it no harm.</summary>
    public static Task<Azurite> Shared => s_shared.Value;

    public ChildProcess Process { get; }

    /// <summary>For settings that take one.</summary>
    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={_account.Name};AccountKey={_account.Key};TableEndpoint={_address}{_account.Name};";

    public TableServiceClient Connect(TableClientOptions options) => new(ConnectionString, options);

    /// <summary>A name that no other test's table has.</summary>
    public static string NewTable() => $"t{Guid.NewGuid():n}";

    /// <param name="account">Null: Azurite's own.</param>
    public static async Task<Azurite> Start(Account? account = null)
    {
        // It does not tell which port it took, so it cannot be left to choose.
        var port = FreePorts.Take(1)[0];
        var process = new ChildProcess("node", [Script(), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--tablePort", $"{port}"],
            account is null ? null : new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{account.Name}:{account.Key}" });
        await process.Says("successfully started on ");
        return new Azurite(process, new Uri($"http://127.0.0.1:{port}/"), account ?? s_own);
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
