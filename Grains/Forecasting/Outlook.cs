namespace Budgets.Forecasting;

/// <summary>What is thought, at an instant, of the hours to come.</summary>
internal sealed class Outlook
{
    private const double CautiousDays = 7;
    private const double MostDoubt = 1;

    private readonly Spending _spending;
    private readonly DateTimeOffset _now;
    private readonly double _level;
    private readonly double _doubt;

    public Outlook(Spending spending, DateTimeOffset now)
    {
        (_spending, _now) = (spending.Until(now), now);
        BasedOnDays = spending.DaysUntil(now);
        _level = _spending.Level(_spending.Since is null ? 0 : Math.Clamp((now - Start(_spending.Hour)).TotalHours, 0, 1));
        // Of the level itself, beyond what the misses tell: the first days are not the weeks to come.
        _doubt = Math.Min(MostDoubt, 0.3 / Math.Max(0.01, BasedOnDays * BasedOnDays));
    }

    /// <summary>Dollars in an hour of late, whatever the hour.</summary>
    public Money PerHour => Rounded(_level * _spending.Week.Mean);

    /// <summary>Days since the first spend.</summary>
    public double BasedOnDays { get; }

    /// <summary>Less than a week was seen: the shape of a week is a guess, and the band is wide.</summary>
    public bool IsCautious => BasedOnDays < CautiousDays;

    /// <summary>The sum's mean and variance (dollars) from now until each of the coming ends of hours, the last of them cut at the end.</summary>
    public IEnumerable<(DateTimeOffset At, double Mean, double Variance)> Until(DateTimeOffset end)
    {
        var (weight, at, hour) = (0.0, _now, Spending.HourOf(_now));
        while (at < end)
        {
            var until = Start(hour + 1) < end ? Start(hour + 1) : end;
            weight += _spending.Week.WeightOf(_spending.LocalHour(hour)) * (until - at).TotalHours;
            (at, hour) = (until, hour + 1);
            var mean = _level * weight;
            yield return (at, mean, _level * _level * weight * _spending.Misses.Dispersion(weight) + mean * mean * _doubt);
        }
    }

    /// <summary>An estimate told as money: to the nano-dollar, and no more than any budget's books hold.</summary>
    public static Money Rounded(double dollars) => new((long)Math.Min(Math.Round(dollars * Money.NanosPerDollar), Money.MaxBooked.Nanos));

    private static DateTimeOffset Start(long hour) => DateTimeOffset.FromUnixTimeSeconds(hour * 3600);
}
