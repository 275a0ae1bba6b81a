using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Bench;

/// <summary>Makes budgets that nobody asks again, each with one open hold, in the host's data directory; through the grains, without the API in between.</summary>
internal static class SeedingDues
{
    private const int AtOnce = 256;

    /// <param name="at">All of the holds expire within a second after that.</param>
    public static async Task Run(int budgets, DateTimeOffset at)
    {
        await using var host = Host.Build(["--urls", "http://127.0.0.1:0"]);
        await host.StartAsync();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        await Parallel.ForEachAsync(Enumerable.Range(0, budgets), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => await Hold(grains, at));
        await host.StopAsync();
    }

    private static async Task Hold(IGrainFactory grains, DateTimeOffset at)
    {
        var budget = grains.GetGrain<IBudgetGrain>(Base62.Random(AgentId.Prefix, 20));
        var limit = new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(Money.FromDollars(25)));
        await budget.Open(new OpenRequest("idle", "operator", "UTC", IsoDayOfWeek.Monday, null, limit));
        var left = (int)Math.Ceiling((at - TimeProvider.System.GetUtcNow()).TotalSeconds);
        var held = await budget.Hold(new HoldRequest(
            new HoldId(Base62.Random(HoldId.Prefix, 20)), Money.FromDollars(1), Purpose.None, new IdempotencyKey(Base62.Random("key-", 20)), left));
        if (held.Outcome != Outcome.Accepted)
        {
            throw new InvalidOperationException($"A hold of {left} s: {held.Outcome}");
        }
    }
}
