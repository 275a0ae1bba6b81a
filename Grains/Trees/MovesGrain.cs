namespace Budgets.Trees;

/// <summary>One move after the other: who is above whom stays true while it is looked at. Not reentrant for that reason.</summary>
[GrainType("moves")]
internal sealed class MovesGrain : Grain, IMovesGrain
{
    /// <remarks>
    /// The new tree agrees first, the budget moves, the old tree lets go: wherever this is broken off, the budget draws on exactly one tree that knows it.
    /// </remarks>
    public async Task<ConfigureOutcome> Move(AgentId child, AgentId from, AgentId to, string by)
    {
        var budget = GrainFactory.GetGrain<IBudgetGrain>(child.Value);
        var old = GrainFactory.GetGrain<IAllocationTreeGrain>(from.Value);
        var known = (await old.GetFamily()).Children.FirstOrDefault(c => c.Id == child);
        var view = await budget.GetBudget();
        if (known is null || view is null || (view.Parent != from && view.Parent != to))
        {
            return new ConfigureOutcome(ConfigureResult.AgentUnknown, null);
        }

        if (from == to)
        {
            return new ConfigureOutcome(ConfigureResult.Done, view);
        }

        if ((await Lineages.Of(GrainFactory, to)).Any(above => above.Agent == child))
        {
            return new ConfigureOutcome(ConfigureResult.BelowItself, null, "parent_id", $"{to} is {child} itself or below it.");
        }

        var tree = GrainFactory.GetGrain<IAllocationTreeGrain>(to.Value);
        var agreed = await tree.Agree(new AgreeRequest(child, by, known.Terms, await Lineages.LevelsOf(GrainFactory, child)));
        if (agreed.Result != ConfigureResult.Done)
        {
            return agreed.Result == ConfigureResult.AgentUnknown
                ? agreed with { Field = "parent_id", Detail = "is no agent." } : agreed;
        }

        var moved = await budget.Move(new MoveRequest(by, to));
        if (moved.Result == ConfigureResult.Done)
        {
            await old.Leave(child, by);

            // What the old parent set aside for it is free before this is answered.
            await GrainFactory.GetGrain<IBudgetGrain>(from.Value).Recall();
        }
        else if (view.Parent == from)
        {
            await tree.Leave(child, by);
        }

        return moved;
    }
}
