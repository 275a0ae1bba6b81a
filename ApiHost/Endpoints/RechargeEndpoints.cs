using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>When an agent's balance is recharged by itself, and what became of each recharge.</summary>
internal static class RechargeEndpoints
{
    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "auto-recharge", Access.Manage, Set, new("configureAutoRecharge", "Credits", "Recharge the balance before it is used up")
        {
            Text = "Takes effect with the next recharge; one that is under way is paid as it was ordered, and spending goes on meanwhile. What the operator has set, an agent's own key can only lower.",
            Body = typeof(RechargeBody), Answers = [new(200, typeof(RechargeAnswer), "As it is now.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.NoWallet, ProblemKind.Forbidden],
        });
        routes.MapOwnAndAddressed("GET", "auto-recharge", Access.Read, Get, new("getAutoRecharge", "Credits", "How the balance is recharged")
        {
            Answers = [new(200, typeof(RechargeAnswer), "As it is.")],
        });
        routes.MapOwnAndAddressed("POST", "auto-recharge/resume", Access.Manage, Resume, new("resumeAutoRecharge", "Credits", "Go on after a pause")
        {
            Text = "Recharges pause when one brings no money, and when another is due than a month may have: somebody is to look first. Resumed at the cap, as many again are allowed this month, unless additional_recharges says otherwise.",
            Body = typeof(ResumeBody), BodyIsOptional = true, Answers = [new(200, typeof(RechargeAnswer), "As it is now. Where nothing was paused, nothing has changed.")],
            Problems = [ProblemKind.AgentClosed],
        });
        routes.MapOwnAndAddressed("GET", "auto-recharge/history", Access.Read, History, new("getRechargeHistory", "Credits", "The newest recharges and what became of them")
        {
            Answers = [new(200, typeof(RechargeHistoryAnswer), "Newest first.")],
        });
    }

    private static async Task Set(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.RechargeBody);
        if ((problem ?? (body!.Enabled == true ? await Unpayable(call, body) : null)) is { } wrong)
        {
            await wrong.Send(call.Http);
            return;
        }

        await Answer(call, await call.Budget.SetRecharge(body!.ToRequest(call.By)));
    }

    private static async Task Get(Call call)
    {
        var problem = new Query(call.Http).Problem;
        var view = problem is null ? await call.Budget.GetRecharge() : null;
        await (view is null ? (problem ?? Problem.NotFound).Send(call.Http) : Send(call, view));
    }

    private static async Task Resume(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.ResumeBody, optional: true);
        await (body is null ? problem!.Send(call.Http) : Answer(call, await call.Budget.ResumeRecharge(new ResumeRequest(call.By, body.AdditionalRecharges))));
    }

    private static async Task History(Call call)
    {
        var problem = new Query(call.Http).Problem;
        var view = problem is null ? await call.Budget.GetRecharge() : null;
        if (view is null)
        {
            await (problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        var provider = await ProviderOf(call);
        await Reply.Send(call.Http, 200, Wire.Default.RechargeHistoryAnswer, new(call.Agent.Value, provider, [.. view.History.Select(l => RechargeLineAnswer.Of(l, provider))]));
    }

    private static Task Answer(Call call, RechargeOutcome outcome) => outcome.Result == ConfigureResult.Done
        ? Send(call, outcome.Recharge!)
        : Problem.Of(new ConfigureOutcome(outcome.Result, null, outcome.Field, outcome.Detail)).Send(call.Http);

    private static async Task Send(Call call, RechargeView view) =>
        await Reply.Send(call.Http, 200, Wire.Default.RechargeAnswer, RechargeAnswer.Of(view, await ProviderOf(call), call.Caller.IsOperator, call.Edge.Now));

    /// <summary>What could not be charged is not saved: a recharge that fails is for later. Who may not name a method is told so by the budget.</summary>
    private static async Task<Problem?> Unpayable(Call call, RechargeBody body)
    {
        if (body.PaymentMethod.IsSet && !call.Caller.IsOperator)
        {
            return null;
        }

        var method = body.PaymentMethod.IsSet ? body.PaymentMethod.Value : (await call.Budget.GetRecharge())?.Settings?.PaymentMethod;
        return (await Payments(call).GetProvider(method)).Fault is { } fault ? Problem.Invalid("payment_method", fault) : null;
    }

    // Of no method: then nobody outside has to be asked.
    private static async Task<string> ProviderOf(Call call) => (await Payments(call).GetProvider(null)).Name;

    private static IRechargeGrain Payments(Call call) => call.Edge.Grains.GetGrain<IRechargeGrain>(call.Agent.Value);
}
