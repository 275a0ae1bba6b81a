using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Tests.Grains;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Trees;

/// <summary>A child that has spent so often that whether a key was used has to be looked up, while money is short above.</summary>
public sealed class LookedUpKeysTests
{
    [Fact]
    public async Task What_is_drawn_for_a_charge_is_there_when_its_key_has_been_looked_up()
    {
        await using var cluster = await BudgetCluster.Start(new LateFinds(new MemoryJournalStore()));
        var (parent, childId) = (BudgetCluster.NewAgent(), BudgetCluster.NewAgent());
        var root = await cluster.Open(Usd(10), parent);
        var terms = new ChildTerms("spender", OverrunPolicy.Block);
        (await cluster.Grains.GetGrain<IAllocationTreeGrain>(parent.Value).Agree(new AgreeRequest(childId, "operator", terms))).Result.Should().Be(ConfigureResult.Done);
        var child = cluster.Budget(childId);
        (await child.Open(new OpenRequest("spender", "operator", "UTC", IsoDayOfWeek.Monday, parent, null))).Result.Should().Be(ConfigureResult.Done);
        (await child.ChargeMany([.. Enumerable.Range(0, Memory.Least + 100).Select(_ => Charge(0.001m))])).Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
        (await root.Charge(Charge(8.676m))).Outcome.Should().Be(Outcome.Accepted);

        for (var n = 0; n < 20; n++)
        {
            var outcomes = await Task.WhenAll(child.Charge(Charge(0.005m)).AsTask(), child.Charge(Charge(0.005m)).AsTask());
            outcomes.Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
        }

        (await child.Charge(Charge(0.001m))).Outcome.Should().Be(Outcome.BudgetExceeded);
        (await root.Daily()).Remaining.Should().Be(Money.Zero);
    }

    private sealed class LateFinds(IJournalStore store) : Decorated(store)
    {
        protected override async ValueTask<long?> Find(IJournal journal, Digest digest)
        {
            await Task.Yield();
            return await base.Find(journal, digest);
        }
    }
}
