using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What an agent may spend, and how much of it is left.</summary>
internal static class BudgetEndpoints
{
    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "budget", Access.Read, Configure, new("configureBudget", "Budget", "Set, change or remove limits")
        {
            Text = "Takes effect with the next request, for open reservations too. What the operator sets is a ceiling for what the agent sets; a key without the scope manage can only tighten.",
            Body = typeof(BudgetBody),
            Answers = [new(200, typeof(BudgetAnswer), "The budget as it is now.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.Forbidden],
        });
        routes.MapOwnAndAddressed("GET", "budget", Access.Read, Get, new("getBudget", "Budget", "Limits and how much of each is used")
        {
            Answers = [new(200, typeof(BudgetAnswer), "The budget.")],
        });
    }

    private static async Task Configure(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.BudgetBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var layer = call.Caller.IsOperator ? Layer.Above : Layer.Own;
        var outcome = await call.Budget.Configure(body.ToRequest(layer, call.Caller.By, onlyTighten: !call.Caller.Has(Scopes.Manage)));
        await Configured(call, outcome, budget => BudgetAnswer.Of(budget, configured: true), Wire.Default.BudgetAnswer);
    }

    private static async Task Get(Call call)
    {
        var problem = new Query(call.Http).Problem;
        var budget = problem is null ? await call.Budget.GetBudget() : null;
        await (budget is null ? (problem ?? Problem.NotFound).Send(call.Http) : Reply.Send(call.Http, 200, Wire.Default.BudgetAnswer, BudgetAnswer.Of(budget)));
    }

    /// <summary>Answers a change of configuration of any kind.</summary>
    internal static Task Configured<T>(
        Call call, ConfigureOutcome outcome, Func<BudgetView, T> answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape) =>
        outcome.Result == ConfigureResult.Done
            ? Reply.Send(call.Http, 200, shape, answer(outcome.Budget!))
            : Problem.Of(outcome).Send(call.Http);
}
