using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Auth;

/// <summary>What a route asks of its caller.</summary>
internal enum Access
{
    /// <summary>The operator only.</summary>
    Operator = 0,

    /// <summary>The operator, any key of the agent, or a manage key of an agent above it.</summary>
    Read,

    /// <summary>The operator, or a manage key of the agent or of one above it.</summary>
    Manage,

    /// <summary>A spend key of the agent itself; where another agent can be addressed, the operator, or a key of an agent above it that has both scopes.</summary>
    Spend,

    /// <summary>The operator, or a manage key of an agent above: never the agent itself.</summary>
    Above,
    /// <summary>The operator, or any key at all: what it is about belongs to no agent.</summary>
    Anyone,
}

/// <summary>Who may do what, in one place.</summary>
internal static class Authority
{
    /// <summary>Whether an agent in the path can only be reached by a caller that is above it. Nobody needs to look that up for the caller's own agent, or for the operator.</summary>
    public static bool IsAnother(Caller caller, string addressed) => !caller.IsOperator && caller.Key!.Agent.Value != addressed;

    /// <summary>An agent's reach is itself and, with a manage key, everything below it. Somebody else's agent looks like none at all.</summary>
    /// <param name="addressed">Not the caller's own agent.</param>
    public static async ValueTask<(AgentId Agent, Problem? Problem)> AdmitToAnother(Caller caller, Access access, string addressed, Lineage lineage)
    {
        if (!AgentId.IsWellFormed(addressed) || !caller.Has(Scopes.Manage) || !await lineage.IsBelow(new AgentId(addressed), caller.Key!.Agent))
        {
            return (default, Problem.NotFound);
        }

        return (new AgentId(addressed), access switch
        {
            Access.Operator => Problem.Forbidden("Only an operator key may do this."),
            Access.Spend when !caller.Has(Scopes.Spend) => Problem.Forbidden("This takes a key that has the scope spend too."),
            _ => null,
        });
    }

    /// <summary>The agent a request is about, or the problem that stops it.</summary>
    /// <param name="addressed">The agent id in the path, the caller's own unless it is the operator; null: the caller's own agent.</param>
    public static (AgentId Agent, Problem? Problem) Admit(Caller caller, Access access, string? addressed, PathString path)
    {
        if (addressed is not null && !AgentId.IsWellFormed(addressed))
        {
            return (default, Problem.NotFound);
        }

        if (!caller.IsOperator)
        {
            return (addressed is null ? caller.Key!.Agent : new AgentId(addressed), access switch
            {
                Access.Operator => Problem.Forbidden("Only an operator key may do this."),
                Access.Above => Problem.Forbidden("Only the operator, or an agent above this one, may do this."),
                Access.Manage when !caller.Has(Scopes.Manage) => Problem.Forbidden("This takes a key with the scope manage."),
                Access.Spend when !caller.Has(Scopes.Spend) => Problem.Forbidden("This takes a key with the scope spend."),
                _ => null,
            });
        }

        return addressed is not null ? (new AgentId(addressed), null)
            : access is Access.Operator or Access.Anyone ? (default, null)
            : (default, Ownerless(access, path));
    }

    private static Problem Ownerless(Access access, PathString path) => access == Access.Spend
        ? Problem.Invalid("Authorization", "is an operator key, which has no budget to spend from; use a key of the agent")
        : Problem.Invalid("Authorization", $"is an operator key, which has no agent of its own; use /v1/agents/{{agent_id}}/{path.Value!.Split('/')[^1]}");
}
