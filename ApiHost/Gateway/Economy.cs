using System.Collections.Concurrent;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>Whether an agent has used so much of a limit that it is to be served by cheaper models. It is known a moment late: what was used two seconds ago counts.</summary>
internal sealed class Economy([FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    /// <summary>Agents remembered at most; then all are forgotten and asked again.</summary>
    private const int Most = 100_000;

    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<AgentId, (int? From, decimal Used, long AskedAt)> _known = new();
    private int _count;

    public async ValueTask<bool> IsOn(Call call)
    {
        if (!_known.TryGetValue(call.Agent, out var known) || clock.GetElapsedTime(known.AskedAt) >= s_believed)
        {
            var askedAt = clock.GetTimestamp();
            var budget = await call.Budget.GetBudget();
            known = (budget is null ? null : FromOf(budget), budget is null ? 0 : UsedOf(budget), askedAt);
            Remember(call.Agent, known);
        }

        return known.From is { } from && known.Used >= from;
    }

    /// <summary>A budget has just said how it stands: that is newer than what was asked for.</summary>
    public void Heard(AgentId agent, Receipt receipt)
    {
        if (_known.TryGetValue(agent, out var known) && known.From is not null)
        {
            var used = receipt.Balances.Where(b => b.Type != LimitType.PerMinute && b.Limit is not null).Select(b => Percent(b.Spent, b.Limit!.Value)).DefaultIfEmpty().Max();
            _known.TryUpdate(agent, known with { Used = used }, known);
        }
    }

    private void Remember(AgentId agent, (int? From, decimal Used, long AskedAt) known)
    {
        if (_known.TryAdd(agent, known))
        {
            if (Interlocked.Increment(ref _count) > Most)
            {
                _known.Clear();
                Interlocked.Exchange(ref _count, 0);
            }
        }
        else
        {
            _known[agent] = known;
        }
    }

    /// <summary>Of both layers what is earlier.</summary>
    private static int? FromOf(BudgetView budget) =>
        budget.Above.EconomyAtPercent is { } above && budget.Own.EconomyAtPercent is { } own ? Math.Min(above, own) : budget.Above.EconomyAtPercent ?? budget.Own.EconomyAtPercent;

    private static decimal UsedOf(BudgetView budget) => budget.Windows.Where(w => w.Type != LimitType.PerMinute).Select(w => Percent(w.Spent, w.Limit)).DefaultIfEmpty().Max();

    private static decimal Percent(Money spent, Money limit) => limit.Nanos == 0 ? 100 : spent.InDollars * 100 / limit.InDollars;
}
