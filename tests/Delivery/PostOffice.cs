using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Budgets.Delivery;
using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Delivery;

/// <summary>Silos with real delivery grains, a world of the test's, and time that passes when the test says.</summary>
internal sealed class PostOffice : IAsyncDisposable
{
    private static readonly TimeSpan Hopeless = TimeSpan.FromMinutes(2);

    private readonly BudgetCluster _cluster;

    private PostOffice(BudgetCluster cluster, Postbox postbox, Log log) => (_cluster, Postbox, Logged) = (cluster, postbox, log);

    public Postbox Postbox { get; }

    public Log Logged { get; }

    public DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public static async Task<PostOffice> Start(IJournalStore store, Postbox? postbox = null, short silos = 1)
    {
        var (box, log) = (postbox ?? new Postbox(), new Log());
        var cluster = await BudgetCluster.Start(store, silos, configure: silo =>
        {
            silo.Services.AddSingleton<ICourier>(box);
            silo.Services.AddSingleton<ILoggerProvider>(log);
        });
        return new PostOffice(cluster, box, log);
    }

    public IDeliveryGrain Of(AgentId agent) => _cluster.Grains.GetGrain<IDeliveryGrain>(agent.Value);

    public Task KillSiloOf(IDeliveryGrain delivery) => _cluster.KillSiloOf(delivery);

    public Task Deactivate(IDeliveryGrain delivery) => _cluster.Deactivate(delivery);

    /// <summary>Time passes; the scheduler, which here is the test, wakes the grain, and it does what there is to do.</summary>
    public async Task Pass(IDeliveryGrain delivery, TimeSpan time)
    {
        Advance(time);
        await Wake(delivery);
        await Settled(delivery);
    }

    public void Advance(TimeSpan time) => _cluster.Clock.Advance(time);

    public Task Wake(IDeliveryGrain delivery) => UntilKnown(async () =>
    {
        await delivery.AsReference<IWakeable>().Wake(new Due(Now, delivery.GetGrainId(), "letters"));
        return true;
    });

    /// <summary>Nobody has his turn now. Returns all that is remembered, oldest first.</summary>
    public async Task<List<DeliveryView>> Settled(IDeliveryGrain delivery)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var heads = (await All(delivery, DeliveryStatus.Pending)).GroupBy(d => (d.Layer, d.Channel, d.Target)).Select(g => g.First());
            if (heads.All(h => h.NextTryAt > Now))
            {
                return await All(delivery);
            }

            Stopwatch.GetElapsedTime(since).Should().BeLessThan(Hopeless, "what is due is done");
            await Task.Yield();
        }
    }

    public static async Task<List<DeliveryView>> All(IDeliveryGrain delivery, DeliveryStatus? status = null)
    {
        var all = new List<DeliveryView>();
        long? before = null;
        do
        {
            var page = await UntilKnown(() => delivery.GetDeliveries(status, null, before, Viewing.MostOnPage));
            all.AddRange(page.Deliveries);
            before = page.Next;
        }
        while (before is not null);
        all.Reverse();
        return all;
    }

    public static Task Take(IDeliveryGrain delivery, params Alert[] alerts) => UntilKnown(async () =>
    {
        await delivery.Take(new AgentId(delivery.GetPrimaryKeyString()), alerts.ToImmutableArray());
        return true;
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}

/// <summary>All that silos say, whatever its level.</summary>
internal sealed class Log : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _said = new();

    public string Said => string.Join('\n', _said);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _said.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // What was said is read afterwards.
    }
}
