using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Routing;

/// <summary>What was said of a call is known for good, and counts once, whatever becomes of silos and stores.</summary>
public sealed class RouterGrainTests
{
    private static readonly Job Job = new("chat/completions", Complexity.Simple);

    private static readonly ImmutableArray<RouteCandidate> Models =
        [new("small", 0, 0.85, Money.FromDollars(0.1m)), new("middle", 1, 0.9, Money.FromDollars(1))];

    [Fact]
    public async Task What_was_learnt_is_known_after_a_restart_and_taken_once_ever()
    {
        var store = new MemoryJournalStore();
        var (root, rating) = (BudgetCluster.NewAgent(), new RatingRequest(EdgeIds.CallHold(), BudgetCluster.NewAgent(), Job, "small", 0.1));
        await using (var cluster = await BudgetCluster.Start(store))
        {
            (await Router(cluster, root).Choose([Asked()])).Single().Should().Equal("small", "middle");
            (await Router(cluster, root).Rate(rating)).Should().Be(new RatingOutcome(RatingResult.Taken, 0.1));
        }

        await using (var cluster = await BudgetCluster.Start(store))
        {
            (await Router(cluster, root).Choose([Asked()])).Single().Should().Equal("middle");
            (await Router(cluster, root).Rate(rating)).Should().Be(new RatingOutcome(RatingResult.Repeated, 0.1));
            (await Router(cluster, root).Rate(rating with { Quality = 1 })).Should().Be(new RatingOutcome(RatingResult.RatedBefore, 0.1));
            (await Router(cluster, BudgetCluster.NewAgent()).Choose([Asked()])).Single().Should().Equal("small", "middle");
        }
    }

    [Fact]
    public async Task With_a_store_that_fails_each_call_is_rated_once_however_often_it_is_tried()
    {
        var store = new FaultyJournalStore(new MemoryJournalStore(), seed: 27) { Share = 0.3 };
        await using var cluster = await BudgetCluster.Start(store);
        var root = BudgetCluster.NewAgent();
        var ratings = Enumerable.Range(0, 40).Select(_ => new RatingRequest(EdgeIds.CallHold(), root, Job, "small", 0.5)).ToList();

        foreach (var rating in ratings)
        {
            while (await Tried(rating) is null)
            {
                // Whoever is not told tries again.
            }
        }

        store.Share = 0;
        store.Failures.Should().BeGreaterThan(5);
        var history = await store.Open($"routing/{root}").Read(CancellationToken.None);
        history.Rows.Sum(r => r.Count).Should().Be(ratings.Count);

        async Task<RatingOutcome?> Tried(RatingRequest rating)
        {
            try
            {
                return await Router(cluster, root).Rate(rating);
            }
            catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException)
            {
                return null;
            }
        }
    }

    private static RouteQuestion Asked() => new(Job, 0.8, Models, IsEconomy: false, Seed: 1);

    private static IRouterGrain Router(BudgetCluster cluster, AgentId root) => cluster.Grains.GetGrain<IRouterGrain>(root.Value);
}
