using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record HealthAnswer(string Status);

/// <summary>Live: the process answers. Ready: the store answers too.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void Map(Routes routes)
    {
        routes.Public("GET", "/health/live", static http => Reply.Send(http, 200, Wire.Default.HealthAnswer, new HealthAnswer("live")), new("live", "Operations", "Whether the process answers")
        {
            Answers = [new(200, typeof(HealthAnswer), "It does.")],
        });
        routes.Public("GET", "/health/ready", http => Ready(http, routes.Edge), new("ready", "Operations", "Whether the store answers")
        {
            Answers = [new(200, typeof(HealthAnswer), "It does.")], Problems = [ProblemKind.StoreUnavailable],
        });
    }

    private static async Task Ready(HttpContext http, Edge edge)
    {
        try
        {
            await edge.Grains.GetGrain<IDirectoryGrain>(0).Ping().WaitAsync(Patience, http.RequestAborted);
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            await new Problem(ProblemKind.StoreUnavailable, $"The store does not answer ({e.GetType().Name}).").Send(http);
            return;
        }

        await Reply.Send(http, 200, Wire.Default.HealthAnswer, new HealthAnswer("ready"));
    }
}
