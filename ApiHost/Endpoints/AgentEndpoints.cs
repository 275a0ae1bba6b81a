using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Agents: opening them, looking at them, closing them.</summary>
internal static class AgentEndpoints
{
    private const string One = "/v1/agents/{agent_id}";
    private const int DefaultPage = 50;

    public static void Map(Routes routes)
    {
        routes.Map("POST", "/v1/agents", Access.Operator, Create, new("createAgent", "Agents", "Create an agent with its budget and its first key")
        {
            Text = "The key is shown in this answer and never again.",
            Body = typeof(AgentBody), Answers = [new(201, typeof(CreatedAgentAnswer), "Created.")],
        });
        routes.Map("GET", "/v1/agents", Access.Operator, List, new("listAgents", "Agents", "All agents, newest first")
        {
            Query =
            [
                new("limit", typeof(int), "1 to 100, default 50."), new("cursor", typeof(string), "The next_cursor of the page before."),
                new("parent", typeof(string), "Only children of this agent."), new("query", typeof(string), "Only agents with this in their name."),
            ],
            Answers = [new(200, typeof(AgentListAnswer), "A page.")],
        });
        routes.Map("GET", "/v1/agents/me", Access.Read, Get, new("getOwnAgent", "Agents", "The agent this key belongs to, and the key's scopes")
        {
            Answers = [new(200, typeof(AgentAnswer), "The agent.")],
        });
        routes.Map("GET", One, Access.Read, Get, new("getAgent", "Agents", "An agent") { Answers = [new(200, typeof(AgentAnswer), "The agent.")] });
        routes.Map("PATCH", One, Access.Manage, Patch, new("patchAgent", "Agents", "Change an agent's name, time zone, week start or metadata")
        {
            Body = typeof(PatchAgentBody), Answers = [new(200, typeof(AgentAnswer), "Changed.")], Problems = [ProblemKind.AgentClosed],
        });
        routes.Map("DELETE", One, Access.Above, Close, new("closeAgent", "Agents", "Close an agent and all below it for good, and revoke all their keys")
        {
            Text = "Nothing new is admitted. The ledger stays. Closing twice is fine.", Answers = [new(200, typeof(AgentAnswer), "Closed.")],
        });
    }

    // In this order a crash anywhere leaves nothing that can spend: a line without a budget, then a budget without a key.
    private static async Task Create(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.AgentBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var agent = new AgentId(Base62.Random(AgentId.Prefix, 20));
        await call.Edge.Grains.GetGrain<IDirectoryGrain>(0).Enroll(new AgentListing(agent, body.Name!, null, call.Edge.Now, Closed: false));
        var outcome = await call.Edge.Grains.GetGrain<IBudgetGrain>(agent.Value).Open(body.ToRequest(call.Caller.By));
        if (outcome.Result != ConfigureResult.Done)
        {
            await Problem.Of(outcome).Send(call.Http);
            return;
        }

        var scopes = body.Scopes is { } named ? ScopeNames.Read(named) : Scopes.Manage | Scopes.Spend;
        var (key, record) = KeyEndpoints.New(agent, scopes, null, null, call.Edge.Now);
        await call.Edge.Grains.GetGrain<IKeyRingGrain>(agent.Value).Mint(ApiKey.Digest(key).ToHash(), record);
        call.Http.Response.Headers.CacheControl = "no-store";
        await Reply.Send(call.Http, 201, Wire.Default.CreatedAgentAnswer, new(agent.Value, body.Name!, key, ScopeNames.Of(scopes), record.Id.Value));
    }

    private static async Task List(Call call)
    {
        var query = new Query(call.Http, "limit", "cursor", "parent", "query");
        var asked = new AgentQuery(
            query.Limit(AgentQuery.MaxLimit, DefaultPage), query.Cursor(AgentId.IsWellFormed), query.Agent("parent"), query.Text("query", AgentBody.MaxNameLength));
        if (query.Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        var page = await call.Edge.Grains.GetGrain<IDirectoryGrain>(0).List(asked);
        await Reply.Send(call.Http, 200, Wire.Default.AgentListAnswer, new(
            [.. page.Agents.Select(a => new AgentLine(a.Agent.Value, a.Name, a.Parent?.Value, a.CreatedAt, a.Closed))],
            page.Next is { } next ? Cursor.Write(next) : null,
            page.Next is not null));
    }

    private static Task Get(Call call)
    {
        var scopes = call.PathId("agent_id") is null ? call.Caller.Key?.Scopes : null;
        return Reply.Show(call, b => b.GetBudget(), Wire.Default.AgentAnswer, budget => AgentAnswer.Of(budget, scopes));
    }

    private static async Task Patch(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.PatchAgentBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var by = call.By;
        var outcome = new ConfigureOutcome(ConfigureResult.Done, null);
        if (body.ChangesWindows)
        {
            outcome = await call.Budget.Configure(new ConfigureRequest(call.Layer, by, OnlyTighten: false, TimeZone: body.TimeZone, WeekStart: body.WeekStart));
        }

        if (outcome.Result == ConfigureResult.Done && body.ChangesDescription)
        {
            outcome = await call.Budget.Describe(body.ToDescription(by));
        }

        await Enroll(call.Edge, outcome.Budget);
        await BudgetEndpoints.Configured(call, outcome, budget => AgentAnswer.Of(budget), Wire.Default.AgentAnswer);
    }

    private static async Task Close(Call call)
    {
        var outcome = await Closing.Close(call, call.Agent);
        await BudgetEndpoints.Configured(call, outcome, budget => AgentAnswer.Of(budget), Wire.Default.AgentAnswer);
    }

    /// <summary>Brings the agent's line in the directory up to its budget.</summary>
    internal static Task Enroll(Edge edge, BudgetView? b) => b is null
        ? Task.CompletedTask
        : edge.Grains.GetGrain<IDirectoryGrain>(0).Enroll(new AgentListing(b.Agent, b.Name, b.Parent, b.CreatedAt, b.Closed));
}
