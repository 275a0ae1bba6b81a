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
            Text = "Takes effect with the next request, for open reservations too. What the operator or a parent sets is a ceiling for what the agent sets; a key without the scope manage can only tighten.",
            Body = typeof(BudgetBody),
            Answers = [new(200, typeof(BudgetAnswer), "The budget as it is now.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.Forbidden, ProblemKind.BudgetExceeded],
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

        var request = body.ToRequest(call.Layer, call.By, onlyTighten: !call.Caller.Has(Scopes.Manage));
        if (await Loosened(call, request) is { } loosened)
        {
            await loosened.Send(call.Http);
            return;
        }

        if (await Disagreed(call, request) is { } refused)
        {
            await Refuse(call, refused);
            return;
        }

        var outcome = await call.Budget.Configure(request);
        await StrictBelow.After(call, request, outcome);
        await Configured(call, outcome, budget => BudgetAnswer.Of(budget, configured: true), Wire.Default.BudgetAnswer);
    }

    private static Task Get(Call call) => Reply.Show(call, b => b.GetBudget(), Wire.Default.BudgetAnswer, budget => BudgetAnswer.Of(budget));

    /// <summary>What an agent needs an approval for itself, it cannot let a descendant do without one; nor can a descendant pass limits that it must keep.</summary>
    private static async Task<Problem?> Loosened(Call call, ConfigureRequest r)
    {
        var mayLoosen = r.ApprovalThreshold.IsSet || r.HoldMode.Value == HoldMode.Expected;
        if (!mayLoosen || r.Layer != Layer.Above || call.Caller.Budget is not { } budget || await budget.GetBudget() is not { } own)
        {
            return null;
        }

        return r.ApprovalThreshold.IsSet && BudgetAnswer.ThresholdOf(own) is { } most && !(r.ApprovalThreshold.Value <= most)
            ? new Problem(ProblemKind.Forbidden, $"approval_threshold: your own is {most}; that of a descendant can only be as low or lower.",
                [new Fault("approval_threshold", $"must be at most {most}, as your own is")])
            : r.HoldMode.Value == HoldMode.Expected && BudgetAnswer.ModeOf(own) == HoldMode.Strict
            ? new Problem(ProblemKind.Forbidden, "hold_mode: your own is strict, and that of a descendant can be nothing else.", [new Fault("hold_mode", "must be strict, as your own is")])
            : null;
    }

    /// <summary>What is set from above for a child is agreed with its parent's tree first.</summary>
    private static async Task<ConfigureOutcome?> Disagreed(Call call, ConfigureRequest r)
    {
        var isAgreed = r.Layer == Layer.Own || !(r.Daily.IsSet || r.Weekly.IsSet || r.Monthly.IsSet || r.Total.IsSet || r.HardStop is not null);
        if (isAgreed || await call.Budget.GetBudget() is not { Parent: { } parent })
        {
            return null;
        }

        OverrunPolicy? policy = r.HardStop is { } hard ? (hard ? OverrunPolicy.Block : OverrunPolicy.Alert) : null;
        var outcome = await call.Edge.Grains.GetGrain<IAllocationTreeGrain>(parent.Value)
            .Amend(new AmendRequest(call.Agent, call.By, policy, r.Daily, r.Weekly, r.Monthly, r.Total));
        return outcome.Result is ConfigureResult.Overcommitted ? outcome : null;
    }

    /// <summary>Answers a change that was refused.</summary>
    internal static Task Refuse(Call call, ConfigureOutcome outcome) => outcome.Refusal is { } refusal
        ? Refusals.Send(call.Http, call.Agent, Outcome.BudgetExceeded, refusal, call.Edge, outcome.Detail)
        : Problem.Of(outcome).Send(call.Http);

    /// <summary>Answers a change of configuration of any kind.</summary>
    internal static Task Configured<T>(
        Call call, ConfigureOutcome outcome, Func<BudgetView, T> answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> shape) =>
        outcome.Result == ConfigureResult.Done
            ? Reply.Send(call.Http, 200, shape, answer(outcome.Budget!))
            : Refuse(call, outcome);
}
