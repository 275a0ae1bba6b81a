using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class ChargingTests
{
    /// <summary>One hard limit of $25 a day; the money is nanos, so the last one counts. A limit of 0 blocks everything (litellm reads it as "no limit").</summary>
    [Theory]
    //          limit  spent      charge           outcome                   spent after
    [InlineData("25", "0", "25", Outcome.Accepted, "25")]
    [InlineData("25", "0", "25.000000001", Outcome.BudgetExceeded, "0")]
    [InlineData("25", "24.999999999", "0.000000001", Outcome.Accepted, "25")]
    [InlineData("25", "24.999999999", "0.000000002", Outcome.BudgetExceeded, "24.999999999")]
    [InlineData("25", "25", "0", Outcome.Accepted, "25")]
    [InlineData("0", "0", "0.000000001", Outcome.BudgetExceeded, "0")]
    [InlineData("0", "0", "0", Outcome.BudgetExceeded, "0")]
    [InlineData(null, "0", "1000000", Outcome.Accepted, "1000000")]
    public void A_charge_fits_its_limit_to_the_last_nano(string? limit, string spent, string charge, Outcome outcome, string after)
    {
        var book = Of(new Limits(Daily: limit is null ? null : Usd(Dollars(limit))));
        book.Charge(Dollars(spent), mode: ChargeMode.Record);
        var entries = book.Entries.Count;

        book.Charge(Dollars(charge)).Outcome.Should().Be(outcome);

        book[LimitType.Daily].Spent.Should().Be(Dollars(after));
        book.Entries.Should().HaveCount(entries + (outcome == Outcome.Accepted ? 1 : 0), "a refusal writes nothing");
    }

    /// <summary>A new window counts from zero, a longer one goes on. litellm #20615: who has no limit is never blocked.</summary>
    [Theory]
    [InlineData(LimitType.Daily, "2026-03-05T00:00Z")]
    [InlineData(LimitType.Weekly, "2026-03-09T00:00Z")]
    [InlineData(LimitType.Monthly, "2026-04-01T00:00Z")]
    public void Each_window_lets_go_at_its_own_end(LimitType type, string end)
    {
        var book = Of(Limits.None.With(type, Usd(10)));
        book.Charge(10);

        var before = book.At(Utc(end).AddTicks(-1)).Charge(1);
        var after = book.At(end).Charge(1);

        before.Outcome.Should().Be(Outcome.BudgetExceeded);
        before.Refusal!.Standing!.Type.Should().Be(type);
        before.Refusal.RetryAt.Should().Be(Utc(end));
        after.Outcome.Should().Be(Outcome.Accepted);
        book[type].Spent.Should().Be(1);
        book[LimitType.Total].Spent.Should().Be(11);
    }

    [Fact]
    public void A_limit_on_the_whole_life_never_lets_go()
    {
        var book = Of(new Limits(Total: Usd(10)));
        book.Charge(10);

        var refused = book.At("2036-01-01T00:00Z").Charge(1);

        refused.Outcome.Should().Be(Outcome.BudgetExceeded);
        refused.Refusal!.RetryAt.Should().BeNull();
    }

    /// <summary>litellm #14144: the error does not say which budget.</summary>
    [Fact]
    public void A_refusal_names_the_limit_the_figures_and_the_end_litellm_14144()
    {
        var book = Of(new Limits(Daily: Usd(25)));
        book.Charge(20);
        book.Hold(4, "h");

        var refusal = book.Charge(2).Refusal!;

        refusal.RefusedBy.Should().Be(Agent);
        refusal.Requested.Should().Be(Usd(2));
        refusal.Standing.Should().Be(new LimitStanding(
            LimitType.Daily, Layer.Own, true, Usd(25), Usd(20), Usd(4), new PeriodWindow(Utc("2026-03-04T00:00Z"), Utc("2026-03-05T00:00Z"))));
        refusal.Standing!.Remaining.Should().Be(Usd(1));
        refusal.RetryAt.Should().Be(Utc("2026-03-05T00:00Z"));
    }

    [Fact]
    public void Of_several_exceeded_limits_the_one_that_ends_last_is_named_for_waiting_for_less_would_not_help()
    {
        var book = Of(new Limits(Daily: Usd(10), Weekly: Usd(10), Monthly: Usd(10)));
        book.Charge(10);

        book.Charge(1).Refusal!.Standing!.Type.Should().Be(LimitType.Monthly);
    }

    [Fact]
    public void A_life_limit_from_above_is_named_before_the_agents_own_daily_one()
    {
        var book = Of(own: new Limits(Daily: Usd(10)), above: new Limits(Total: Usd(10)));
        book.Charge(10);

        var refusal = book.Charge(1).Refusal!;

        refusal.Standing.Should().BeEquivalentTo(new { Type = LimitType.Total, SetBy = Layer.Above });
        refusal.RetryAt.Should().BeNull("tomorrow it is refused again");
    }

    [Theory]
    [InlineData("10", "1000", "50")] // The month would let it pass at its end, the day never.
    [InlineData("40", "40", "50")]
    public void No_time_to_retry_is_told_when_waiting_cannot_help(string daily, string monthly, string charge)
    {
        var book = Of(new Limits(Daily: Usd(Dollars(daily)), Monthly: Usd(Dollars(monthly))));
        book.Charge(995, mode: ChargeMode.Record);

        var refusal = book.Charge(Dollars(charge)).Refusal!;

        refusal.RetryAt.Should().BeNull();
        refusal.Standing!.Limit.Should().BeLessThan(Usd(Dollars(charge)), "that limit is the reason");
    }

    [Fact]
    public void A_stricter_layer_that_can_never_admit_the_amount_is_named_before_one_that_can()
    {
        var book = Of(own: new Limits(Daily: Usd(5)), above: new Limits(Daily: Usd(100)));
        book.Charge(98, mode: ChargeMode.Record);

        var refusal = book.Charge(50).Refusal!;

        refusal.Standing!.SetBy.Should().Be(Layer.Own);
        refusal.RetryAt.Should().BeNull();
    }

    [Theory]
    [InlineData("1", "1", Outcome.Accepted)]
    [InlineData("1", "1.000000001", Outcome.BudgetExceeded)]
    [InlineData("0", "0", Outcome.BudgetExceeded)]
    public void One_call_costs_at_most_its_own_limit(string limit, string charge, Outcome outcome)
    {
        var decision = Of(new Limits(PerCall: Usd(Dollars(limit)))).Charge(Dollars(charge));

        decision.Outcome.Should().Be(outcome);
        decision.Refusal?.Standing!.Type.Should().Be(LimitType.PerCall);
        decision.Refusal?.RetryAt.Should().BeNull();
    }

    [Fact]
    public void Of_two_layers_the_stricter_one_binds()
    {
        Of(own: new Limits(Daily: Usd(5)), above: new Limits(Daily: Usd(10))).Charge(6).Refusal!.Standing!.SetBy.Should().Be(Layer.Own);
        Of(own: new Limits(Daily: Usd(10)), above: new Limits(Daily: Usd(5))).Charge(6).Refusal!.Standing!.SetBy.Should().Be(Layer.Above);
    }

    [Fact]
    public void A_soft_limit_admits_and_warns()
    {
        var book = Of(new Limits(Daily: Usd(10), HardStop: false));

        book.Charge(12).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 120));
        book.Receipt.Overage.Should().BeFalse();
    }

    [Fact]
    public void A_soft_layer_does_not_soften_the_hard_one() =>
        Of(own: new Limits(Daily: Usd(5), HardStop: false), above: new Limits(Daily: Usd(10))).Charge(11).Outcome.Should().Be(Outcome.BudgetExceeded);

    [Fact]
    public void What_was_spent_already_is_booked_above_the_limit_and_flagged()
    {
        var book = Daily(10);
        book.Charge(8);

        book.Charge(5, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Overage.Should().BeTrue();
        book[LimitType.Daily].Spent.Should().Be(13);
        book.Charge(0.01m).Outcome.Should().Be(Outcome.BudgetExceeded);
    }

    [Theory]
    [InlineData("2", false)]
    [InlineData("5", true)]
    public void What_was_spent_already_is_booked_while_frozen_and_flagged_where_it_does_not_fit(string charge, bool overage)
    {
        var book = Daily(10);
        book.Charge(8);
        book.Freeze();

        book.Charge(Dollars(charge), mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Overage.Should().Be(overage);
    }

    [Fact]
    public void The_books_of_one_budget_have_an_end()
    {
        var book = Of().With(s => s with { Windows = [.. s.Windows.Select(w => w with { Spent = Money.MaxBooked - Usd(1) })] });

        book.Charge(1.000000001m).Outcome.Should().Be(Outcome.AmountTooLarge);
        book.Charge(1.000000001m, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.AmountTooLarge);
        book.Charge(1).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void A_charge_is_written_with_the_balances_it_leads_to()
    {
        var book = Of(own: new Limits(Daily: Usd(25)), above: new Limits(Daily: Usd(100), Monthly: Usd(500)));
        book.Hold(3, "h");

        book.Charge(2.5m);

        book.Receipt.Balances.Should().Equal(
            new Balance(LimitType.Daily, Usd(2.5m), Usd(3), Usd(25)),
            new Balance(LimitType.Weekly, Usd(2.5m), Usd(3), null),
            new Balance(LimitType.Monthly, Usd(2.5m), Usd(3), Usd(500)),
            new Balance(LimitType.Total, Usd(2.5m), Usd(3), null));
        book.Receipt.Balances[0].Remaining.Should().Be(Usd(19.5m));
    }

    private static decimal Dollars(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
