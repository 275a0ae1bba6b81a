using Budgets.Forecasting;

namespace Budgets.Tests.Forecasting;

public sealed class PredictingTests
{
    private static readonly TimeSpan EveryHour = TimeSpan.FromHours(1);

    /// <summary>The seed's own: $15 a day, $20 left, 24 hours ahead. A straight line says 32 hours, and would wait.</summary>
    [Fact]
    public void Twenty_dollars_at_fifteen_a_day_are_recharged_now()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (dice, day) = (new Random(seed), Array.Empty<double>());
            var (state, now) = DepletingTests.Hourly(14 + seed % 21, (_, h) =>
            {
                day = h == 0 ? [.. Enumerable.Range(0, 24).Select(_ => dice.NextDouble())] : day;
                return new Money((long)(15_000_000_000 * day[h] / day.Sum()));
            });

            Predicting.ShouldRecharge(state, Money.Dollars(20), 24, EveryHour, now).Should().BeTrue($"seed {seed}");
            Predicting.ShouldRecharge(state, Money.Dollars(30), 24, EveryHour, now).Should().BeFalse($"seed {seed}");
        }
    }

    [Fact]
    public void The_later_the_next_check_the_more_is_needed()
    {
        var (state, now) = DepletingTests.Hourly(28, (_, _) => Money.Dollars(1));

        Predicting.Needed(state, 24, TimeSpan.FromHours(24), now).Should().BeGreaterThan(Predicting.Needed(state, 24, EveryHour, now) + Money.Dollars(20));
    }

    [Fact]
    public void More_is_needed_for_bursts_than_for_the_same_money_spent_evenly()
    {
        var (even, now) = DepletingTests.Hourly(42, (_, _) => Money.Dollars(1));
        var dice = new Random(6);
        var (bursts, _) = DepletingTests.Hourly(42, (_, _) => dice.Next(12) == 0 ? Money.Dollars(12) : Money.Zero);

        Predicting.Needed(bursts, 24, EveryHour, now).Should().BeGreaterThan(Predicting.Needed(even, 24, EveryHour, now) + Money.Dollars(5));
    }

    [Fact]
    public void What_is_needed_fits_in_money_whatever_was_spent()
    {
        var (state, now) = DepletingTests.Hourly(2, (_, _) => Money.MaxPerRequest);

        Predicting.Needed(state, 24 * 365, EveryHour, now).Should().Be(Money.MaxBooked);
    }
}
