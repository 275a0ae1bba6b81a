using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Budgets.Couriers;

/// <summary>Finds the addresses of a name.</summary>
/// <param name="resolve">What asks for them; tests answer themselves.</param>
[SuppressMessage("Design", "CA1001", Justification = "Nothing waits on its handle, so it has none; and a resolver that is late gives its place back to nobody.")]
public sealed class Lookup(Func<string, Task<IPAddress[]>> resolve)
{
    /// <summary>
    /// The system's resolver holds a thread for as long as a name server keeps it waiting, and cannot be called off. So no more than this many ask at once; whoever runs
    /// a slow name server gets no more of our threads.
    /// </summary>
    public const int MostAtOnce = 32;

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    /// <summary>As this machine resolves names.</summary>
    public static Lookup System { get; } = new(static name => Dns.GetHostAddressesAsync(name));

    /// <returns>Null: none was found.</returns>
    public async Task<IPAddress[]?> Find(string name, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation);
        var found = Task.Run(() => resolve(name), CancellationToken.None);

        // The place is free when the thread is, not when the caller has lost patience.
        _ = found.ContinueWith(GiveBack, _places, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await found.WaitAsync(cancellation) is { Length: > 0 } addresses ? addresses : null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return null;
        }
    }

    private static void GiveBack(Task<IPAddress[]> found, object? places)
    {
        // Nobody may be waiting for it any more, and an error that nobody has seen is told to the whole process.
        _ = found.Exception;
        ((SemaphoreSlim)places!).Release();
    }
}
