using System.Collections.Immutable;
using Budgets.Forecasting;

namespace Budgets.Ledger;

/// <summary>What a budget's spending so far says of what is to come. States given here must be brought up to the instant of the view.</summary>
internal static class Foretelling
{
    /// <summary>With less than a day seen, nobody is told more than the pace of the last two hours.</summary>
    private const double LeastDays = 1;

    public static Spending SpendingNow(this BudgetState s) => s.Spending ?? Spending.Begin(s.TimeZone);

    /// <summary>What was spent by the agent and its descendants is remembered by the hour.</summary>
    public static BudgetState Spent(this BudgetState s, BudgetState before)
    {
        var spent = s.Current(LimitType.Total).Spent - before.Current(LimitType.Total).Spent;
        return spent <= Money.Zero ? s : s with { Spending = s.SpendingNow().After(spent, s.Now) };
    }

    public static ForecastView Forecast(this BudgetState s)
    {
        var (spending, outlook) = (s.SpendingNow(), new Outlook(s.SpendingNow(), s.Now));
        return new ForecastView(
            outlook.PerHour,
            s.Available() is { } available ? Of(spending.Since is null ? default : Depleting.Of(spending, available, s.Now)) : null,
            [.. s.View().Windows.Where(w => w.Type is >= LimitType.Daily and <= LimitType.Total).Select(w => new LimitForecast(w, Of(Exceeded(spending, w, s.Now))))],
            Math.Round(outlook.BasedOnDays, 3),
            outlook.IsCautious);
    }

    /// <summary>When a limit will be used up, as likely as not; null: not in its window, or too little is known.</summary>
    public static DateTimeOffset? DepletedAt(BudgetState s, LimitStanding? standing) =>
        standing is { Type: >= LimitType.Daily and <= LimitType.Total } && s.Spending is { } spending && spending.DaysUntil(s.Now) >= LeastDays
            ? Exceeded(spending, standing, s.Now).P50
            : null;

    private static Instants Exceeded(Spending spending, LimitStanding w, DateTimeOffset now) =>
        spending.Since is null ? default : Depleting.OfLimit(spending, w.Remaining, w.Window.Until ?? now.AddDays(Depleting.MostDays), now);

    private static Chances Of(Instants at) => new(at.P10, at.P50, at.P90);
}
