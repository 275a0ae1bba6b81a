using Budgets.ApiHost.Endpoints;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Budgets.ApiHost;

/// <summary>What ASP.NET measures and traces, beside what the silo's part of the process does.</summary>
internal static class ApiTelemetry
{
    /// <summary>Adds it to what is exported over OTLP; without an export there is nothing to add to.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        if (Embedded.AddTelemetry(builder))
        {
            builder.Services.AddOpenTelemetry()
                .WithMetrics(metrics => AddMeters(metrics))
                .WithTracing(traces => traces.AddAspNetCoreInstrumentation(o => o.Filter = IsWorthATrace));
        }
    }

    public static MeterProviderBuilder AddMeters(MeterProviderBuilder metrics) =>
        metrics.AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel");

    private static bool IsWorthATrace(HttpContext http) =>
        !http.Request.Path.StartsWithSegments("/health") && !http.Request.Path.StartsWithSegments(ApprovePages.Path) && !http.Request.Path.StartsWithSegments(MetricsEndpoints.Path) && !http.Request.Path.StartsWithSegments(DashboardEndpoints.Path);
}
