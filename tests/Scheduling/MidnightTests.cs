using System.Diagnostics;
using Budgets.Scheduling;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Grains;
using Budgets.Tests.Journal;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Xunit.Abstractions;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Scheduling;

/// <summary>Very many budgets that nobody asks are due at one instant. What that costs those who do ask is measured by scripts/bench-midnight.sh.</summary>
public sealed class MidnightTests(ITestOutputHelper output)
{
    private const int Many = 2_000;
    private const int Hot = 20;

    [Fact]
    public async Task Two_thousand_due_at_one_instant_are_woken_each_to_one_effect_while_others_spend()
    {
        using var scratch = new ScratchDirectory(inMemory: true);
        using var directory = DataDirectory.Open(scratch.Path);
        using var store = new SqliteJournalStore(directory);
        var index = new WatchedIndex(new SqliteDueIndex(store));
        var agents = Enumerable.Range(0, Many).Select(_ => BudgetCluster.NewAgent()).ToList();
        await using (var evening = await BudgetCluster.Start(store, dues: index))
        {
            await ForAll(agents, async agent => (await (await evening.Open(Usd(25), agent)).Hold(Hold(1, ttl: 60))).Outcome.Should().Be(Outcome.Accepted));
        }

        // Budgets that nobody asks are not in memory.
        await using var cluster = await BudgetCluster.Start(store, dues: index, configure: silo =>
        {
            silo.Services.AddSingleton(directory);
            silo.UseSqliteReminders();
            silo.AddScheduling();
        });
        var hot = await Task.WhenAll(Enumerable.Range(0, Hot).Select(_ => cluster.Open(Usd(1_000_000))));
        var served = Task.WhenAll(index.Puts.Select(index.Served));
        var begun = Stopwatch.GetTimestamp();
        cluster.Clock.Advance(TimeSpan.FromSeconds(60) + Alarm.Step);
        var spent = await Task.WhenAll(hot.Select(budget => SpendUntil(budget, served)));
        await served;
        output.WriteLine($"{Many:N0} woken in {Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s, beside {spent.Sum():N0} charges");

        await ForAll(agents, async agent => (await cluster.Budget(agent).Ledger()).Where(e => e.Kind == EntryKind.Expire).Should().ContainSingle());
        index.Puts.Should().HaveCount(Many, "nobody had to be woken for anything else");
        (await Task.WhenAll(Enumerable.Range(0, Due.Shards).Select(s => index.List(s, DateTimeOffset.MaxValue, null, Many)))).Should().OnlyContain(rows => rows.Count == 0);
        (await Task.WhenAll(hot.Select(b => b.Ledger()))).Select(l => l.Count(e => e.Kind == EntryKind.Charge)).Should().Equal(spent);
        spent.Should().OnlyContain(n => n > 0);
    }

    private static async Task<int> SpendUntil(IBudgetGrain budget, Task over)
    {
        var charges = 0;
        for (; !over.IsCompleted; charges++)
        {
            (await budget.Charge(Charge(1))).Outcome.Should().Be(Outcome.Accepted);
        }

        return charges;
    }

    private static Task ForAll<T>(IEnumerable<T> all, Func<T, Task> body) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (one, _) => await body(one));
}
