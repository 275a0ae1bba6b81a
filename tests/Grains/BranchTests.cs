using Budgets.ApiHost.Endpoints;
using Budgets.Journal;
using CsCheck;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Grains;

/// <summary>"Σ usage over children (own + subtree) = Σ ledger": of a family whose members live in zones of their own, over days, changes of clocks and restarts.</summary>
public sealed class BranchTests
{
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"];

    [Fact]
    public async Task What_each_branch_spends_adds_up_to_all_ledgers_below()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());
        await Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Const(0), Gen.Int[1, 200]), Gen.Bool).Array[1, 25].SampleAsync(async steps =>
        {
            // 0 is the parent of 1 and 3, and 1 of 2.
            var ids = Zones.Select(_ => BudgetCluster.NewAgent()).ToArray();
            for (var i = 0; i < ids.Length; i++)
            {
                AgentId? parent = i switch { 0 => null, 2 => ids[1], _ => ids[0] };
                if (parent is { } above)
                {
                    await cluster.Grains.GetGrain<IAllocationTreeGrain>(above.Value).Agree(new AgreeRequest(ids[i], "operator", new ChildTerms($"{i}", OverrunPolicy.Block)));
                }

                await cluster.Budget(ids[i]).Open(new OpenRequest($"{i}", "operator", Zones[i], IsoDayOfWeek.Monday, parent, null));
            }

            var first = DateOnly.FromDateTime(cluster.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
            foreach (var (who, hours, restarts) in steps)
            {
                cluster.Clock.Advance(TimeSpan.FromHours(hours));
                (await cluster.Budget(ids[who]).Charge(Charge(1.25m) with { Purpose = new Purpose(Usage: new TokenUsage(7, 3)) })).Outcome.Should().Be(Outcome.Accepted);
                if (restarts)
                {
                    await cluster.Deactivate(cluster.Budget(ids[who]));
                }
            }

            var range = new AnalyticsQuery(first, first.AddDays(AnalyticsQuery.MostDays - 1));
            using var walk = new BranchWalk(cluster.Grains, range);
            var branches = await walk.Below(ids[0]);
            var own = (await cluster.Budget(ids[0]).GetAnalytics(range))!.Usage.Total;
            var spent = await Task.WhenAll(ids.Select(async id => (await cluster.Budget(id).Ledger()).Spent()));

            return branches.Aggregate(own, (sum, b) => sum + b.Whole) == new Sums(new Money(spent.Sum(s => s.Nanos)), steps.Length, 7 * steps.Length, 3 * steps.Length, 0, 0)
                && branches.Single(b => b.Child.Agent == ids[1]).Whole.Cost == spent[1] + spent[2]
                && branches.Single(b => b.Child.Agent == ids[1]).Own.Cost == spent[1]
                && branches.Single(b => b.Child.Agent == ids[3]).Whole.Cost == spent[3];
        }, iter: 25, threads: 1);
    }
}
