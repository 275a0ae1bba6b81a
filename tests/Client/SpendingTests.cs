using Budgets.Client;
using Budgets.Journal;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Client;

/// <summary>What an agent written in .NET sees of its budget.</summary>
public sealed class SpendingTests : IAsyncLifetime
{
    private BudgetCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await BudgetCluster.Start(new MemoryJournalStore());

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Reserve_then_commit_books_what_it_cost_and_gives_back_the_rest()
    {
        var budget = await _cluster.OpenFor(25);

        await using (var reservation = (await budget.Reserve(Usd(20), new Purpose(Model: "m", Operation: "research"))).Accepted)
        {
            (await budget.Today()).Should().Be((Money.Zero, Usd(20)));
            (await reservation.Extend(TimeSpan.FromMinutes(5))).Outcome.Should().Be(Outcome.Accepted);
            reservation.ExpiresAt.Should().Be(_cluster.Clock.GetUtcNow().AddMinutes(15));
            var committed = (await reservation.Commit(Usd(18.45m))).Accepted;
            (committed.Amount, committed.Released).Should().Be((Usd(18.45m), Usd(1.55m)));
        }

        (await budget.Today()).Should().Be((Usd(18.45m), Money.Zero));
        (await budget.Usage(UsagePeriod.Today))!.Usage.ByModel.Single().Name.Should().Be("m", "the reservation's purpose is the commit's");
    }

    [Fact]
    public async Task A_reservation_that_nobody_ended_gives_its_money_back_also_when_the_work_failed()
    {
        var budget = await _cluster.OpenFor(25);

        var work = async () =>
        {
            await using var reservation = (await budget.Reserve(Usd(20))).Accepted;
            throw new InvalidDataException("The model answered nonsense.");
        };

        await work.Should().ThrowAsync<InvalidDataException>();
        (await budget.Today()).Should().Be((Money.Zero, Money.Zero));
    }

    [Fact]
    public async Task A_reservation_whose_commit_was_refused_is_not_given_back_for_the_money_is_spent()
    {
        var budget = await _cluster.OpenFor(25);
        await budget.Charge(Usd(1), key: new IdempotencyKey("used"));

        await using (var reservation = (await budget.Reserve(Usd(20))).Accepted)
        {
            (await reservation.Commit(Usd(19), key: new IdempotencyKey("used"))).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        }

        (await budget.Today()).Should().Be((Usd(1), Usd(20)));
    }

    [Fact]
    public async Task A_reservation_is_ended_by_its_id_also_where_another_process_made_it()
    {
        var budget = await _cluster.OpenFor(25);
        var one = (await budget.Reserve(Usd(5))).Accepted;
        var other = (await budget.Reserve(Usd(5), ttl: TimeSpan.FromHours(1))).Accepted;
        other.ExpiresAt.Should().Be(_cluster.Clock.GetUtcNow().AddHours(1));

        (await budget.Commit(one.Id, Usd(4))).Accepted.Amount.Should().Be(Usd(4));
        (await budget.Release(other.Id)).Accepted.Released.Should().Be(Usd(5));
        (await other.Commit(Usd(1))).Outcome.Should().Be(Outcome.HoldReleased);
        (await budget.Release(other.Id)).Replayed.Should().BeTrue();
    }

    [Fact]
    public async Task A_refusal_is_a_value_with_every_figure_and_what_can_be_done()
    {
        var budget = await _cluster.OpenFor(25);
        await budget.Charge(Usd(10));
        await using var held = (await budget.Reserve(Usd(5))).Accepted;

        var answer = await budget.Reserve(Usd(20));

        answer.IsAccepted(out _, out var refused).Should().BeFalse();
        refused!.Outcome.Should().Be(Outcome.BudgetExceeded);
        refused.Figures.Should().BeEquivalentTo(new { RefusedBy = budget.Agent, Requested = Usd(20), RetryAt = new DateTimeOffset(2026, 3, 5, 0, 0, 0, TimeSpan.Zero) });
        refused.Figures!.Standing.Should().BeEquivalentTo(new { Type = LimitType.Daily, Limit = Usd(25), Spent = Usd(10), Held = Usd(5), Remaining = Usd(10) });
        refused.HowToContinue.Should().Be(WaysOn.AskForLess | WaysOn.EndHolds | WaysOn.HaveTheLimitRaised | WaysOn.Wait);
        refused.Sentence.Should().Be("$20.00 does not fit the daily limit of $25.00: $10.00 is spent and $5.00 is held, so $10.00 is left until 2026-03-05T00:00:00Z.");
        answer.Invoking(a => a.Accepted).Should().Throw<InvalidOperationException>().WithMessage($"*{refused.Sentence}");
    }

