using System.Buffers;
using System.Text;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Journal;

/// <summary>Group commit and its failure, without a grain around it.</summary>
public sealed class JournaledTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Charges that two appends do not hold.</summary>
    private const int TooMany = 8_000;

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

    /// <summary>A store takes so much in one transaction and no more. What does not fit goes on in the next append, and a snapshot is of its own row.</summary>
    [Fact]
    public async Task What_one_append_cannot_hold_goes_into_several()
    {
        using var gate = new GatedAppends(_store);
        var journal = await Open(gate);
        gate.Close();
        var first = Charge(journal);
        var others = Enumerable.Range(0, TooMany).Select(_ => Charge(journal)).ToList();
        var appends = gate.Appends;
        await gate.LetOneGo();
        await first;
        await gate.OneHasArrived();
        gate.Open();

        (await Task.WhenAll(others)).Should().OnlyContain(f => f == Flushed.Durable);

        (gate.Appends - appends).Should().BeGreaterThan(2);
        var history = await _store.Open($"budget/{Examples.Agent}").Read(default);
        history.Snapshot.Should().NotBeNull();
        history.Rows.Should().OnlyContain(r => r.Events.Length < Journaled<BudgetState, BudgetEvent>.EnoughForOneAppend + 1_000);
        var again = await Open(_store);
        again.State.Current(LimitType.Daily).Spent.Should().Be(new Money(TooMany + 1));
        again.State.Seq.Should().Be(journal.State.Seq);
        Text(again.State).Should().Be(Text(journal.State));
    }

    [Fact]
    public async Task Of_several_appends_a_later_one_may_fail_and_then_nobody_is_told_that_nothing_happened()
    {
        using var gate = new GatedAppends(_store);
        var journal = await Open(gate);
        gate.Close();
        var first = Charge(journal);
        var others = Enumerable.Range(0, TooMany).Select(_ => Charge(journal)).ToList();
        await gate.LetOneGo();
        await gate.LetOneGo();
        await gate.LetOneGo(refused: new StoreUnavailableException("full"));

        (await first).Should().Be(Flushed.Durable);
        (await Task.WhenAll(others)).Should().OnlyContain(f => f == Flushed.Unknown);
        (await Open(_store)).State.Current(LimitType.Daily).Spent.Nanos.Should().BeInRange(2, TooMany);
    }

    private static string Text(BudgetState state)
    {
        var text = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.EncodeState(state, text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
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
