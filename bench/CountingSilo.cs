using System.Diagnostics.Metrics;
using System.Globalization;
using Budgets.Journal;
using Budgets.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Budgets.Bench;

/// <summary>A silo of a cluster as Silo/Program makes it, which also tells how many appends its journals have made, and how many events those held: "TALLY appends=… events=…".</summary>
internal sealed class CountingSilo : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private long _appends;
    private long _events;

    public static Task<int> Run(string[] args) => Launch.Run(async () =>
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(args);
        builder.Configuration.Sources.Insert(0, Launch.QuietLogs);
        var faults = new List<string>();
        var settings = ClusterSettings.Read(builder.Configuration, faults);
        Launch.RefuseIf(faults);
        builder.UseOrleans(silo => silo.AddClusterSilo(settings!));
        builder.Services.AddHostedService<CountingSilo>();
        await builder.Build().RunAsync();
    });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == JournalMetrics.MeterName && instrument.Name == "budget.journal.events_per_append")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, events, _, _) =>
        {
            Interlocked.Increment(ref _appends);
            Interlocked.Add(ref _events, events);
        });
        listener.Start();
        using var timer = new PeriodicTimer(Every);
        for (var told = -1L; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            var (appends, events) = (Interlocked.Read(ref _appends), Interlocked.Read(ref _events));
            if (events != told)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"TALLY appends={appends} events={events}"));
                told = events;
            }
        }
    }
}
