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
