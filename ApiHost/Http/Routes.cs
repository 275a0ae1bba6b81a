using Budgets.ApiHost.Auth;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Http;

/// <summary>What every handler needs beside its request.</summary>
internal sealed class Edge(
    IGrainFactory grains, Door door, Lineage lineage, RevocationWatch revocations, ApprovalWatch approvals, ILoggerFactory logs, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
{
    public IGrainFactory Grains { get; } = grains;

    public Door Door { get; } = door;

    public Lineage Lineage { get; } = lineage;

    // Only once somebody asks: a client of a cluster learns what grains there are when it has reached a silo.
    public IQuoteGrain Quotes => field ??= Grains.GetGrain<IQuoteGrain>(0);

    public IPricesGrain Prices => Grains.GetGrain<IPricesGrain>(0);

    public RevocationWatch Revocations { get; } = revocations;

    public ApprovalWatch Approvals { get; } = approvals;

    public ILogger Log { get; } = logs.CreateLogger("Budgets.ApiHost");

    public DateTimeOffset Now => time.GetUtcNow();
}

/// <summary>One admitted request: who asks, about which agent.</summary>
/// <param name="Agent">The agent in the path, else the caller's own; empty on routes that are about no agent.</param>
internal readonly record struct Call(HttpContext Http, Caller Caller, AgentId Agent, Edge Edge)
{
    public IBudgetGrain Budget =>
        Caller.Agent == Agent ? Caller.Budget! : Edge.Grains.GetGrain<IBudgetGrain>(Agent.Value);

    private bool IsOwn => Caller.Agent == Agent;

    /// <summary>Whose limits this call sets: the agent's own, or those it has from above.</summary>
    public Layer Layer => IsOwn ? Layer.Own : Layer.Above;

    /// <summary>For the ledger: who did it.</summary>
    public string By => IsOwn || Caller.IsOperator ? Caller.By : "parent:manage";

    public IAllocationTreeGrain Tree => Edge.Grains.GetGrain<IAllocationTreeGrain>(Agent.Value);

    public string? PathId(string name) => Http.Request.RouteValues[name] as string;
}

internal delegate Task Handler(Call call);

/// <summary>Maps a route to a handler behind the door. Plain request delegates: no binding, no filters, no principal.</summary>
internal sealed class Routes(IEndpointRouteBuilder app, Edge edge)
{
    private const string AgentIdName = "agent_id";
    private const string AgentId = "{" + AgentIdName + "}";

    public Edge Edge { get; } = edge;

    public void Map(string method, string path, Access access, Handler handler, Described described) =>
        Public(method, path, Behind(access, path, handler), described with { Access = access });

    /// <summary>Lets in only callers who have that access.</summary>
    public RequestDelegate Behind(Access access, string path, Handler handler)
    {
        // Route values are only looked at where the path has any.
        var isAddressed = path.Contains(AgentId, StringComparison.Ordinal);
        return http =>
        {
            var who = Edge.Door.Who(http);
            return who.IsCompletedSuccessfully ? Enter(http, who.Result) : Awaited(http, who);
        };

        async Task Awaited(HttpContext http, ValueTask<Caller?> who) => await Enter(http, await who);

        Task Enter(HttpContext http, Caller? caller)
        {
            if (caller is null)
            {
                return Problem.Unauthenticated.Send(http);
            }

            var addressed = isAddressed ? http.Request.RouteValues[AgentIdName] as string : null;
            if (addressed is not null && Authority.IsAnother(caller, addressed))
            {
                return EnterAnother(http, caller, addressed);
            }

            var (agent, problem) = Authority.Admit(caller, access, addressed, http.Request.Path);
            return problem is null ? handler(new Call(http, caller, agent, Edge)) : problem.Send(http);
        }

        async Task EnterAnother(HttpContext http, Caller caller, string addressed)
        {
            var (agent, problem) = await Authority.AdmitToAnother(caller, access, addressed, Edge.Lineage);
            await (problem is null ? handler(new Call(http, caller, agent, Edge)) : problem.Send(http));
        }
    }

    /// <summary>A route for the caller's own agent, and the same for any agent the caller may act on.</summary>
    public void MapOwnAndAddressed(string method, string resource, Access access, Handler handler, Described described)
    {
        Map(method, $"/v1/agents/{resource}", access, handler, described.ForOwn());
        Map(method, $"/v1/agents/{AgentId}/{resource}", access, handler, described);
    }

    public void Public(string method, string path, RequestDelegate handler, Described described) =>
        app.MapMethods(path, [method], handler).WithMetadata(described.WithPath(path), handler.Method);
}
