using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>"Whoever must keep its limits has nobody below it whose calls may pass them."</summary>
internal static class StrictBelow
{
    /// <summary>Repeating it makes up for one that was broken off: it does not matter what the mode was before.</summary>
    public static async Task After(Call call, ConfigureRequest request, ConfigureOutcome outcome)
    {
        if (!request.HoldMode.IsSet || outcome is not { Result: ConfigureResult.Done, Budget: { } budget })
        {
            return;
        }

        using var relatives = new Relatives(call.Edge.Grains);
        if (BudgetAnswer.ModeOf(budget) == HoldMode.Strict)
        {
            await Below(relatives, call.Agent, call.By);
        }
        else if (request.Layer == Layer.Above && call.Caller.Budget is { } caller && await caller.GetBudget() is { } own && BudgetAnswer.ModeOf(own) == HoldMode.Strict)
        {
            // It was made strict itself meanwhile, and all below it have been already.
            await Set(relatives, budget, call.By);
        }
    }

    private static async Task Below(Relatives relatives, AgentId parent, string by)
    {
        var (children, _) = await relatives.ChildrenOf(parent);
        await Task.WhenAll(children.Select(async child =>
        {
            await Set(relatives, child, by);
            await Below(relatives, child.Agent, by);
        }));
    }

    private static async Task Set(Relatives relatives, BudgetView budget, string by)
    {
        if (budget.Above.HoldMode == HoldMode.Expected)
        {
            var strict = new ConfigureRequest(Layer.Above, by, OnlyTighten: false, HoldMode: Change.To<HoldMode?>(HoldMode.Strict));
            await relatives.Ask(budget.Agent, b => new ValueTask<ConfigureOutcome>(b.Configure(strict)));
        }
    }
}
