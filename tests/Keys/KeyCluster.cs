using Budgets.Pricing;
using Budgets.Directories;
using Budgets.Tests.Directories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace Budgets.Tests.Keys;

/// <summary>One silo with the key and directory grains, a clock of ours and a <see cref="GrainShelf"/>.</summary>
public sealed class KeyCluster : IAsyncLifetime
{
    public const string Name = "key grains";

    private readonly InProcessTestCluster _cluster;

    public KeyCluster()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<TimeProvider>("Budgets", Clock);
            silo.Services.AddSingleton<PriceBook>();
            silo.Services.AddGrainStorage("Default", (_, _) => Shelf);
            silo.Services.AddSingleton<IAgentDirectory, MemoryAgentDirectory>();
        });
        _cluster = builder.Build();
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public GrainShelf Shelf { get; } = new();

    public IDirectoryGrain Directory => _cluster.Client.GetGrain<IDirectoryGrain>(0);

    public IRevocationsGrain Revocations => _cluster.Client.GetGrain<IRevocationsGrain>(0);

    public static KeyHash NewHash() => new(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));

    public static AgentId NewAgent() => new(Base62.Random(AgentId.Prefix, 20));

    public IKeyGrain Key(KeyHash hash) => _cluster.Client.GetGrain<IKeyGrain>(hash.Hex);

    public IKeyRingGrain Ring(AgentId agent) => _cluster.Client.GetGrain<IKeyRingGrain>(agent.Value);

    public KeyRecord NewRecord(AgentId? agent = null, DateTimeOffset? expiresAt = null) => new(
        new KeyId(Base62.Random(KeyId.Prefix, 20)), agent ?? NewAgent(), Scopes.Spend | Scopes.Manage, "abk_…Q7xZ", "laptop", Clock.GetUtcNow(), expiresAt, null);

    /// <summary>The number of the newest announcement.</summary>
    public async Task<long> RevocationsSoFar() => (await Revocations.Since(RevocationNews.None)).Number;

    /// <summary>The next call finds a new activation.</summary>
    public async Task EndActivation(IGrain grain) => await _cluster.DeactivateAsync(grain);

    public async Task InitializeAsync() => await _cluster.DeployAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();
}

[CollectionDefinition(KeyCluster.Name)]
public sealed class KeyClusterCollection : ICollectionFixture<KeyCluster>;
