using Budgets.Pricing;
using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Tests.Keys;
using Budgets.Tests.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace Budgets.Tests.Pricing;

/// <summary>Two silos with budgets and prices, a clock of ours and a <see cref="GrainShelf"/> for what the operator sets.</summary>
internal sealed class PriceCluster : IAsyncDisposable
{
    public const int Silos = 2;

    private readonly InProcessTestCluster _cluster;

    private PriceCluster()
    {
        var builder = new InProcessTestClusterBuilder(Silos);
        builder.Options.ConfigureFileLogging = false;
        var journals = new MemoryJournalStore();
        var dues = new MemoryDueIndex();
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<TimeProvider>("Budgets", Clock);
            silo.Services.AddSingleton<PriceBook>();
            silo.Services.AddGrainStorage("Default", (_, _) => Shelf);
            silo.Services.AddSingleton<IJournalStore>(journals);
            silo.Services.AddSingleton<IDueIndex>(dues);
        });
        _cluster = builder.Build();
    }

    /// <summary>Where the operator's prices are on the shelf.</summary>
    public static string Place { get; } = GrainShelf.Place("prices", "0");

    public FakeTimeProvider Clock { get; } = new(Priced.Today);

    public GrainShelf Shelf { get; } = new();

    public IPricesGrain Prices => _cluster.Client.GetGrain<IPricesGrain>(0);

    public static async Task<PriceCluster> Start()
    {
        var cluster = new PriceCluster();
        await cluster._cluster.DeployAsync();
        return cluster;
    }

    public IBudgetGrain Budget(AgentId agent) => _cluster.Client.GetGrain<IBudgetGrain>(agent.Value);

    public async Task<IBudgetGrain> Open(Limits above)
    {
        var budget = Budget(new AgentId(Base62.Random(AgentId.Prefix, 20)));
        var limits = new ConfigureRequest(
            Layer.Above, "operator", false, Daily: Change.To(above.Daily), OnUnknownPrice: Change.To<UnknownPriceRate?>(above.OnUnknownPrice));
        (await budget.Open(new OpenRequest("scribe", "operator", "UTC", IsoDayOfWeek.Monday, null, limits))).Result.Should().Be(ConfigureResult.Done);
        return budget;
    }

    /// <summary>What a budget on this silo is told.</summary>
    public async Task<Quote> QuoteOn(int silo, string model, TokenUsage usage)
    {
        var grains = _cluster.Silos.ElementAt(silo).ServiceProvider.GetRequiredService<IGrainFactory>();
        return (await grains.GetGrain<IQuoteGrain>(0).Quote([new QuoteRequest(model, usage, 1, Clock.GetUtcNow(), Clock.GetUtcNow())]))[0];
    }

    /// <summary>The next call finds a new activation.</summary>
    public async Task EndActivation(IGrain grain) => await _cluster.DeactivateAsync(grain);

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}
