using System.Collections.Immutable;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record ModelUsage(string Model, Money Cost, long Calls);

internal sealed record OperationUsage(string Operation, Money Cost, long Calls);

internal sealed record TagUsage(string Tag, Money Cost, long Calls);

internal sealed record TokensAnswer(long Input, long Output, long CacheRead, long CacheWrite);

/// <param name="AmountSpent">In the period.</param>
/// <param name="DailyLimit">The strictest in force; null: none.</param>
/// <param name="AmountRemaining">What is left of today under the daily limit; null without one.</param>
/// <param name="OperationCount">Charges and settlements in the period.</param>
/// <param name="TopModels">The ten that cost most; names beyond the bounded number are summed as "other".</param>
/// <param name="OptimizationSuggestion">Empty when nothing was measured that would support one.</param>
/// <param name="Held">Set aside now, in all open reservations.</param>
/// <param name="Limits">Every limit in force with its figures now.</param>
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
    IReadOnlyList<TagUsage> ByTag)
{
    private const int MostModels = 10;

    public static UsageAnswer Of(UsageView view)
    {
        var (usage, budget) = (view.Usage, view.Budget);
        var total = usage.Total;
        return new(
            budget.Agent.Value,
            view.Period,
            view.FirstDay,
            view.LastDay,
            budget.TimeZone,
            total.Cost,
            LimitsActive.Strictest(budget, LimitType.Daily),
            Today(budget)?.Remaining,
            total.Calls,
            [.. usage.ByModel.Take(MostModels).Select(m => new ModelUsage(m.Name, m.Sums.Cost, m.Sums.Calls))],
            OptimizationSuggestion: "",
            budget.Balances.FirstOrDefault(b => b.Type == LimitType.Total).Held,
            [.. budget.Windows.Select(WindowAnswer.Of)],
            new TokensAnswer(total.InputTokens, total.OutputTokens, total.CacheReadTokens, total.CacheWriteTokens),
            [.. usage.ByOperation.Select(o => new OperationUsage(o.Name, o.Sums.Cost, o.Sums.Calls))],
            [.. usage.ByTag.Select(t => new TagUsage(t.Name, t.Sums.Cost, t.Sums.Calls))]);
    }

    private static Balance? Today(BudgetView budget) =>
        budget.Balances.Where(b => b.Type == LimitType.Daily).Select(b => (Balance?)b).FirstOrDefault();
}

/// <summary>What was spent in a period, and on what.</summary>
internal static class UsageEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "usage", Access.Read, Get, new("getUsage", "Ledger", "What was spent in a period, and on what")
    {
        Query = [new("period", typeof(UsagePeriod), "Default today; days are those of the budget's time zone.")],
        Answers = [new(200, typeof(UsageAnswer), "The usage.")],
    });

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "period");
        var period = query.OneOf<UsagePeriod>("period") ?? UsagePeriod.Today;
        var usage = query.Problem is null ? await call.Budget.GetUsage(period) : null;
        await (usage is null
            ? (query.Problem ?? Problem.NotFound).Send(call.Http)
            : Reply.Send(call.Http, 200, Wire.Default.UsageAnswer, UsageAnswer.Of(usage)));
    }
}
