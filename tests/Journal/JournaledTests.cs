using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Journal;

/// <summary>Group commit and its failure, without a grain around it.</summary>
public sealed class JournaledTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly MemoryJournalStore _store = new();

    [Fact]
    public async Task Whoever_comes_while_an_append_is_under_way_shares_the_next_one()
    {
        using var gate = new GatedAppends(_store);
        var journal = await Open(gate);
        gate.Close();
        var appends = gate.Appends;

        var first = Charge(journal);
        var others = Enumerable.Range(0, 500).Select(_ => Charge(journal)).ToList();
        await gate.LetOneGo();
        (await first).Should().Be(Flushed.Durable);
        others.Should().OnlyContain(o => !o.IsCompleted);
        await gate.LetOneGo();

        (await Task.WhenAll(others)).Should().OnlyContain(f => f == Flushed.Durable);
        (gate.Appends - appends).Should().Be(2);
        (await Open(_store)).State.Current(LimitType.Daily).Spent.Should().Be(new Money(501));
    }

    [Fact]
    public async Task After_a_failed_append_nothing_more_is_written_and_each_knows_what_became_of_its_own()
    {
        using var gate = new GatedAppends(_store);
        var fenced = 0;
        var journal = await Open(gate, () => fenced++);
        gate.Close();

        var first = Charge(journal);
        var others = Enumerable.Range(0, 500).Select(_ => Charge(journal)).ToList();
        await gate.LetOneGo(lost: new IOException("The connection was reset."));

        (await first).Should().Be(Flushed.Unknown);
        (await Task.WhenAll(others)).Should().OnlyContain(f => f == Flushed.NotWritten);
        (await journal.Flush()).Should().Be(Flushed.NotWritten);
        (journal.IsFenced, fenced).Should().Be((true, 1));
        (await Open(_store)).State.Current(LimitType.Daily).Spent.Should().Be(new Money(1), "the first had been written after all");
    }

    private static async Task<Journaled<BudgetState, BudgetEvent>> Open(IJournalStore store, Action? fenced = null)
    {
        var agent = Examples.Agent;
        var journal = new Journaled<BudgetState, BudgetEvent>(store.Open($"budget/{agent}"), BudgetCodec.Instance, new BudgetState(agent), _ => fenced?.Invoke());
        await journal.Recover(default);
        if (!journal.State.Exists)
        {
            journal.Record(Governing.Open(journal.State, new OpenRequest("scribe", "operator", "UTC", IsoDayOfWeek.Monday, null, null), Noon).Happened);
            (await journal.Flush()).Should().Be(Flushed.Durable);
        }

        return journal;
    }

    private static Task<Flushed> Charge(Journaled<BudgetState, BudgetEvent> journal)
    {
        journal.Record(Charging.Charge(journal.State, Ask.Charge(0.000000001m), Noon).Events);
        return journal.Flush();
    }
}
