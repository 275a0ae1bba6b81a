using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Cluster;

/// <summary>Where one silo listens, through all its lives.</summary>
internal sealed record SiloPorts(int Silo, int Gateway, int Health);

/// <summary>One silo of a cluster as operators run it: a process of its own.</summary>
/// <param name="cluster">As every process of the cluster is told.</param>
internal sealed class SiloProcess(SiloPorts ports, IReadOnlyDictionary<string, string> cluster) : ChildProcess("dotnet", [Built("Silo")], new Dictionary<string, string>(cluster)
{
    ["Budgets__SiloPort"] = Text(ports.Silo),
    ["Budgets__GatewayPort"] = Text(ports.Gateway),
    ["Budgets__HealthPort"] = Text(ports.Health),
})
{
    private const string Yes = "yes";

    public SiloPorts Ports => ports;

    /// <summary>Waits until it says so.</summary>
    public async Task Ready()
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await Ask("ready") != Yes)
        {
            if (HasExited)
            {
                throw new InvalidOperationException($"The silo ended:\n{Output}");
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>What it says at its health port; null: nobody answers.</summary>
    /// <param name="question">"live" or "ready".</param>
    public async Task<string?> Ask(string question)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, ports.Health);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(question + "\n"));
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
