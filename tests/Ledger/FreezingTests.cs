using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>The kill switch (opencode #4559), the per-minute breaker (claude-code #95816: $606 by 547 agents), and closing.</summary>
public sealed class FreezingTests
{
    [Fact]
    public void A_frozen_agent_spends_nothing_until_it_is_unfrozen_opencode_4559()
    {
        var book = Of();
        book.Freeze("looks wrong");

        book.Charge(1).Should().BeEquivalentTo(new { Outcome = Outcome.Frozen, Refusal = new { FrozenReason = "looks wrong", RetryAt = (DateTimeOffset?)null } });
        book.Hold(1).Outcome.Should().Be(Outcome.Frozen);
        book.Foresee(1).Should().BeEquivalentTo(new { Outcome = Outcome.Frozen, LargestThatFits = Money.Zero });
        book.At("2027-01-01T00:00Z").Charge(1).Outcome.Should().Be(Outcome.Frozen);
        book.Unfreeze();

        book.Charge(1).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void Freezing_twice_keeps_the_first_reason_and_writes_once()
    {
        var book = Of();
        book.Freeze("first");
        var entries = book.Entries.Count;

        book.Freeze("second").Should().Be(ConfigureResult.Done);
        book.State.Freeze!.Reason.Should().Be("first");
        book.Entries.Should().HaveCount(entries);

        book.Unfreeze();
        book.Unfreeze().Should().Be(ConfigureResult.Done);
        book.Entries.Should().HaveCount(entries + 1);
    }

    /// <summary>$1 a minute.</summary>
    [Fact]
    public void A_runaway_loop_trips_the_breaker_once_and_then_costs_nothing_claude_code_95816()
    {
        var book = Of(new Limits(PerMinute: Usd(1)));
        book.Charge(0.9m);

        var tripped = book.Charge(0.2m);
        var entries = book.Entries.Count;

        tripped.Outcome.Should().Be(Outcome.RateExceeded);
        tripped.Refusal!.Standing.Should().BeEquivalentTo(new { Type = LimitType.PerMinute, Limit = Usd(1), Spent = Usd(0.9m) });
        book.State.Freeze.Should().BeEquivalentTo(new { Tripped = true, By = "max_spend_per_minute", Since = book.Clock, ResumesAt = (DateTimeOffset?)null });
        for (var i = 0; i < 100; i++)
        {
            book.Later(60).Charge(0.2m).Outcome.Should().Be(Outcome.Frozen);
        }

        book.Entries.Should().HaveCount(entries);
        book[LimitType.Total].Spent.Should().Be(0.9m);
    }

    [Fact]
    public void A_new_minute_has_the_whole_amount_again()
    {
        var book = Of(new Limits(PerMinute: Usd(1)));
        book.Charge(1);

        book.At("2026-03-04T10:01Z").Charge(1).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void A_tripped_breaker_resumes_by_itself_after_the_time_that_was_set()
    {
        var book = Of(new Limits(PerMinute: Usd(1), ResumeAfterSeconds: 300));
        book.Charge(1);
        var resumes = book.Clock.AddSeconds(300);

        book.Charge(0.5m).Refusal!.RetryAt.Should().Be(resumes);
        book.At(resumes.AddTicks(-1)).Charge(0.5m).Refusal.Should().BeEquivalentTo(new { RetryAt = resumes });
        book.At(resumes).Charge(0.5m).Outcome.Should().Be(Outcome.Accepted);

        book.Entries.OfType<Unfrozen>().Should().ContainSingle().Which.By.Should().Be("resume_after");
    }

    [Fact]
    public void Of_two_layers_the_longer_wait_counts()
    {
        var book = Of(own: new Limits(PerMinute: Usd(1), ResumeAfterSeconds: 60), above: new Limits(PerMinute: Usd(5), ResumeAfterSeconds: 600));
        book.Charge(1);

        book.Charge(1).Refusal!.RetryAt.Should().Be(book.Clock.AddSeconds(600));
    }

    [Theory]
    [InlineData("1.5")] // more than a minute ever allows
    [InlineData("100")]
    public void An_amount_that_no_minute_admits_is_not_told_to_come_back(string amount)
    {
        var book = Of(new Limits(PerMinute: Usd(1), ResumeAfterSeconds: 300));

        var refused = book.Charge(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture));

        refused.Outcome.Should().Be(Outcome.RateExceeded);
        refused.Refusal!.RetryAt.Should().BeNull();
    }

    [Fact]
    public void A_person_takes_over_from_the_breaker_and_not_the_other_way_round()
    {
        var book = Of(new Limits(PerMinute: Usd(1), ResumeAfterSeconds: 60));
        book.Charge(2);

        book.Freeze("I am looking");

        book.State.Freeze.Should().BeEquivalentTo(new { Tripped = false, Reason = "I am looking", ResumesAt = (DateTimeOffset?)null });
        book.Later(3600).Charge(0.1m).Outcome.Should().Be(Outcome.Frozen);
        book.Charge(5, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);
        book.State.Freeze!.Tripped.Should().BeFalse();
    }

    [Fact]
    public void Spending_that_is_only_reported_trips_the_breaker_too()
    {
        var book = Of(new Limits(PerMinute: Usd(1)));

        book.Charge(1.5m, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Amount = Usd(1.5m), Overage = true });
        book.State.Freeze!.Tripped.Should().BeTrue();
        book.Charge(0).Outcome.Should().Be(Outcome.Frozen);
    }

    [Fact]
    public void A_soft_layer_has_a_breaker_all_the_same() =>
        Of(new Limits(PerMinute: Usd(1), HardStop: false)).Charge(1.01m).Outcome.Should().Be(Outcome.RateExceeded);

    [Fact]
    public void What_the_limits_refuse_does_not_trip_the_breaker()
    {
        var book = Of(new Limits(PerMinute: Usd(1), Daily: Usd(1)));

        book.Charge(2).Outcome.Should().Be(Outcome.BudgetExceeded);

        book.State.Freeze.Should().BeNull();
    }

    [Fact]
    public void A_closed_agent_is_closed_for_good()
    {
        var book = Of();
        book.Freeze();
        book.Close().Should().Be(ConfigureResult.Done);
        var entries = book.Entries.Count;

        book.Charge(1).Outcome.Should().Be(Outcome.AgentClosed);
        book.Charge(1, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.AgentClosed);
        book.Hold(1).Outcome.Should().Be(Outcome.AgentClosed);
        book.Foresee(1).Outcome.Should().Be(Outcome.AgentClosed);
        book.Configure(c => c).Result.Should().Be(ConfigureResult.AgentClosed);
        book.Freeze().Should().Be(ConfigureResult.AgentClosed);
        book.Unfreeze().Should().Be(ConfigureResult.AgentClosed);
        book.Close().Should().Be(ConfigureResult.Done, "it is");
        book.Govern(s => Governing.Describe(s, new DescribeRequest("operator", "x", null))).Result.Should().Be(ConfigureResult.AgentClosed);
        book.Entries.Should().HaveCount(entries);
    }

    [Fact]
    public void An_agent_never_opened_is_unknown_to_every_verb()
    {
        var book = Blank();

        book.Charge(1).Outcome.Should().Be(Outcome.AgentUnknown);
        book.Hold(1).Outcome.Should().Be(Outcome.AgentUnknown);
        book.Settle(1).Outcome.Should().Be(Outcome.AgentUnknown);
        book.Release().Outcome.Should().Be(Outcome.AgentUnknown);
        book.Extend(1).Outcome.Should().Be(Outcome.AgentUnknown);
        book.Foresee(1).Outcome.Should().Be(Outcome.AgentUnknown);
        book.Configure(c => c).Result.Should().Be(ConfigureResult.AgentUnknown);
        book.Close().Should().Be(ConfigureResult.AgentUnknown);
        book.Entries.Should().BeEmpty();
    }
}
