using System.ComponentModel;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record RunBody : IBody
{
    /// <summary>What lasts longer is a child, not a run.</summary>
    public const int MaxExpiresInSeconds = 2_592_000;

    public string? Name { get; set; }

    [Description("For the whole run, out of what the agent has left now.")]
    public Money? Budget { get; set; }

    public int? ExpiresInSeconds { get; set; }

    [Description("How many levels of further runs or children it may have below it; left out: as many as the tree has room for.")]
    public int? MaxDepth { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("name", Name, AgentBody.MaxNameLength, required: true);
        faults.AddIf(Budget is null, "budget", "is required");
        faults.Money("budget", Budget, Money.MaxLimit);
        faults.AddIf(ExpiresInSeconds is null, "expires_in_seconds", "is required");
        faults.Range("expires_in_seconds", ExpiresInSeconds, 1, MaxExpiresInSeconds);
        faults.Range("max_depth", MaxDepth, 0, IAllocationTreeGrain.MaxDepth - 1);
    }
}

/// <param name="ApiKey">With the scope spend. Shown here and never again.</param>
/// <param name="ExpiresAt">When the run closes by itself. What it holds then may be committed for another day.</param>
internal sealed record RunAnswer(
    string ChildId, string Name, string ApiKey, string KeyId, string ParentId, IReadOnlyList<string> Scopes, Money Budget, DateTimeOffset ExpiresAt, int? MaxDepth);

/// <summary>Throw-away children for one piece of work.</summary>
internal static class RunEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("POST", "runs", Access.Spend, Create, new("createRun", "Children", "Create a throw-away budget out of an agent's own remainder")
    {
        Text = "It closes at its deadline, and what it did not spend returns.",
        Body = typeof(RunBody), Answers = [new(201, typeof(RunAnswer), "Created.")],
        Problems = [ProblemKind.BudgetExceeded, ProblemKind.AgentClosed, ProblemKind.TooDeep, ProblemKind.TooManyChildren],
    });

    private static async Task Create(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.RunBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        if (await TooLittle(call.Budget, body.Budget!.Value) is { } standing)
        {
            var refusal = new Refusal(call.Agent, body.Budget.Value, standing, RetryAt: standing.Limit < body.Budget ? null : standing.Window.Until);
            await Refusals.Send(call.Http, call.Agent, Outcome.BudgetExceeded, refusal, call.Edge);
            return;
        }

        var endsAt = call.Edge.Now.AddSeconds(body.ExpiresInSeconds!.Value);
        var terms = new ChildTerms(body.Name!, OverrunPolicy.Block, Total: body.Budget, EndsAt: endsAt, IsRun: true);
        if (await Births.Bear(call, terms, Scopes.Spend, body.MaxDepth) is { } run)
        {
            await Reply.Send(call.Http, 201, Wire.Default.RunAnswer, new(
                run.Child.Value, body.Name!, run.Key, run.Record.Id.Value, call.Agent.Value, ScopeNames.Of(Scopes.Spend), body.Budget.Value, run.EndsAt!.Value, body.MaxDepth));
        }
    }

    /// <summary>The limit that leaves less than is asked for, also once all that descendants do not need was given back; null: none, or there is no such agent.</summary>
    private static async Task<LimitStanding?> TooLittle(IBudgetGrain budget, Money asked)
    {
        if (Tightest(await budget.GetBudget(), asked) is null)
        {
            return null;
        }

        await budget.Recall();
        return Tightest(await budget.GetBudget(), asked);
    }

    private static LimitStanding? Tightest(BudgetView? budget, Money asked) =>
        budget?.Windows.Where(w => w.HardStop && w.Type is >= LimitType.Daily and <= LimitType.Total && w.Remaining < asked).MinBy(w => w.Remaining.Nanos);
}
