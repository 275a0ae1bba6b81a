using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Closes an agent and all below it.</summary>
internal static class Closing
{
    private const int AtOnce = 16;

    /// <summary>Repeating it makes up for one that was broken off: the tree forgets a child only once all below it is closed.</summary>
    public static async Task<ConfigureOutcome> Close(Call call, AgentId agent)
    {
        var outcome = await Subtree(call.Edge, agent, call.By);
        if (outcome.Result == ConfigureResult.Done)
        {
            await call.Edge.Revocations.AskNow();
            if (outcome.Budget!.Parent is { } parent)
            {
                // What was set aside for them and not spent is back before this is answered.
                await call.Edge.Grains.GetGrain<IBudgetGrain>(parent.Value).Recall();
                outcome = outcome with { Budget = await call.Edge.Grains.GetGrain<IBudgetGrain>(agent.Value).GetBudget() };
            }
        }

        return outcome;
    }

    /// <summary>From the top: once an agent's budget is closed, nothing new is admitted anywhere below it.</summary>
    private static async Task<ConfigureOutcome> Subtree(Edge edge, AgentId agent, string by)
    {
        var outcome = await edge.Grains.GetGrain<IBudgetGrain>(agent.Value).Close(by);
        if (outcome.Result != ConfigureResult.Done)
        {
            return outcome;
        }

        await edge.Grains.GetGrain<IKeyRingGrain>(agent.Value).RevokeAll();
        await AgentEndpoints.Enroll(edge, outcome.Budget);
        var family = await edge.Grains.GetGrain<IAllocationTreeGrain>(agent.Value).GetFamily();
        foreach (var some in family.Children.Where(c => !c.HasLeft).Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(c => Child(edge, agent, c.Id, by)));
        }

        if (outcome.Budget!.Parent is { } parent)
        {
            await edge.Grains.GetGrain<IAllocationTreeGrain>(parent.Value).Leave(agent, by);
        }

        return outcome;
    }

    /// <summary>A child whose budget was never opened, or that is another's by now, only leaves.</summary>
    private static async Task Child(Edge edge, AgentId parent, AgentId child, string by)
    {
        var budget = await edge.Grains.GetGrain<IBudgetGrain>(child.Value).GetBudget();
        await (budget?.Parent == parent ? Subtree(edge, child, by) : edge.Grains.GetGrain<IAllocationTreeGrain>(parent.Value).Leave(child, by));
    }
}
