using System.Collections.Concurrent;
using Budgets.Journal;
using Budgets.Storage.AzureTables;
using Budgets.Tests.AzureTables;
using Xunit.Abstractions;
using static Budgets.Tests.Grains.Ask;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Grains;

/// <summary>Two clusters that know nothing of each other share a store: every budget is active twice. The journal is what keeps it exact.</summary>
public sealed class TwoOwnersTests(ITestOutputHelper output)
{
    private const int Charges = 10_000;
    private const int ClientsOfEach = 100;

    [Fact]
    public Task Of_two_owners_each_charge_is_booked_once_and_the_loser_gives_up() => Compete(new MemoryJournalStore());

    [Fact]
    public async Task Of_two_owners_of_one_table_each_charge_is_booked_once_and_the_loser_gives_up()
    {
        var store = new AzureTablesJournalStore((await Azurite.Shared).Connect, Azurite.NewTable());
        await store.Create(default);
        await Compete(store);
    }

    /// <summary>A refusal writes nothing, and so it meets no conflict: found in a rolling restart, where the second silo had read the journal just before the hold.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hold_that_one_owner_admitted_is_not_unknown_to_the_other(bool isIdle)
    {
        var journals = new MemoryJournalStore();
        await using var one = await BudgetCluster.Start(journals);
        await using var other = await BudgetCluster.Start(journals);
        var agent = BudgetCluster.NewAgent();
        var stale = await one.Open(Usd(100), agent);
        var (settled, released, extended, shown) = (Hold(1), Hold(2), Hold(4), Hold(8));
        foreach (var hold in (HoldRequest[])[settled, released, extended, shown])
        {
            (await UntilKnown(async () => await other.Budget(agent).Hold(hold))).Outcome.Should().Be(Outcome.Accepted);
            if (!isIdle)
            {
                (await UntilKnown(async () => await stale.Charge(Charge(0.5m)))).Outcome.Should().Be(Outcome.Accepted);
                (await UntilKnown(async () => await other.Budget(agent).Charge(Charge(0.25m)))).Outcome.Should().Be(Outcome.Accepted);
            }
        }

        (await UntilKnown(async () => await stale.GetHold(shown.Id)))!.Status.Should().Be(HoldStatus.Held);
        (await UntilKnown(async () => await stale.Extend(new ExtendRequest(extended.Id, 60, null)))).Outcome.Should().Be(Outcome.Accepted);
        (await UntilKnown(async () => await stale.Settle(new SettleRequest(settled.Id, Usd(1), Purpose.None, null)))).Outcome.Should().Be(Outcome.Accepted);
        (await UntilKnown(async () => await stale.Release(new ReleaseRequest(released.Id)))).Outcome.Should().Be(Outcome.Accepted);
        (await stale.Release(new ReleaseRequest(Hold(1).Id))).Outcome.Should().Be(Outcome.HoldUnknown, "there is none");
        (await stale.Daily()).Should().BeEquivalentTo(new { Spent = Usd(isIdle ? 1 : 4), Held = Usd(12) });
    }

    /// <summary>Whoever asks for what is not there is told so, however busy the budget is.</summary>
    [Fact]
    public async Task A_hold_that_there_is_not_is_unknown_also_to_a_budget_that_writes_all_the_time()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(1_000));
        gate.Close();
        var spending = budget.Charge(Charge(1)).AsTask();
        await gate.OneHasArrived();
        var asking = budget.Release(new ReleaseRequest(Hold(1).Id)).AsTask();
        gate.Open();

        (await asking).Outcome.Should().Be(Outcome.HoldUnknown);
        (await spending).Outcome.Should().Be(Outcome.Accepted);
        var busy = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
            i % 2 == 0 ? (await budget.Charge(Charge(1))).Outcome : (await budget.Release(new ReleaseRequest(Hold(1).Id))).Outcome)));
        busy.CountBy(o => o).Should().BeEquivalentTo([KeyValuePair.Create(Outcome.Accepted, 100), KeyValuePair.Create(Outcome.HoldUnknown, 100)]);
    }

    private async Task Compete(IJournalStore journals)
    {
        var store = new FaultyJournalStore(journals, seed: 0);
        await using var one = await BudgetCluster.Start(store);
        await using var other = await BudgetCluster.Start(store);
        var agent = BudgetCluster.NewAgent();
        var limit = Usd(0.01m * (Charges / 4));
        await one.Open(limit, agent);
        var receipts = new ConcurrentBag<Receipt>();
        var refused = 0;

        // Each key is asked for on both sides: 10,000 charges of 5,000 keys, on a limit that fits 2,500.
        await Task.WhenAll(((BudgetCluster[])[one, other]).SelectMany(side => Enumerable.Range(0, ClientsOfEach).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < Charges / 2 / ClientsOfEach; i++)
            {
                var outcome = await UntilKnown(async () => await side.Budget(agent).Charge(Charge(0.01m, $"{client}-{i}")));
                if (outcome.Receipt is { } receipt)
                {
                    receipts.Add(receipt);
                }
                else
                {
                    outcome.Outcome.Should().Be(Outcome.BudgetExceeded);
                    Interlocked.Increment(ref refused);
                }
            }
        }))));

        (receipts.Count + refused).Should().Be(Charges);
        receipts.GroupBy(r => r.Key).Should().OnlyContain(same => same.Select(r => r.Id).Distinct().Count() == 1);
        foreach (var side in (BudgetCluster[])[one, other])
        {
            await ShouldAddUp(side.Budget(agent), limit, [.. receipts]);
        }

        receipts.DistinctBy(r => r.Seq).Should().HaveCount(Charges / 4, "the limit is used to the last cent");
        store.Recoveries.Should().BeGreaterThan(2, "each has read the journal once, and whoever then finds it longer than it knows gives up its activation");
        output.WriteLine($"{receipts.Count} accepted or replayed, {refused} refused, {store.Recoveries} recoveries");
    }
}
