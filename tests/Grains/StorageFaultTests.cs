using System.Collections.Concurrent;
using Budgets.Journal;
using Xunit.Abstractions;
using static Budgets.Tests.Grains.Ask;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Grains;

/// <summary>A store that fails in every way it can, and clients that ask again with the same key until they know.</summary>
public sealed class StorageFaultTests(ITestOutputHelper output)
{
    private const int Agents = 8;
    private const int ClientsOfEach = 8;
    private const int RequestsOfEach = 40;

    [Theory]
    [InlineData(0.05, 1)]
    [InlineData(0.2, 2)]
    public async Task What_was_acknowledged_is_there_once_whatever_the_store_does(double share, int seed)
    {
        var faulty = new FaultyJournalStore(new MemoryJournalStore(), seed);
        await using var cluster = await BudgetCluster.Start(faulty);
        var agents = Enumerable.Range(0, Agents).Select(_ => BudgetCluster.NewAgent()).ToList();
        foreach (var agent in agents)
        {
            await cluster.Open(Usd(100), agent);
        }

        faulty.Share = share;
        var known = new ConcurrentBag<(AgentId Agent, Receipt Receipt)>();
        await Task.WhenAll(agents.SelectMany(agent => Enumerable.Range(0, ClientsOfEach).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < RequestsOfEach; i++)
            {
                await Work(cluster.Budget(agent), $"{client}-{i}", i, receipt => known.Add((agent, receipt)));
            }
        }))));

        faulty.Share = 0;
        foreach (var agent in agents)
        {
            await ShouldAddUp(cluster.Budget(agent), Usd(100), [.. known.Where(k => k.Agent == agent).Select(k => k.Receipt)]);
        }

        faulty.Recoveries.Should().BeGreaterThan(Agents, "an activation that failed is replaced");
        output.WriteLine($"share {share}, seed {seed}: {known.Count} acknowledged, {faulty.Failures} failures, {faulty.Recoveries} recoveries");
    }

    [Fact]
    public async Task While_the_disk_is_full_nothing_is_admitted_and_nothing_is_lost()
    {
        var faulty = new FaultyJournalStore(new MemoryJournalStore(), 0);
        await using var cluster = await BudgetCluster.Start(faulty);
        var budget = await cluster.Open(Usd(10));
        var before = await budget.Charge(Charge(1, "before"));

        faulty.IsFull = true;
        for (var i = 0; i < 20; i++)
        {
            await budget.Invoking(async b => await b.Charge(Charge(1, $"{i}"))).Should().ThrowAsync<StoreUnavailableException>();
        }

        (await UntilKnown(async () => await budget.Daily())).Spent.Should().Be(Usd(1), "what is not durable is not told");
        faulty.IsFull = false;
        var after = await UntilKnown(async () => await budget.Charge(Charge(1, "0")));
        after.Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, Replayed = false });
        await ShouldAddUp(budget, Usd(10), [before.Receipt!, after.Receipt!]);
    }

    [Fact]
    public async Task Nothing_is_answered_before_what_it_stands_on_is_durable()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(501));
        gate.Close();

        var first = budget.Charge(Charge(1)).AsTask();
        await gate.OneHasArrived();
        var others = Enumerable.Range(0, 500).Select(_ => budget.Charge(Charge(1)).AsTask()).ToList();
        var refused = budget.Charge(Charge(1_000)).AsTask();
        others.Append(first).Append(refused).Should().OnlyContain(t => !t.IsCompleted, "a refusal waits too");
        await gate.LetOneGo();
        gate.Open();

        (await Task.WhenAll(others.Append(first))).Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
        (await refused).Outcome.Should().Be(Outcome.BudgetExceeded);
        (await budget.Daily()).Spent.Should().Be(Usd(501));
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_given_when_asked_again()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(1_000));
        gate.Close();
        var first = budget.Charge(Charge(1, "first")).AsTask();
        await gate.OneHasArrived();
        var behind = Enumerable.Range(0, 200).Select(i => UntilKnown(async () => await budget.Charge(Charge(1, $"behind {i}")))).ToList();

        await gate.LetOneGo(lost: new IOException("The connection was reset."));
        await first.Invoking(async f => await f).Should().ThrowAsync<OutcomeUnknownException>();
        gate.Open();

        (await Task.WhenAll(behind)).Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
        (await UntilKnown(async () => await budget.Charge(Charge(1, "first")))).Replayed.Should().BeTrue("it had been written");
        (await budget.Daily()).Spent.Should().Be(Usd(201));
    }

    [Fact]
    public async Task More_than_may_wait_are_turned_away_and_had_no_effect()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(1_000_000));
        gate.Close();
        var turnedAway = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = Enumerable.Range(0, 15_000).Select(async i =>
        {
            try
            {
                return (await budget.Charge(Charge(1))).Receipt;
            }
            catch (OverloadedException)
            {
                if (Interlocked.Increment(ref turnedAway) == 1_000)
                {
                    enough.SetResult();
                }

                return null;
            }
        }).ToList();

        await enough.Task.WaitAsync(TimeSpan.FromSeconds(20));
        gate.Open();

        var receipts = (await Task.WhenAll(all)).OfType<Receipt>().ToList();
        receipts.Count.Should().Be(15_000 - turnedAway);
        await ShouldAddUp(budget, Usd(1_000_000), receipts);
    }

    /// <summary>A charge, or a hold and its end; each asked until it is known how it ended.</summary>
    private static async Task Work(IBudgetGrain budget, string key, int i, Action<Receipt> acknowledged)
    {
        var begun = await UntilKnown(async () => i % 2 == 0 ? await budget.Charge(Charge(0.4m, key)) : await budget.Hold(Hold(1, key)));
        if (begun.Receipt is not { } receipt)
        {
            begun.Outcome.Should().Be(Outcome.BudgetExceeded);
            return;
        }

        acknowledged(receipt);
        if (receipt.Kind == EntryKind.Hold)
        {
            var (hold, end) = (new HoldId(receipt.Id), new IdempotencyKey($"end {key}"));
            var ended = await UntilKnown(async () => i % 4 == 1
                ? await budget.Settle(new SettleRequest(hold, Usd(0.25m), Purpose.None, end))
                : await budget.Release(new ReleaseRequest(hold, end)));
            acknowledged(ended.Receipt!);
        }
    }
}
