using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What this process measures, in Prometheus' text format. Figures of the whole, never of one agent; still, nobody's but the operator's.</summary>
internal static class MetricsEndpoints
{
    public const string Path = "/metrics";

    public static void Map(WebApplication app, Routes routes)
    {
        var scraping = new Scraping(app);
        app.Lifetime.ApplicationStopped.Register(scraping.Dispose);
        var operators = routes.Behind(Access.Operator, Path, call => scraping.Answer(call.Http));
        routes.Public("GET", Path, http => routes.Edge.Door.MayReadMetrics(http) ? scraping.Answer(http) : operators(http), new("metrics", "Operations", "What this process measures, for Prometheus")
        {
            Text = "For the operator key, or the key of Budgets__MetricsKey, which opens nothing else.",
            Access = Access.Operator,
            Answers = [new(200, null, "Prometheus' text format, or OpenMetrics where that is accepted.", "text/plain")],
        });
    }
}
