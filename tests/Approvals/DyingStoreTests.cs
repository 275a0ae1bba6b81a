using Budgets.Journal;
using Budgets.Tests.Grains;
using static Budgets.Tests.Grains.Ask;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Approvals;

/// <summary>From the question to the spend, with the store dying at every single append of that way, in every way it can die.</summary>
public sealed class DyingStoreTests
{
    private const string Operation = "generate_100_videos";

    [Theory]
    [InlineData(Death.BeforeTheWrite)]
    [InlineData(Death.AfterTheWrite)]
    [InlineData(Death.Conflict)]
    public async Task Wherever_it_dies_between_the_question_and_the_spend_the_permission_is_never_lost_and_never_used_twice(Death death)
    {
        var store = new DiesAt(new MemoryJournalStore(), death);
        await using var cluster = await BudgetCluster.Start(store);
        var deaths = 0;
        for (var at = 1; ; at++)
        {
            var agent = BudgetCluster.NewAgent();
            var budget = await cluster.Open(Usd(100), agent);
            await budget.Configure(new ConfigureRequest(Layer.Above, "operator", false, ApprovalThreshold: Change.To<Money?>(Usd(10))));
            store.Arm($"budget/{agent}", at);

            await Live(cluster, budget);

            if (store.Disarm())
            {
                break;
            }

            deaths++;
        }

        deaths.Should().BeGreaterThanOrEqualTo(4, "the question, the answer, the spend and its end are an append each");
    }

    private static async Task Live(BudgetCluster cluster, IBudgetGrain budget)
    {
        var asked = await UntilKnown(() => budget.Ask(new ApprovalAsk("agent:spend", Operation, Usd(50), "why")));
        var id = asked.View!.Approval.Id;
        var approval = cluster.Grains.GetGrain<IApprovalGrain>(id.Value);
        var approved = await UntilKnown(() => approval.Rule(new RulingRequest(id, Ruling.Approve, "operator", "rest")));
        approved.Result.Should().Be(ApprovalResult.Done, "nobody else decides");

        // Four at once, each with a key of its own, and each again until it knows.
        var uses = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => UntilKnown(async () => await budget.Hold(Using(id, $"use-{i}")))));

        uses.Count(u => u.Outcome == Outcome.Accepted).Should().Be(1);
        uses.Where(u => u.Outcome != Outcome.Accepted).Should().OnlyContain(u => u.Outcome == Outcome.ApprovalUsed);
        var (winner, key) = uses.Select((u, i) => (u.Receipt, $"use-{i}")).Single(u => u.Receipt is not null);
        (await UntilKnown(async () => await budget.Settle(new SettleRequest(new HoldId(winner!.Id), Usd(45), Purpose.None, new IdempotencyKey("settled"))))).Outcome.Should().Be(Outcome.Accepted);
        (await UntilKnown(async () => await budget.Hold(Using(id, key)))).Replayed.Should().BeTrue();
        var view = await UntilKnown(() => approval.Get());
        (view!.Status, view.UsedBy).Should().Be((ApprovalStatus.Used, winner!.Id));

        var ledger = await UntilKnown(async () => await budget.Ledger());
        ledger.Where(l => l.Approval == id.Value).Select(l => l.Kind).Should().Equal(EntryKind.Approval, EntryKind.Approval, EntryKind.Hold);
        ledger.Spent().Should().Be(Usd(45));
    }

    private static HoldRequest Using(ApprovalId id, string key) => Hold(50, key) with { Purpose = Purpose.None with { Operation = Operation }, Approval = id };
}
