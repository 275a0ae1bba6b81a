using System.Net;

namespace Budgets.Tests.Crash;

/// <summary>The API host as users run it: a process of its own on a free loopback port.</summary>
internal sealed class ApiProcess : ChildProcess
{
    /// <summary>From the start of the process to the first "ready", without the time for which somebody else had the processor: of several starts, the middle one.</summary>
    public static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(3);

    /// <summary>The same for every single start: whoever looks may be late, and the disk somebody else's.</summary>
    public static readonly TimeSpan AlwaysStartsWithin = TimeSpan.FromSeconds(10);

    private ApiProcess(Dictionary<string, string> environment)
        : base("dotnet", [Built("ApiHost")], new Dictionary<string, string>(environment) { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" })
    {
    }

    /// <summary>With its silo in it, and all it keeps in a directory.</summary>
    /// <param name="more">Other settings.</param>
    public static ApiProcess Start(string dataDirectory, string operatorKey, IReadOnlyDictionary<string, string>? more = null) =>
        new(new(more ?? new Dictionary<string, string>()) { ["Budgets__DataDirectory"] = dataDirectory, ["Budgets__OperatorKey"] = operatorKey });

    /// <summary>For the silos of a cluster.</summary>
    /// <param name="cluster">As every process of the cluster is told.</param>
    public static ApiProcess Start(IReadOnlyDictionary<string, string> cluster, string operatorKey) =>
        new(new(cluster) { ["Budgets__OperatorKey"] = operatorKey });

    /// <summary>Waits for the first 200 of /health/ready.</summary>
    /// <returns>Where it listens, and how long it took from the start of the process, in its own time.</returns>
    public async Task<(Uri Address, TimeSpan Took)> Ready()
    {
        // With its logs as JSON, more comes after it.
        var address = new Uri((await Says("Now listening on: ")).Split('"')[0]);
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new HttpClient();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await StatusOf(client, new Uri(address, "/health/ready"), deadline.Token) != HttpStatusCode.OK)
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }

        return (address, OwnAge);
    }

    private static async Task<HttpStatusCode> StatusOf(HttpClient client, Uri uri, CancellationToken cancellation)
    {
        try
        {
            using var response = await client.GetAsync(uri, cancellation);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
