using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Scheduling;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Scheduling;

/// <summary>Calls that nobody ends, of agents that nobody asks.</summary>
public sealed class AssumedWakingTests
{
    [Fact]
    public async Task Nobody_asks_and_all_the_same_it_is_booked_its_people_are_told_and_its_parent_knows()
    {
        var index = new WatchedIndex(new MemoryDueIndex());
        var store = new MemoryJournalStore();
        await using var cluster = await BudgetCluster.Start(store, dues: index, configure: silo =>
        {
            silo.UseInMemoryReminderService();
            silo.AddScheduling();
        });
        var (root, id) = (BudgetCluster.NewAgent(), BudgetCluster.NewAgent());
        var parent = await cluster.Open(Usd(100), root);
        await cluster.Grains.GetGrain<IAllocationTreeGrain>(root.Value).Agree(new AgreeRequest(id, "operator", new ChildTerms("child", OverrunPolicy.Block)));
        var child = cluster.Budget(id);
        await child.Open(new OpenRequest("child", "operator", "UTC", IsoDayOfWeek.Monday, root, null));
        foreach (var budget in (IBudgetGrain[])[parent, child])
        {
            await budget.Configure(new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(Usd(20)), AlertAt50: true, Wanted: Change.To<AlertKinds?>(AlertKinds.BudgetWarning)));
        }

        var call = Hold(12) with { BooksItself = true };
        (await child.Hold(call)).Outcome.Should().Be(Outcome.Accepted);
        var due = (await index.Of(child.GetGrainId())).Single();
        await cluster.Deactivate(child);
        var served = index.Served(due);
        cluster.Clock.Advance(TimeSpan.FromSeconds(call.TtlSeconds) + Alarm.Step);
        await served;

        // The parent is told, not asked: it hears of it with a report.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while ((await parent.Daily()).Spent != Usd(12))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }

        (await child.Ledger()).Where(l => l.Id == call.Id.Value).Select(l => (l.Kind, l.Amount)).Should().Equal((EntryKind.Hold, Usd(12)), (EntryKind.Settle, Usd(12)));
        foreach (var agent in (AgentId[])[id, root])
        {
            (await Alerts(store, agent)).Should().ContainSingle(a => a.Kind == AlertKinds.BudgetWarning && a.Percent == 50);
        }

        (await Alerts(store, id)).Should().OnlyContain(a => a.Detail!.Contains("assumption", StringComparison.Ordinal));

        // The host was only slow.
        (await child.Settle(new SettleRequest(call.Id, Usd(2), Purpose.None))).Outcome.Should().Be(Outcome.Accepted);
        while ((await parent.Daily()).Spent != Usd(2))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static async Task<List<Alert>> Alerts(MemoryJournalStore store, AgentId agent)
    {
        var rows = await store.Open($"budget/{agent}").ReadBack(long.MaxValue, 1_000, default);
        return [.. rows.SelectMany(r => BudgetCodec.Instance.Decode(r.Events)).OfType<Alerted>().Select(a => a.Alert)];
    }
}
