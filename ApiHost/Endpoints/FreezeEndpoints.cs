using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record FreezeBody : IBody
{
    public const int MaxReasonLength = 256;

    public string? Reason { get; set; }

    public void Check(Faults faults) => faults.Text("reason", Reason, MaxReasonLength, required: true);
}

internal sealed record UnfreezeBody : IBody
{
    public void Check(Faults faults)
    {
    }
}

/// <summary>The kill switch, for an agent and all below it. An agent can neither throw it for itself nor undo it.</summary>
internal static class FreezeEndpoints
{
    public static void Map(Routes routes)
    {
        routes.Map("POST", "/v1/agents/{agent_id}/freeze", Access.Above, Freeze, new("freezeAgent", "Agents", "Stop all spending of an agent and of all below it")
        {
            Text = "From the next request on everything new is refused with 402 frozen. Open reservations may still be committed or released.",
            Body = typeof(FreezeBody), Answers = [new(200, typeof(AgentAnswer), "Frozen.")], Problems = [ProblemKind.AgentClosed],
        });
        routes.Map("POST", "/v1/agents/{agent_id}/unfreeze", Access.Above, Unfreeze, new("unfreezeAgent", "Agents", "Let an agent spend again")
        {
            Body = typeof(UnfreezeBody), BodyIsOptional = true, Answers = [new(200, typeof(AgentAnswer), "Not frozen.")], Problems = [ProblemKind.AgentClosed],
            Text = "What the operator froze, only the operator unfreezes.",
        });
    }

    private static async Task Freeze(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.FreezeBody);
        await (body is null ? problem!.Send(call.Http) : Answer(call, await call.Budget.Freeze(new FreezeRequest(call.By, body.Reason!))));
    }

    private static async Task Unfreeze(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.UnfreezeBody, optional: true);
        await (body is null ? problem!.Send(call.Http) : Answer(call, await call.Budget.Unfreeze(call.By)));
    }

    private static Task Answer(Call call, ConfigureOutcome outcome) =>
        BudgetEndpoints.Configured(call, outcome, budget => AgentAnswer.Of(budget), Wire.Default.AgentAnswer);
}
