using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>Thresholds: each share of each limit is told once in a window.</summary>
public sealed class WarningTests
{
    /// <summary>litellm #3738, #3113: an alert on every request. bifrost #5770: ">99 % used" at $0.40 of $15.</summary>
    [Theory]
    //          spent before, charge, told
    [InlineData("0", "49.999999999", null)]
    [InlineData("0", "50", 50)]
    [InlineData("49", "1", 50)]
    [InlineData("50", "29", null)]
    [InlineData("50", "30", 80)]
    [InlineData("0", "79", 50)]
    [InlineData("0", "96", 95)] // a step over several tells the highest
    [InlineData("95", "4", null)]
    [InlineData("95", "5", 100)]
    [InlineData("0", "100", 100)]
    public void A_threshold_is_told_when_it_is_crossed_and_once_litellm_3738(string before, string charge, int? told)
    {
        var book = Of(new Limits(Daily: Usd(100)), alerts: [50, 80, 95]);
        book.Charge(Dollars(before));

        book.Charge(Dollars(charge));

        book.Receipt.Warnings.Select(w => w.Percent).Should().Equal(told is { } percent ? [percent] : []);
    }

    [Fact]
    public void A_thousand_small_charges_tell_each_threshold_once_litellm_3113()
    {
        var book = Of(new Limits(Daily: Usd(10)), alerts: [50, 80, 95]);

        for (var i = 0; i < 1000; i++)
        {
            book.Charge(0.01m);
        }

        book.Entries.OfType<Charged>().SelectMany(c => c.Warnings).Select(w => w.Percent).Should().Equal(50, 80, 95, 100);
    }

    [Fact]
    public void A_new_window_tells_them_again()
    {
        var book = Of(new Limits(Daily: Usd(10)), alerts: [50]);
        book.Charge(6);

        book.At("2026-03-05T00:00Z").Charge(6);

        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 50));
    }

    [Fact]
    public void Held_money_is_not_spent_and_a_settlement_tells()
    {
        var book = Of(new Limits(Daily: Usd(10)), alerts: [50]);
        book.Hold(9);
        book.Receipt.Warnings.Should().BeEmpty();

        book.Settle(6);

        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 50));
    }

    [Fact]
    public void A_raised_limit_arms_again_only_above_the_new_line()
    {
        var book = Of(new Limits(Daily: Usd(10)), alerts: [50]);
        book.Charge(5);
        book.Configure(c => c with { Daily = Change.To<Money?>(Usd(20)) });

        book.Charge(1);
        book.Receipt.Warnings.Should().BeEmpty();
        book.Charge(4);
        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(20), 50));
    }

    [Fact]
    public void Each_limit_of_a_step_is_told_for_itself()
    {
        var book = Of(own: new Limits(Daily: Usd(10)), above: new Limits(Daily: Usd(12), Monthly: Usd(10)), alerts: [50]);

        book.Charge(6);

        book.Receipt.Warnings.Should().BeEquivalentTo(
            [new Warning(LimitType.Daily, Usd(12), 50), new Warning(LimitType.Monthly, Usd(10), 50), new Warning(LimitType.Daily, Usd(10), 50)]);
    }

    [Fact]
    public void The_same_limit_in_two_layers_is_told_once()
    {
        var book = Of(own: new Limits(Daily: Usd(10), Monthly: Usd(500)), above: new Limits(Daily: Usd(10)), alerts: [50]);

        book.Charge(6);

        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 50));
    }

    [Fact]
    public void A_limit_of_zero_has_no_shares() =>
        Of(new Limits(Daily: Usd(0), HardStop: false), alerts: [50]).Charge(1).Outcome.Should().Be(Outcome.Accepted);

    [Fact]
    public void A_soft_limit_warns_with_every_answer_above_it_and_tells_by_how_much()
    {
        var book = Of(new Limits(Daily: Usd(10), HardStop: false), alerts: [50]);
        book.Charge(10);
        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 100));

        book.Charge(5);
        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 150));
        book.Hold(5);
        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 200));
    }

    [Fact]
    public void Without_thresholds_only_the_limit_itself_is_told()
    {
        var book = Daily(10);
        book.Charge(9.99m);
        book.Receipt.Warnings.Should().BeEmpty();

        book.Charge(0.01m);

        book.Receipt.Warnings.Should().Equal(new Warning(LimitType.Daily, Usd(10), 100));
    }

    private static decimal Dollars(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
