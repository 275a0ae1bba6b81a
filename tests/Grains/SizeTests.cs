using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Journal;
using Xunit.Abstractions;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Grains;

/// <summary>What a budget costs that nobody asks for anything, and one that has been asked a lot.</summary>
[Collection(nameof(SizeTests))]
public sealed class SizeTests(ITestOutputHelper output)
{
    private const int Many = 20_000;
    private const long MostBytes = 8 * 1024;

    [Fact]
    public async Task An_idle_budget_takes_at_most_eight_kilobytes()
    {
        using var scratch = new ScratchDirectory(inMemory: true);
        using var directory = DataDirectory.Open(scratch.Path);
        using var store = new SqliteJournalStore(directory);
        var agents = Enumerable.Range(0, Many).Select(_ => BudgetCluster.NewAgent()).ToList();
        await using (var writing = await BudgetCluster.Start(store))
        {
            await ForAll(agents, async agent =>
            {
                var budget = await writing.Open(Usd(25), agent);
                await budget.ChargeMany([Charge(1), Charge(2), Charge(3)]);
            });
        }

        await using var cluster = await BudgetCluster.Start(store);
        await ForAll(agents.Take(100), async agent => await cluster.Budget(agent).GetBudget());
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        await ForAll(agents.Skip(100), async agent => await cluster.Budget(agent).GetBudget());
        var full = GC.GetTotalMemory(forceFullCollection: true);
        await ForAll(Enumerable.Range(0, Many - 100), async i => await cluster.Grains.GetGrain<IKeyRingGrain>($"{i}").List());
        var bare = GC.GetTotalMemory(forceFullCollection: true);

        var (each, orleans) = ((full - empty) / (Many - 100), (bare - full) / (Many - 100));
        output.WriteLine($"{Many:N0} idle budgets: {each:N0} bytes each, of which a grain with next to nothing in it takes {orleans:N0}");
        each.Should().BeLessThanOrEqualTo(MostBytes);
        each.Should().BeGreaterThan(orleans, "they are all there");
    }

    [Fact]
    public async Task Reading_usage_touches_no_more_of_a_long_history()
    {
        var (little, much) = (await Touched(batches: 20), await Touched(batches: 1_000));

        output.WriteLine($"usage of a thousand charges touches {little.Rows} rows of {little.Bytes:N0} bytes, of fifty thousand {much.Rows} of {much.Bytes:N0}");
        much.Rows.Should().BeLessThanOrEqualTo(little.Rows);
        much.Bytes.Should().BeLessThanOrEqualTo(little.Bytes * 2);
    }

    /// <summary>What five questions about usage read, of twenty days with batches of 50 charges.</summary>
    private static async Task<(int Rows, long Bytes)> Touched(int batches)
    {
        var counting = new CountingReads(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(counting);
        var budget = await cluster.Open(Usd(1_000_000));
        for (var day = 0; day < 20; day++)
        {
            for (var batch = 0; batch < batches / 20; batch++)
            {
                await budget.ChargeMany([.. Enumerable.Range(0, 50).Select(_ => Charge(1))]);
            }

            cluster.Clock.Advance(TimeSpan.FromDays(1));
        }

        await budget.Charge(Charge(1));
        var before = counting.Total;
        foreach (var period in Enum.GetValues<UsagePeriod>())
        {
            (await budget.GetUsage(period))!.Usage.Total.Calls.Should().Be(
                period switch { UsagePeriod.Today => 1, UsagePeriod.Yesterday => batches / 20 * 50, UsagePeriod.Last30Days => (batches * 50) + 1, _ => (await budget.GetUsage(period))!.Usage.Total.Calls });
        }

        return (counting.Total.Rows - before.Rows, counting.Total.Bytes - before.Bytes);
    }

    private static async Task ForAll<T>(IEnumerable<T> all, Func<T, Task> act) =>
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (one, _) => await act(one));
}

/// <summary>Measures the heap: nothing else may run beside it.</summary>
[CollectionDefinition(nameof(SizeTests), DisableParallelization = true)]
public sealed class SizeTestsAlone;
