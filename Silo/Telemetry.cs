using System.Diagnostics.Metrics;
using Budgets.Budgets;
using Budgets.Delivery;
using Budgets.Journal;
using Budgets.Recharge;
using Budgets.Trees;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Budgets.Silo;

/// <summary>Metrics, traces and logs of a process over OTLP, where the standard OTEL_* variables say where to; without them nothing is collected.</summary>
public static class Telemetry
{
    private const string Orleans = "Microsoft.Orleans";

    private static readonly string[] PerMessage = ["orleans-messaging-processing-", "orleans-messaging-sent-", "orleans-messaging-received-", "orleans-directory-lookups-"];

    private static readonly string[] GoneWrong = ["-failed", "-dropped", "-errors"];

    private static readonly string[] Endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    public static bool IsExported(IConfiguration configuration) =>
        Endpoints.Any(e => !string.IsNullOrEmpty(configuration[e])) && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);

    /// <param name="service">What the process calls itself unless OTEL_SERVICE_NAME says otherwise.</param>
    public static IHostApplicationBuilder AddTelemetry(this IHostApplicationBuilder host, string service)
    {
        if (!IsExported(host.Configuration))
        {
            return host;
        }

        host.Services.AddOpenTelemetry()
            .ConfigureResource(r => _ = host.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } ? r : r.AddService(service))
            .WithMetrics(m => m.AddBudgetMeters())
            .WithTracing(t => t.AddSource("Budgets.*", "Microsoft.Orleans.*"))
            .UseOtlpExporter();
        return host;
    }

    /// <summary>What budgets, journals, Orleans and the runtime measure.</summary>
    public static MeterProviderBuilder AddBudgetMeters(this MeterProviderBuilder metrics) => metrics
        .AddMeter(BudgetMetrics.MeterName, JournalMetrics.MeterName, TreeMetrics.MeterName, DeliveryMetrics.MeterName, RechargeMetrics.MeterName, Orleans, "System.Runtime")
        .AddView(i => IsCountedForEveryMessage(i) ? MetricStreamConfiguration.Drop : null);

    // Half a dozen counters say the same of every message. What goes wrong with messages is still counted.
    private static bool IsCountedForEveryMessage(Instrument i) =>
        i.Meter.Name == Orleans && !i.IsObservable
        && PerMessage.Any(p => i.Name.StartsWith(p, StringComparison.Ordinal))
        && !GoneWrong.Any(g => i.Name.EndsWith(g, StringComparison.Ordinal));
}
