using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>With 10, 50 and 90 chances in a hundred it has happened by then; null: not within what is foretold.</summary>
internal sealed record ChancesAnswer(DateTimeOffset? P10, DateTimeOffset? P50, DateTimeOffset? P90)
{
    public static ChancesAnswer Of(Chances c) => new(c.P10, c.P50, c.P90);
}

/// <param name="ExceededAt">If before the window ends.</param>
internal sealed record LimitForecastAnswer(LimitType LimitType, Layer SetBy, Money Limit, Money Remaining, ChancesAnswer ExceededAt, DateTimeOffset? ResetsAt);

/// <param name="SpendPerHour">Of late, whatever the hour, descendants' spending included.</param>
/// <param name="DepletedAt">When the balance is gone; null: the agent has none of its own.</param>
/// <param name="EstimatedTimeUntilDepleted">Until the balance, or the first limit, is used up, as likely as not: "3.2 hours"; "unknown" where nothing says so.</param>
/// <param name="BasedOnDays">Since the first spend that is remembered.</param>
/// <param name="IsCautious">Less than a week was seen: the bands are wide.</param>
internal sealed record ForecastAnswer(
    Money SpendPerHour, ChancesAnswer? DepletedAt, string EstimatedTimeUntilDepleted, IReadOnlyList<LimitForecastAnswer> Limits, double BasedOnDays, bool IsCautious)
{
    public static ForecastAnswer Of(ForecastView f, DateTimeOffset now) => new(
        f.SpendPerHour,
        f.DepletedAt is { } depleted ? ChancesAnswer.Of(depleted) : null,
        f.Limits.Select(l => l.ExceededAt.P50).Append(f.DepletedAt?.P50).Min() is { } first ? Explaining.Lasting((decimal)(first - now).TotalHours) : "unknown",
        [.. f.Limits.Select(l => new LimitForecastAnswer(
            l.Standing.Type, l.Standing.SetBy, l.Standing.Limit, l.Standing.Remaining, ChancesAnswer.Of(l.ExceededAt), l.Standing.Window.Until))],
        f.BasedOnDays,
        f.IsCautious);
}

/// <summary>When the money will be gone, if spending goes on as it did.</summary>
internal static class ForecastEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "forecast", Access.Read, Get, new("getForecast", "Credits", "When the balance and each limit will be used up")
    {
        Text = "Told as instants by which it has happened with 10, 50 and 90 chances in a hundred, from the spending of the last weeks with the shape of its days and weeks.",
        Answers = [new(200, typeof(ForecastAnswer), "The forecast.")],
    });

    private static Task Get(Call call) => Reply.Show(call, b => b.GetForecast(), Wire.Default.ForecastAnswer, forecast => ForecastAnswer.Of(forecast, call.Edge.Now));
}
