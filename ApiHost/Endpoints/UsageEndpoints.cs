using System.Collections.Immutable;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record ModelUsage(string Model, Money Cost, long Calls);

internal sealed record OperationUsage(string Operation, Money Cost, long Calls);

internal sealed record TagUsage(string Tag, Money Cost, long Calls);

internal sealed record TokensAnswer(long Input, long Output, long CacheRead, long CacheWrite);

/// <param name="AmountSpent">In the period: by the agent itself, or with include_children by it and its descendants.</param>
/// <param name="DailyLimit">The strictest in force; null: none.</param>
/// <param name="AmountRemaining">What is left of today under the daily limit; null without one.</param>
/// <param name="OperationCount">Charges and settlements in the period, the agent's own. So is all that is told by model, operation and tag, and the tokens.</param>
/// <param name="TopModels">The ten that cost most; names beyond the bounded number are summed as "other".</param>
/// <param name="OptimizationSuggestion">The first of those under optimization, whatever the period; empty when nothing was measured that would support one.</param>
/// <param name="Held">Set aside now, in all open reservations.</param>
/// <param name="Limits">Every limit in force with its figures now; these count what descendants spent and hold.</param>
/// <param name="OwnSpent">By the agent itself.</param>
/// <param name="Balance">Null unless prepaid.</param>
/// <param name="EstimatedTimeUntilDepleted">Until the balance, or the first limit, is used up, as likely as not: "3.2 hours", or "unknown".</param>
/// <param name="SubtreeSpent">By the agent and its descendants, from its window of the period; null for periods that are no window. What descendants have drawn and not yet told to be spent is still held there.</param>
internal sealed record UsageAnswer(
    string AgentId,
    UsagePeriod Period,
    DateOnly FirstDay,
    DateOnly LastDay,
    string TimeZone,
    Money AmountSpent,
    Money? DailyLimit,
    Money? AmountRemaining,
    long OperationCount,
    IReadOnlyList<ModelUsage> TopModels,
    string OptimizationSuggestion,
    Money Held,
    IReadOnlyList<WindowAnswer> Limits,
    TokensAnswer Tokens,
    IReadOnlyList<OperationUsage> ByOperation,
    IReadOnlyList<TagUsage> ByTag,
    bool IncludeChildren,
    Money OwnSpent,
    Money? SubtreeSpent,
    CacheSavingsAnswer CacheSavings,
    PaymentMode Mode,
    Money? Balance,
    string EstimatedTimeUntilDepleted,
    ForecastAnswer Forecast)
{
    private const int MostModels = 10;

    /// <summary>The window that a period is; null: it is none.</summary>
    public static LimitType? WindowOf(UsagePeriod period) => period switch
    {
        UsagePeriod.Today => LimitType.Daily,
        UsagePeriod.ThisWeek => LimitType.Weekly,
        UsagePeriod.ThisMonth => LimitType.Monthly,
        _ => null,
    };

    public static UsageAnswer Of(UsageView view, bool includeChildren, CacheSavingsAnswer savings, ForecastAnswer forecast, string suggestion)
    {
        var (usage, budget) = (view.Usage, view.Budget);
        var total = usage.Total;
        var subtree = WindowOf(view.Period) is { } window ? (Money?)budget.Balances.First(b => b.Type == window).Spent : null;
        return new(
            budget.Agent.Value,
            view.Period,
            view.FirstDay,
            view.LastDay,
            budget.TimeZone,
            includeChildren ? subtree ?? total.Cost : total.Cost,
            LimitsActive.Strictest(budget, LimitType.Daily),
            Today(budget)?.Remaining,
            total.Calls,
            [.. usage.ByModel.Take(MostModels).Select(m => new ModelUsage(m.Name, m.Sums.Cost, m.Sums.Calls))],
            suggestion,
            budget.Balances.FirstOrDefault(b => b.Type == LimitType.Total).Held,
            [.. budget.Windows.Select(WindowAnswer.Of)],
            new TokensAnswer(total.InputTokens, total.OutputTokens, total.CacheReadTokens, total.CacheWriteTokens),
            [.. usage.ByOperation.Select(o => new OperationUsage(o.Name, o.Sums.Cost, o.Sums.Calls))],
            [.. usage.ByTag.Select(t => new TagUsage(t.Name, t.Sums.Cost, t.Sums.Calls))],
            includeChildren,
            total.Cost,
            subtree,
            savings,
            PaymentModes.Of(budget),
            budget.Wallet?.Balance,
            forecast.EstimatedTimeUntilDepleted,
            forecast);
    }

    private static Balance? Today(BudgetView budget) =>
        budget.Balances.Where(b => b.Type == LimitType.Daily).Select(b => (Balance?)b).FirstOrDefault();
}

/// <summary>What was spent in a period, and on what.</summary>
internal static class UsageEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "usage", Access.Read, Get, new("getUsage", "Ledger", "What was spent in a period, and on what")
    {
        Query =
        [
            new("period", typeof(UsagePeriod), "Default today; days are those of the budget's time zone."),
            new("include_children", typeof(bool), "True: amount_spent counts what descendants spent too. With today, this_week and this_month. Default false."),
        ],
        Answers = [new(200, typeof(UsageAnswer), "The usage.")],
    });

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "period", "include_children");
        var period = query.OneOf<UsagePeriod>("period") ?? UsagePeriod.Today;
        var includeChildren = query.Flag("include_children");
        query.Faults.AddIf(includeChildren && UsageAnswer.WindowOf(period) is null, "include_children", "goes with today, this_week and this_month: of other periods only the agent's own spending is known");
        if (query.Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        if (await call.Budget.GetUsage(period) is not { } usage || await call.Budget.GetForecast() is not { } forecast)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        var savings = await CacheSavingsAnswer.Of(usage.Usage, call);
        await Reply.Send(call.Http, 200, Wire.Default.UsageAnswer, UsageAnswer.Of(usage, includeChildren, savings, ForecastAnswer.Of(forecast, call.Edge.Now), await OptimizationAnswer.Sentence(call)));
    }
}
