using System.Collections.Concurrent;
using System.Globalization;
using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>
/// Reservations that nobody ever touches again, and a process that is killed while they are made, wait, and are written down as expired. BUDGETS_KILLS: how often
/// (default 5; scripts/long-run.sh KillNineWakingTests BUDGETS_KILLS=100). BUDGETS_SEED: the moments to repeat.
/// </summary>
[Collection(nameof(OneSiege))]
public sealed class KillNineWakingTests
{
    private const int AgentsOfALife = 12;
    private const int HoldsOfAnAgent = 3;

    /// <summary>From the last expiry until the last of them must stand in its ledger: the step of an alarm, a look, and a start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("BUDGETS_KILLS") ?? "5", CultureInfo.InvariantCulture);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> _acknowledged = new();

    [Fact]
    public async Task Killed_at_any_moment_every_reservation_is_written_down_as_expired_and_once()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;
        var seed = KillNineTests.Seed();
        var random = new Random(seed);
        try
        {
            for (var life = 0; life < Kills; life++)
            {
                using var process = ApiProcess.Start(directory, _operatorKey);
                var (address, _) = await process.Ready();
                using var rest = new Rest(address);
                var reserving = Reserve(rest);
                using var moment = new PeriodicTimer(TimeSpan.FromSeconds(0.05 + (random.NextDouble() * 10)));
                await moment.WaitForNextTickAsync();
                await process.Kill();
                await reserving;
            }

            using var last = ApiProcess.Start(directory, _operatorKey);
            var (final, _) = await last.Ready();
            using var reader = new Rest(final);
            await AllExpire(reader, seed);
            last.Terminate();
            (await last.Exited()).Should().Be(0, last.Output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Agents of this life only: a later reservation of the same agent would write the expiries of those before it.</summary>
    private Task Reserve(Rest rest) => Task.WhenAll(Enumerable.Range(0, AgentsOfALife).Select(async n =>
    {
        var agent = await rest.Post("/v1/agents", _operatorKey, """{"name":"waking","budget":{"total_limit":1000}}""");
        if (agent.IsUnknown)
        {
            return;
        }

        var key = agent.Body.GetProperty("api_key").GetString()!;
        var held = _acknowledged.GetOrAdd(agent.Body.GetProperty("agent_id").GetString()!, _ => []);
        for (var hold = 0; hold < HoldsOfAnAgent; hold++)
        {
            var reservation = await rest.Post("/v1/reservations", key, $$"""{"amount":1,"ttl_seconds":{{1 + ((n + hold) % 4)}}}""");
            if (reservation.IsUnknown)
            {
                return;
            }

            reservation.Status.Should().Be(201, reservation.Code);
            held.Add(reservation.Body.GetProperty("reservation_id").GetString()!);
        }
    }));

    private async Task AllExpire(Rest rest, int seed)
    {
        _acknowledged.Should().NotBeEmpty();
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        foreach (var (agent, acknowledged) in _acknowledged)
        {
            var (held, expired) = await Ledger(rest, agent);
            acknowledged.Should().BeSubsetOf(held);
            while (expired.Count < held.Count)
            {
                (await pause.WaitForNextTickAsync(deadline.Token)).Should().BeTrue();
                (held, expired) = await Ledger(rest, agent);
            }

            expired.Should().BeEquivalentTo(held, $"each expires once; BUDGETS_SEED={seed}");
        }
    }

    private async Task<(List<string> Held, List<string> Expired)> Ledger(Rest rest, string agent)
    {
        var ledger = await rest.Get($"/v1/agents/{agent}/ledger?limit=100", _operatorKey);
        ledger.Status.Should().Be(200, ledger.Code);
        var entries = ledger.Body.GetProperty("data").EnumerateArray().Select(e => (Kind: e.GetProperty("kind").GetString(), Id: e)).ToList();
        return (Of("hold"), Of("expire"));

        List<string> Of(string kind) => [.. entries.Where(e => e.Kind == kind).Select(e => e.Id.GetProperty("reservation_id").GetString()!)];
    }
}
