using Budgets.Silo;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Crash;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Budgets.Tests.Cluster;

/// <summary>A cluster as operators run it, all on this machine: Azurite, three silos and two API hosts, a process each.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private const int SiloCount = 3;
    private const int HostCount = 2;

    private readonly SiloProcess[] _silos = new SiloProcess[SiloCount];
    private readonly ApiProcess[] _api = new ApiProcess[HostCount];
    private readonly Dictionary<string, string> _cluster;
    private IHost? _client;

    private Fleet(Azurite azurite, IReadOnlyDictionary<string, string> more)
    {
        Azurite = azurite;
        _cluster = new(more)
        {
            ["Budgets__Cluster"] = "AzureStorage",
            ["ConnectionStrings__Storage"] = azurite.ConnectionString,
            ["Budgets__AdvertisedAddress"] = "127.0.0.1",
        };
    }

    public Azurite Azurite { get; }

    /// <summary>Both API hosts, each the next request.</summary>
    public Rest Rest { get; private set; } = null!;

    /// <summary>Each API host by itself.</summary>
    public IReadOnlyList<Rest> Hosts { get; private set; } = [];

    public IReadOnlyList<SiloProcess> Silos => _silos;

    /// <summary>Of each API host, its process.</summary>
    public IReadOnlyList<int> HostIds => [.. _api.Select(a => a.Id)];

    /// <param name="more">Other settings of every process.</param>
    public static async Task<Fleet> Start(string operatorKey, IReadOnlyDictionary<string, string>? more = null)
    {
        var fleet = new Fleet(await Azurite.Start(), more ?? new Dictionary<string, string>());
        try
        {
            var ports = FreePorts.Take(3 * SiloCount);
            await Task.WhenAll(Enumerable.Range(0, SiloCount).Select(i => fleet.Begin(i, new SiloPorts(ports[3 * i], ports[(3 * i) + 1], ports[(3 * i) + 2]))));
            for (var i = 0; i < HostCount; i++)
            {
                fleet._api[i] = ApiProcess.Start(fleet._cluster, operatorKey);
            }

            Uri[] addresses = [.. (await Task.WhenAll(fleet._api.Select(h => h.Ready()))).Select(r => r.Address)];
            (fleet.Rest, fleet.Hosts) = (new Rest(addresses), [.. addresses.Select(a => new Rest(a))]);
            fleet._client = await fleet.Connect();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo that has ended once more, where it was, and waits until it is ready.</summary>
    public Task Restart(int silo)
    {
        var ports = _silos[silo].Ports;
        _silos[silo].Dispose();
        return Begin(silo, ports);
    }

    /// <summary>Of these budgets, those that are active on a silo.</summary>
    public async Task<HashSet<Purse>> HomedOn(int silo, IEnumerable<Purse> purses)
    {
        var grains = _client!.Services.GetRequiredService<IGrainFactory>();
        var management = grains.GetGrain<IManagementGrain>(0);
        var here = new HashSet<Purse>();
        foreach (var purse in purses)
        {
            if (await management.GetActivationAddress(grains.GetGrain<IBudgetGrain>(purse.Agent)) is { } address && address.Endpoint.Port == _silos[silo].Ports.Silo)
            {
                here.Add(purse);
            }
        }

        return here;
    }

    /// <summary>The silo that carries an agent's letters; -1: none just now.</summary>
    public async Task<int> CarrierOf(string agent)
    {
        var grains = _client!.Services.GetRequiredService<IGrainFactory>();
        var address = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grains.GetGrain<IDeliveryGrain>(agent));
        return Array.FindIndex(_silos, s => s.Ports.Silo == address?.Endpoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        Rest?.Dispose();
        foreach (var host in Hosts)
        {
            host.Dispose();
        }

        foreach (var process in (ChildProcess?[])[.. _api, .. _silos])
        {
            process?.Dispose();
        }

        Azurite.Dispose();
    }

    private Task Begin(int silo, SiloPorts ports) => (_silos[silo] = new SiloProcess(ports, _cluster)).Ready();

    /// <summary>A client of the test's own, to see where budgets are.</summary>
    private async Task<IHost> Connect()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_cluster.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), (string?)s.Value))).Build();
        var settings = ClusterSettings.Read(configuration, [])!;
        var host = Host.CreateApplicationBuilder();
        host.Logging.ClearProviders();
        host.UseOrleansClient(client => client.AddClusterClient(settings));
        var built = host.Build();
        await built.StartAsync();
        return built;
    }
}
