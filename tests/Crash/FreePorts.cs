using System.Net;
using System.Net.Sockets;

namespace Budgets.Tests.Crash;

/// <summary>For programs that must be told where to listen.</summary>
internal static class FreePorts
{
    /// <summary>Ports of the loopback address that nobody listens on; different ones.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(l => l.Start());
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }
}
