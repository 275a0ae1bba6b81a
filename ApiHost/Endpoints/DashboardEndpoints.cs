using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;
using Orleans.Dashboard;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Orleans' dashboard. It knows no authorization of its own: every page and every figure of it is behind our door.</summary>
internal static class DashboardEndpoints
{
    public const string Path = "/dashboard";

    public static void Map(WebApplication app, Edge edge) =>
        new OperatorPages(edge).Guard(app.MapOrleansDashboard(Path), new Described("dashboard", "Operations", "What silos and grains are doing"));
}