    [Fact]
    public async Task Who_asks_first_is_told_and_nothing_changes()
    {
        var budget = await _cluster.OpenFor(25);

        (await budget.Decide(Usd(20))).Outcome.Should().Be(Outcome.Accepted);
        (await budget.Decide(Usd(30))).Should().BeEquivalentTo(new { Outcome = Outcome.BudgetExceeded, LargestThatFits = Usd(25) });
        (await budget.Today()).Should().Be((Money.Zero, Money.Zero));
    }

    [Fact]
    public async Task The_same_key_has_one_effect_and_the_same_answer()
    {
        var budget = await _cluster.OpenFor(25);
        var key = new IdempotencyKey("monday");

        var first = await budget.Charge(Usd(2), key: key);
        var again = await budget.Charge(Usd(2), key: key);
        var reserved = (await budget.Reserve(Usd(3), key: new IdempotencyKey("tuesday"))).Accepted;
        var reservedAgain = await budget.Reserve(Usd(3), key: new IdempotencyKey("tuesday"));

        again.Replayed.Should().BeTrue();
        again.Accepted.Should().BeEquivalentTo(first.Accepted);
        (reservedAgain.Replayed, reservedAgain.Accepted.Id).Should().Be((true, reserved.Id), "it is the reservation that there is");
        (await budget.Charge(Usd(1), key: key)).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        (await budget.Today()).Should().Be((Usd(2), Usd(3)));
    }

    [Fact]
    public async Task An_agent_that_there_is_not_is_a_refusal_and_has_no_usage()
    {
        var nobody = _cluster.ClientFor(BudgetCluster.NewAgent());

        (await nobody.Charge(Usd(1))).Refused.Should().BeEquivalentTo(new { Outcome = Outcome.AgentUnknown, Sentence = "There is no such agent." });
        (await nobody.Usage(UsagePeriod.Today)).Should().BeNull();
    }

    [Fact]
    public async Task What_cannot_be_asked_is_said_before_anybody_is_asked()
    {
        var budget = await _cluster.OpenFor(25);

        foreach (var (ask, message) in new (Func<Task> Ask, string Message)[]
        {
            (async () => await budget.Charge(Usd(-1)), "An amount is from 0 to 1000000.00 dollars*amount*"),
            (async () => await budget.Reserve(Money.MaxPerRequest + new Money(1)), "An amount is from 0*"),
            (async () => await budget.Charge(Usd(1), key: new IdempotencyKey("")), "An idempotency key must be 1 to 255 visible ASCII characters*key*"),
            (async () => await budget.Charge(Usd(1), new Purpose(Model: new string('m', 129))), "Model must have 1 to 128 characters*purpose*"),
            (async () => await budget.Charge(Usd(1), new Purpose(Tags: ["a\nb"])), "Tags must not contain control characters*"),
            (async () => await budget.Charge(Usd(1), new Purpose(Usage: new TokenUsage(InputTokens: -1))), "Usage must have counts from 0*"),
            (async () => await budget.Reserve(Usd(1), ttl: TimeSpan.FromDays(2)), "Must be whole seconds from 1 to 86400*ttl*"),
            (async () => await budget.Release(new HoldId("res_1")), "'res_1' is not a reservation's id*"),
            (() => Task.FromResult(_cluster.ClientFor(new AgentId("me"))), "'me' is not an agent's id*"),
        })
        {
            (await ask.Should().ThrowAsync<ArgumentException>()).WithMessage(message);
        }

        (await budget.Today()).Should().Be((Money.Zero, Money.Zero));
    }

    [Fact]
    public void Without_a_cluster_client_or_with_bad_options_it_says_what_to_do()
    {
        var alone = new ServiceCollection().AddLogging().AddBudgetsClient().BuildServiceProvider();
        alone.Invoking(s => s.GetRequiredService<IBudgets>()).Should().Throw<InvalidOperationException>().WithMessage("*UseOrleansClient*");

        _cluster.Invoking(c => c.ClientFor(BudgetCluster.NewAgent(), o => (o.Deadline, o.AnswerWithin) = (TimeSpan.Zero, TimeSpan.FromDays(1))))
            .Should().Throw<Microsoft.Extensions.Options.OptionsValidationException>().Which.Failures.Should().HaveCount(2);
    }
}
