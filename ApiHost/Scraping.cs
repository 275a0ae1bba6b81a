using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Budgets.ApiHost;

/// <summary>Prometheus' reader of this process. Nothing is measured for it before somebody has asked for the first time: what nobody reads shall cost nothing.</summary>
/// <remarks>So counters begin at the first scrape, as after a restart.</remarks>
internal sealed class Scraping : IDisposable
{
    private readonly Lazy<(MeterProvider Meters, RequestDelegate Answer)> _reader;

    public Scraping(IApplicationBuilder app) => _reader = new(() => Begin(app.New()));

    public Task Answer(HttpContext http) => _reader.Value.Answer(http);

    public void Dispose()
    {
        if (_reader.IsValueCreated)
        {
            _reader.Value.Meters.Dispose();
        }
    }

    private static (MeterProvider Meters, RequestDelegate Answer) Begin(IApplicationBuilder branch)
    {
        var builder = Sdk.CreateMeterProviderBuilder();
        Embedded.AddMeters(builder);
        var meters = ApiTelemetry.AddMeters(builder).AddPrometheusExporter(o => o.ScrapeResponseCacheDurationMilliseconds = 0).Build();
        branch.UseOpenTelemetryPrometheusScrapingEndpoint(meters, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null);
        return (meters, branch.Build());
    }
}
