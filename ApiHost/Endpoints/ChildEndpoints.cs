using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>An agent's children: making them, changing what they may spend, moving and closing them.</summary>
internal static class ChildEndpoints
{
    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "create-child", Access.Manage, Create, new("createChild", "Children", "Create a child with its own budget and key")
        {
            Text = "Whatever its budget, a child never spends what its ancestors do not have. Its key is shown in this answer and never again.",
            Body = typeof(ChildBody), Answers = [new(201, typeof(CreatedChildAnswer), "Created.")],
            Problems = [ProblemKind.BudgetExceeded, ProblemKind.AgentClosed, ProblemKind.TooDeep, ProblemKind.TooManyChildren],
        });
        routes.MapOwnAndAddressed("PATCH", "children/{child_id}", Access.Manage, Patch, new("patchChild", "Children", "Change a child's budget or what happens when it is used up")
        {
            Body = typeof(PatchChildBody), Answers = [new(200, typeof(ChildAnswer), "The child as it is now.")],
            Problems = [ProblemKind.BudgetExceeded, ProblemKind.AgentClosed, ProblemKind.NotFound],
        });
        routes.MapOwnAndAddressed("DELETE", "children/{child_id}", Access.Manage, Close, new("closeChild", "Children", "Close a child and all below it for good")
        {
            Text = "Their keys are revoked, and what they did not spend returns. What they hold may still be committed by a key from above. Closing twice is fine.",
            Answers = [new(200, typeof(ChildAnswer), "Closed.")], Problems = [ProblemKind.NotFound],
        });
        routes.MapOwnAndAddressed("POST", "children/{child_id}/move", Access.Operator, Move, new("moveChild", "Children", "Move a child, with all below it, to another parent")
        {
            Text = "Only while it has nothing open: what it spent stays with the parent it had.",
            Body = typeof(MoveBody), Answers = [new(200, typeof(AgentAnswer), "Moved. Moving it there again is fine.")],
            Problems =
            [
                ProblemKind.AgentBusy, ProblemKind.BelowItself, ProblemKind.TooDeep, ProblemKind.TooManyChildren, ProblemKind.BudgetExceeded, ProblemKind.AgentClosed,
                ProblemKind.NotFound,
            ],
        });
    }

    private static async Task Create(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.ChildBody);
        var scopes = body?.Scopes is { } named ? ScopeNames.Read(named) : call.Caller.Key?.Scopes ?? (Scopes.Manage | Scopes.Spend);
        problem ??= body!.ExpiresAt <= call.Edge.Now ? Problem.Invalid("expires_at", "must be in the future")
            : !call.Caller.Has(scopes) ? KeyEndpoints.Wider("scopes", "asks for a scope that this key lacks")
            : null;
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var terms = body!.ToTerms();
        if (await Births.Bear(call, terms, scopes) is { } born)
        {
            await Reply.Send(call.Http, 201, Wire.Default.CreatedChildAnswer, new(
                born.Child.Value, terms.Name, born.Key, born.Record.Id.Value, call.Agent.Value, ScopeNames.Of(scopes),
                terms.Monthly, terms.Daily, terms.Weekly, terms.Total, terms.Policy, born.EndsAt));
        }
    }

    private static async Task Patch(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.PatchChildBody);
        var child = body is null ? null : await ChildOf(call);
        if (body is null || child is null)
        {
            await (problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        var outcome = await call.Tree.Amend(body.ToAgreement(child.Agent, call.By));
        if (outcome.Result == ConfigureResult.Done)
        {
            outcome = await call.Edge.Grains.GetGrain<IBudgetGrain>(child.Agent.Value).Configure(body.ToRequest(call.By));
        }

        await BudgetEndpoints.Configured(call, outcome, budget => ChildAnswer.Of(budget), Wire.Default.ChildAnswer);
    }

    private static async Task Close(Call call)
    {
        var problem = new Query(call.Http).Problem;
        var child = problem is null ? await ChildOf(call) : null;
        await (child is null
            ? (problem ?? Problem.NotFound).Send(call.Http)
            : BudgetEndpoints.Configured(call, await Closing.Close(call, child.Agent), budget => ChildAnswer.Of(budget), Wire.Default.ChildAnswer));
    }

    private static async Task Move(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.MoveBody);
        if (body is null || call.PathId("child_id") is not { } id || !AgentId.IsWellFormed(id))
        {
            await (problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        // Without an agent in the path it is moved from wherever it is.
        var child = new AgentId(id);
        AgentId? from = call.Agent.Value is null ? (await call.Edge.Grains.GetGrain<IBudgetGrain>(id).GetBudget())?.Parent : call.Agent;
        var outcome = from is { } parent
            ? await call.Edge.Grains.GetGrain<IMovesGrain>(0).Move(child, parent, new AgentId(body.ParentId!), call.By)
            : new ConfigureOutcome(ConfigureResult.AgentUnknown, null);
        call.Edge.Lineage.Forget(child);
        await AgentEndpoints.Enroll(call.Edge, outcome.Budget);
        await BudgetEndpoints.Configured(call, outcome, budget => AgentAnswer.Of(budget), Wire.Default.AgentAnswer);
    }

    /// <summary>The child in the path; null: the agent has no such child.</summary>
    private static async Task<BudgetView?> ChildOf(Call call) =>
        call.PathId("child_id") is { } id && AgentId.IsWellFormed(id)
        && await call.Edge.Grains.GetGrain<IBudgetGrain>(id).GetBudget() is { } child && child.Parent == call.Agent
            ? child : null;
}
