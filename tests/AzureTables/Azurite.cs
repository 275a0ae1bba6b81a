using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Data.Tables;

namespace Budgets.Tests.AzureTables;

/// <summary>The table service of Azurite, one process for all tests, its tables in memory. scripts/test.sh installs it.</summary>
internal sealed class Azurite
{
    /// <summary>Azurite's own: the same everywhere, and no secret.</summary>
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Listening = "successfully started on ";

    private static readonly Lazy<Task<Azurite>> s_shared = new(Start);

    private readonly Uri _address;

    private Azurite(Uri address) => _address = address;

    public static Task<Azurite> Shared => s_shared.Value;

    /// <summary>For settings that take one.</summary>
    public string ConnectionString => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};TableEndpoint={_address}{Account};";

    public TableServiceClient Connect(TableClientOptions options) => new(ConnectionString, options);

    /// <summary>A name that no other test's table has.</summary>
    public static string NewTable() => $"t{Guid.NewGuid():n}";

    private static async Task<Azurite> Start()
    {
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo("node", [Script(), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--tablePort", $"{port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(Listening, StringComparison.Ordinal))
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
                return new Azurite(new Uri($"http://127.0.0.1:{port}/"));
            }
        }

        throw new InvalidOperationException($"Azurite did not start; scripts/install.sh azurite installs it. {await process.StandardError.ReadToEndAsync()}");
    }

    // It does not tell which port it took, so it cannot be left to choose.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

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
