using Budgets.Client;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Client;

/// <summary>The client as an agent's program has it, on a cluster of the test's.</summary>
internal static class Reach
{
    /// <param name="clock">What deadlines go by; null: the machine's.</param>
    public static IBudget ClientFor(this BudgetCluster cluster, AgentId agent, Action<BudgetsClientOptions>? configure = null, TimeProvider? clock = null)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(cluster.Client).AddBudgetsClient(configure);
        if (clock is not null)
        {
            services.AddKeyedSingleton("Budgets", clock);
        }

        return services.BuildServiceProvider().GetRequiredService<IBudgets>().For(agent);
    }

    /// <summary>A new agent with one daily limit, as its program sees it.</summary>
    public static async Task<IBudget> OpenFor(this BudgetCluster cluster, decimal dailyLimit, Action<BudgetsClientOptions>? configure = null, TimeProvider? clock = null)
    {
        var agent = BudgetCluster.NewAgent();
        await cluster.Open(Money.FromDollars(dailyLimit), agent);
        return cluster.ClientFor(agent, configure, clock);
    }

    /// <summary>Spent and held today.</summary>
    public static async Task<(Money Spent, Money Held)> Today(this IBudget budget)
    {
        var daily = (await budget.Usage(UsagePeriod.Today))!.Budget.Balances.Single(b => b.Type == LimitType.Daily);
        return (daily.Spent, daily.Held);
    }
}
