using Budgets.Pricing;
using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Tests.Keys;
using Budgets.Tests.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace Budgets.Tests.Grains;

/// <summary>Silos with real budgets on a store of the test's choice, and a clock that only they go by.</summary>
internal sealed class BudgetCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private BudgetCluster(InProcessTestCluster cluster, FakeTimeProvider clock) => (_cluster, Clock) = (cluster, clock);

    public FakeTimeProvider Clock { get; }

    public IClusterClient Client => _cluster.Client;

    public IGrainFactory Grains => _cluster.Client;

    /// <param name="dues">Null: budgets set their alarms, and nobody wakes them.</param>
    /// <param name="configure">What else the silo needs.</param>
    public static async Task<BudgetCluster> Start(IJournalStore store, short silos = 1, IDueIndex? dues = null, Action<ISiloBuilder>? configure = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 4, 10, 0, 0, TimeSpan.Zero));
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<TimeProvider>("Budgets", clock);
            silo.Services.AddSingleton<PriceBook>();
            silo.Services.AddSingleton(store);
            silo.Services.AddGrainStorage("Default", (_, _) => new GrainShelf());
            silo.Services.AddSingleton(dues ?? new MemoryDueIndex());
            configure?.Invoke(silo);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new BudgetCluster(cluster, clock);
    }

    public static AgentId NewAgent() => new(Base62.Random(AgentId.Prefix, 20));

    public IBudgetGrain Budget(AgentId agent) => _cluster.Client.GetGrain<IBudgetGrain>(agent.Value);

    /// <summary>A new agent with one daily limit.</summary>
    public async Task<IBudgetGrain> Open(Money daily, AgentId? agent = null)
    {
        var budget = Budget(agent ?? NewAgent());
        var limit = new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(daily));
        (await budget.Open(new OpenRequest("scribe", "operator", "UTC", IsoDayOfWeek.Monday, null, limit))).Result.Should().Be(ConfigureResult.Done);
        return budget;
    }

    /// <summary>The next call finds a new activation.</summary>
    public async Task Deactivate(IAddressable grain) => await _cluster.DeactivateAsync(grain);

    /// <summary>Ends the silo that a grain is active on; its appends under way may still land.</summary>
    public async Task KillSiloOf(IAddressable grain)
    {
        _cluster.TryGetGrainContext(grain.GetGrainId(), out var context).Should().BeTrue();
        await _cluster.KillSiloAsync(_cluster.GetSiloForAddress(context!.Address.SiloAddress!)!);
    }

    /// <summary>Ends every silo.</summary>
    public Task KillSilos() => _cluster.StopSilosAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}

/// <summary>Requests with ids made anew, as the API makes them.</summary>
internal static class Ask
{
    public static Money Usd(decimal dollars) => Money.FromDollars(dollars);

    public static ChargeRequest Charge(decimal dollars, string? key = null) => new(new ChargeId(Base62.Random(ChargeId.Prefix, 20)), Usd(dollars), Purpose.None, Key(key));

    public static HoldRequest Hold(decimal dollars, string? key = null, int ttl = 600) => new(new HoldId(Base62.Random(HoldId.Prefix, 20)), Usd(dollars), Purpose.None, Key(key), ttl);

    private static IdempotencyKey Key(string? key) => new(key ?? Base62.Random("key-", 20));
}

internal static class Books
{
    /// <summary>The whole ledger, oldest first.</summary>
    public static async Task<List<LedgerEntry>> Ledger(this IBudgetGrain budget)
    {
        var entries = new List<LedgerEntry>();
        long? before = null;
        do
        {
            var page = await budget.GetLedger(new LedgerQuery(LedgerQuery.MaxLimit, before));
            entries.AddRange(page?.Entries ?? []);
            before = page?.Next;
        }
        while (before is not null);
        entries.Reverse();
        return entries;
    }

    public static async Task<Balance> Daily(this IBudgetGrain budget) => (await budget.GetBudget())!.Balances.Single(b => b.Type == LimitType.Daily);

    public static Money Spent(this IEnumerable<LedgerEntry> entries) =>
        entries.Where(e => e.Kind is EntryKind.Charge or EntryKind.Settle).Aggregate(Money.Zero, (sum, e) => sum + e.Amount);
}
