using System.Text.Json;
using Budgets.Forecasting;

namespace Budgets.Tests.Forecasting;

public sealed class DepletingTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_spent_is_nothing_foretold()
    {
        var state = Spending.Begin("UTC");
        var outlook = new Outlook(state, Monday);

        (outlook.PerHour, outlook.BasedOnDays, outlook.IsCautious).Should().Be((Money.Zero, 0.0, true));
        Depleting.Of(state, Money.Dollars(10), Monday).Should().Be(new Instants(null, null, null));
        Predicting.ShouldRecharge(state, Money.Dollars(10), 24, TimeSpan.FromHours(1), Monday).Should().BeFalse();
    }

    [Fact]
    public void What_is_gone_is_gone_now() => Depleting.Of(Spending.Begin("UTC"), Money.Zero, Monday).Should().Be(new Instants(Monday, Monday, Monday));

    [Fact]
    public void A_dollar_an_hour_takes_a_hundred_dollars_in_about_a_hundred_hours()
    {
        var (state, now) = Hourly(28, (_, _) => Money.Dollars(1));
        var told = Depleting.Of(state, Money.Dollars(100), now);

        new Outlook(state, now).PerHour.InDollars.Should().BeApproximately(1, 0.01m);
        (told.P50!.Value - now).TotalHours.Should().BeApproximately(100, 3);
        told.P10.Should().BeBefore(told.P50.Value).And.BeAfter(now.AddHours(80));
        told.P90.Should().BeAfter(told.P50.Value).And.BeBefore(now.AddHours(120));
    }

    /// <summary>Some 96 dollars on the mean: a straight line from Friday evening would end on Saturday.</summary>
    [Fact]
    public void Who_works_on_weekdays_does_not_run_out_on_a_weekend()
    {
        var (state, _) = Hourly(7 * 7 + 4, (d, h) => d % 7 < 5 && h is >= 9 and < 17 ? Money.Dollars(12) : Money.Zero);
        var friday = Monday.AddDays(7 * 7 + 4).AddHours(17);
        for (var h = 9; h < 17; h++)
        {
            state = state.After(Money.Dollars(12), friday.AddHours(h - 17).AddMinutes(30));
        }

        Depleting.Of(state, Money.Dollars(60), friday).P50!.Value.DayOfWeek.Should().Be(DayOfWeek.Monday);
    }

    [Fact]
    public void Days_have_the_shape_of_the_budgets_own_zone()
    {
        var state = Spending.Begin("Asia/Kolkata");
        for (var d = 0; d < 28; d++)
        {
            // Nine in the morning there.
            state = state.After(Money.Dollars(24), Monday.AddDays(d).AddHours(3.6));
        }

        Depleting.Of(state, Money.Dollars(12), Monday.AddDays(28)).P50!.Value.Hour.Should().BeInRange(2, 5);
    }

    [Fact]
    public void A_first_day_gives_a_wider_band_than_a_month_and_says_so()
    {
        var (young, then) = Hourly(1, (_, _) => Money.Dollars(1));
        var (old, now) = Hourly(28, (_, _) => Money.Dollars(1));

        (new Outlook(young, then).IsCautious, new Outlook(old, now).IsCautious).Should().Be((true, false));
        new Outlook(old, now).BasedOnDays.Should().BeApproximately(28, 0.1);
        (Depleting.Of(young, Money.Dollars(48), then).P10!.Value - then).Should().BeLessThan((Depleting.Of(old, Money.Dollars(48), now).P10!.Value - now) * 0.8);
    }

    [Fact]
    public void A_limit_is_exceeded_within_its_window_or_not_at_all()
    {
        var (state, now) = Hourly(28, (_, _) => Money.Dollars(1));

        Depleting.OfLimit(state, Money.Dollars(30), now.AddHours(12), now).Should().Be(new Instants(null, null, null));
        var told = Depleting.OfLimit(state, Money.Dollars(10), now.AddHours(12), now);
        told.P50.Should().BeAfter(now.AddHours(7)).And.BeBefore(now.AddHours(12));
        Depleting.OfLimit(state, Money.Dollars(10), DateTimeOffset.MaxValue, now).P90.Should().NotBeNull();
    }

    /// <summary>A mean of ten days alone would say nearly 1.8.</summary>
    [Fact]
    public void One_spike_of_a_week_is_not_taken_for_a_new_level()
    {
        var (before, now) = Hourly(28, (_, _) => Money.Dollars(1));
        var after = before.After(Money.Dollars(168), now).Until(now.AddHours(1));

        new Outlook(after, now.AddHours(1)).PerHour.InDollars.Should().BeLessThan(1.6m);
    }

    [Fact]
    public void What_is_remembered_stays_small_and_survives_its_journey_through_JSON()
    {
        var (state, now) = Hourly(400, (d, h) => Money.FromDollars(0.01m * (1 + d % 3) * h));
        var json = JsonSerializer.Serialize(state);
        var back = JsonSerializer.Deserialize<Spending>(json)!;

        json.Length.Should().BeLessThan(4096);
        JsonSerializer.Serialize(back).Should().Be(json);
        Depleting.Of(back, Money.Dollars(20), now).Should().Be(Depleting.Of(state, Money.Dollars(20), now));
    }

    [Fact]
    public void A_silence_of_years_costs_no_more_than_one_of_weeks_and_leaves_next_to_no_rate()
    {
        var (state, now) = Hourly(28, (_, _) => Money.Dollars(1));

        state.Until(now.AddYears(5)).Hour.Should().Be(Spending.HourOf(now.AddYears(5)));
        new Outlook(state, now.AddYears(5)).PerHour.InDollars.Should().BeLessThan(0.2m);
    }

    [Fact]
    public void What_comes_late_counts_in_the_open_hour()
    {
        var state = Spending.Begin("UTC").After(Money.Dollars(1), Monday.AddHours(5)).After(Money.Dollars(2), Monday);

        (state.ThisHour, state.Hour).Should().Be((Money.Dollars(3), Spending.HourOf(Monday) + 5));
    }

    [Theory]
    [InlineData(0.5, 1, 1, 0.3934693403)]
    [InlineData(3, 2, 1, 0.8488)]
    [InlineData(20, 20, 20, 0.5297)]
    public void The_gamma_distribution_is_the_tables(double sum, double mean, double variance, double likelihood)
    {
        Gamma.AtMost(sum, mean, variance).Should().BeApproximately(likelihood, 1e-4);
        Gamma.Quantile(likelihood, mean, variance).Should().BeApproximately(sum, 1e-2);
    }

    internal static (Spending State, DateTimeOffset Now) Hourly(int days, Func<int, int, Money> spent)
    {
        var state = Spending.Begin("UTC");
        for (var h = 0; h < days * 24; h++)
        {
            state = state.After(spent(h / 24, h % 24), Monday.AddHours(h).AddMinutes(30));
        }

        return (state, Monday.AddDays(days));
    }
}
