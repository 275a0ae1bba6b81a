namespace Budgets.Forecasting;

/// <summary>The decision of predictive recharge.</summary>
internal static class Predicting
{
    /// <summary>The cautious quantile: of a hundred such stretches of time, so many take no more.</summary>
    public const double Quantile = 0.95;

    // However alike its days have been, tomorrow may differ by this part of the mean.
    private const double LeastVariation = 0.22;

    /// <summary>The balance may run out before <paramref name="hoursAhead"/> plus the time to the next check.</summary>
    public static bool ShouldRecharge(Spending state, Money balance, double hoursAhead, TimeSpan checkInterval, DateTimeOffset now) =>
        balance <= Needed(state, hoursAhead, checkInterval, now);

    /// <summary>What must be there not to run out before then. A spend that takes the balance to this or less is large: it asks for a check itself.</summary>
    public static Money Needed(Spending state, double hoursAhead, TimeSpan checkInterval, DateTimeOffset now)
    {
        var (_, mean, variance) = new Outlook(state, now).Until(now.AddHours(hoursAhead) + checkInterval).LastOrDefault();
        var least = mean * LeastVariation;
        return Outlook.Rounded(Gamma.Quantile(Quantile, mean, Math.Max(variance, least * least)));
    }
}
