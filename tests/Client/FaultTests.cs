using Budgets.Client;
using Budgets.Journal;
using Budgets.Tests.Grains;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Client;

/// <summary>Silos that go and stores that fail while an agent's program waits: one effect, or an exception that says how to find out.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_that_goes_during_a_charge_costs_one_charge_whether_it_had_been_written_or_not(bool written)
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate, silos: 2);
        var agent = BudgetCluster.NewAgent();
        var grain = await cluster.Open(Usd(25), agent);
        var budget = cluster.ClientFor(agent, o => o.AnswerWithin = TimeSpan.FromSeconds(2));
        gate.Close();

        var charge = budget.Charge(Usd(1)).AsTask();
        await gate.OneHasArrived();
        var killed = cluster.KillSiloOf(grain);
        await gate.LetOneGo(lost: written ? new IOException("Nobody heard it.") : null, refused: written ? null : new StoreUnavailableException("It never came."));
        gate.Open();
        await killed;
        var answer = await charge;

        answer.Accepted.Amount.Should().Be(Usd(1));
        answer.Replayed.Should().Be(written);
        (await budget.Today()).Should().Be((Usd(1), Money.Zero));
        (await grain.Ledger()).Count(e => e.Kind == EntryKind.Charge).Should().Be(1);
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_fetched_with_the_same_key()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.OpenFor(25);
        gate.Close();

        var reserve = budget.Reserve(Usd(20)).AsTask();
        await gate.LetOneGo(lost: new IOException("The connection was reset."));
        gate.Open();
        await using (var reservation = (await reserve).Accepted)
        {
            (await budget.Today()).Should().Be((Money.Zero, Usd(20)));
        }

        (await budget.Today()).Should().Be((Money.Zero, Money.Zero), "the reservation that the second try found is the one that is given back");
    }

    [Fact]
    public async Task After_the_deadline_the_exception_carries_the_key_that_finds_out()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var clock = new FakeTimeProvider();
        var budget = await cluster.OpenFor(25, o => o.Deadline = TimeSpan.FromSeconds(5), clock);
        gate.Close();

        var charge = budget.Charge(Usd(1)).AsTask();
        await gate.OneHasArrived();
        clock.Advance(TimeSpan.FromSeconds(4.9));
        charge.IsCompleted.Should().BeFalse("the deadline has not passed");
        clock.Advance(TimeSpan.FromSeconds(0.2));
        var unknown = (await charge.Awaiting(c => c).Should().ThrowAsync<OutcomeUnknownException>()).Which;
        gate.Open();

        var key = unknown.Key!.Value;
        unknown.Message.Should().Contain(key.Value).And.Contain("may have been done or not");
        (await budget.Charge(Usd(1), key: key)).Replayed.Should().BeTrue();
        (await budget.Today()).Spent.Should().Be(Usd(1));
    }

    [Fact]
    public async Task A_store_that_is_down_is_said_to_be_and_nothing_is_done()
    {
        var store = new FaultyJournalStore(new MemoryJournalStore(), seed: 0);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.OpenFor(25, o => o.Deadline = TimeSpan.FromSeconds(1));
        store.IsFull = true;

        var (down, _) = (await budget.Awaiting(b => b.Charge(Usd(1)).AsTask()).Should().ThrowAsync<StoreUnavailableException>(), store.IsFull = false);

        down.WithMessage("*Nothing was done; ask again later*");
        (await budget.Today()).Should().Be((Money.Zero, Money.Zero));
    }

    [Fact]
    public async Task A_pause_that_outlasts_the_deadline_is_not_followed_by_another_try()
    {
        var store = new FaultyJournalStore(new MemoryJournalStore(), seed: 0);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.OpenFor(25, o => (o.Deadline, o.AnswerWithin) = (TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(1)), new Oversleeping(shortest: TimeSpan.FromMinutes(1)));
        store.IsFull = true;

        var down = (await budget.Awaiting(b => b.Charge(Usd(1)).AsTask()).Should().ThrowAsync<StoreUnavailableException>()).Which;

        down.Message.Should().Contain("1 tries");
    }

    [Fact]
    public async Task Without_any_silo_a_charge_is_unknown_and_a_question_is_not()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());
        var budget = await cluster.OpenFor(25, o => (o.Deadline, o.AnswerWithin) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        await cluster.KillSilos();

        (await budget.Awaiting(b => b.Charge(Usd(1)).AsTask()).Should().ThrowAsync<OutcomeUnknownException>()).Which.Key.Should().NotBeNull();
        await budget.Awaiting(b => b.Usage(UsagePeriod.Today).AsTask()).Should().ThrowAsync<StoreUnavailableException>();
    }

    [Fact]
    public async Task Whoever_stops_waiting_is_not_kept()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.OpenFor(25);
        using var stop = new CancellationTokenSource();
        gate.Close();

        var charge = budget.Charge(Usd(1), cancellation: stop.Token).AsTask();
        await gate.OneHasArrived();
        await stop.CancelAsync();

        await charge.Awaiting(c => c).Should().ThrowAsync<OperationCanceledException>();
        gate.Open();
    }

    [Fact]
    public async Task A_release_that_fails_hides_nothing_and_the_reservation_ends_by_itself()
    {
        var store = new FaultyJournalStore(new MemoryJournalStore(), seed: 0);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.OpenFor(25, o => o.Deadline = TimeSpan.FromMilliseconds(300));

        var work = async () =>
        {
            await using var reservation = (await budget.Reserve(Usd(20))).Accepted;
            store.IsFull = true;
            throw new InvalidDataException("The model answered nonsense.");
        };

        await work.Should().ThrowAsync<InvalidDataException>();
        store.IsFull = false;
        (await budget.Today()).Held.Should().Be(Usd(20));
        cluster.Clock.Advance(TimeSpan.FromMinutes(10));
        (await budget.Today()).Held.Should().Be(Money.Zero);
    }

    /// <summary>A machine so busy that whoever rests for a moment wakes up an hour later. Whoever waits for an answer, at least so long, is not woken.</summary>
    private sealed class Oversleeping(TimeSpan shortest) : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime < shortest)
            {
                Advance(TimeSpan.FromHours(1));
            }

            return timer;
        }
    }
}
