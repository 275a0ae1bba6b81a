using System.Net;
using System.Net.Sockets;

namespace Budgets.Tests.Crash;

/// <summary>For programs that must be told where to listen.</summary>
internal static class FreePorts
{
    // Below what systems give to connections: a port must be free still when its program comes, and when it comes again after a kill.
    private const int First = 20_000;
    private const int Many = 12_000;

    private static int s_last = Random.Shared.Next(Many);

    /// <summary>Ports of the loopback address that nobody listens on, and that no other test is given.</summary>
    public static int[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private static int Next()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref s_last) % Many);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there.
            }
        }
    }
}
