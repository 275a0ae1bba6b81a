using System.Collections.Immutable;

namespace Budgets.Trees;

/// <summary>Who is above whom, and how far down it goes; asked of the budgets, which alone know their parents.</summary>
internal static class Lineages
{
    /// <summary>From the agent itself up to its root; empty: there is no such agent. One level more than allowed is looked at, so that too deep shows.</summary>
    public static async Task<ImmutableArray<BudgetView>> Of(IGrainFactory grains, AgentId agent)
    {
        var lineage = ImmutableArray.CreateBuilder<BudgetView>();
        for (AgentId? next = agent; next is { } id && lineage.Count <= IAllocationTreeGrain.MaxDepth;)
        {
            if (await grains.GetGrain<IBudgetGrain>(id.Value).GetBudget() is not { } budget)
            {
                break;
            }

            lineage.Add(budget);
            next = budget.Parent;
        }

        return lineage.ToImmutable();
    }

    /// <summary>How many levels an agent's subtree has, itself included.</summary>
    public static async Task<int> LevelsOf(IGrainFactory grains, AgentId agent)
    {
        var levels = 0;
        for (List<AgentId> level = [agent]; level.Count > 0 && levels <= IAllocationTreeGrain.MaxDepth; levels++)
        {
            var below = new List<AgentId>();
            foreach (var some in level.Chunk(64))
            {
                var families = await Task.WhenAll(some.Select(a => grains.GetGrain<IAllocationTreeGrain>(a.Value).GetFamily().AsTask()));
                below.AddRange(families.SelectMany(f => f.Children).Where(c => !c.HasLeft).Select(c => c.Id));
            }

            level = below;
        }

        return levels;
    }
}
