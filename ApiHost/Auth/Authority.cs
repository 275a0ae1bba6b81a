using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Auth;

/// <summary>What a route asks of its caller.</summary>
internal enum Access
{
    /// <summary>The operator only.</summary>
    Operator = 0,

    /// <summary>The operator, or any key of the agent.</summary>
    Read,

    /// <summary>The operator, or a manage key of the agent.</summary>
    Manage,

    /// <summary>A spend key of the agent itself.</summary>
    Spend,

    /// <summary>The operator, or any key at all: what it is about belongs to no agent.</summary>
    Anyone,
}

/// <summary>Who may do what, in one place.</summary>
internal static class Authority
{
    /// <summary>Whose budgets a caller may see and act on. The operator's reach is everything, an agent's is itself.</summary>
    public static bool MayActOn(Caller caller, string agentId) => caller.IsOperator || caller.Key!.Agent.Value == agentId;

    /// <summary>The agent a request is about, or the problem that stops it. Somebody else's agent looks like none at all.</summary>
    /// <param name="addressed">The agent id in the path; null: the caller's own agent.</param>
    public static (AgentId Agent, Problem? Problem) Admit(Caller caller, Access access, string? addressed, PathString path)
    {
        if (addressed is not null && !(AgentId.IsWellFormed(addressed) && MayActOn(caller, addressed)))
        {
            return (default, Problem.NotFound);
        }

        if (!caller.IsOperator)
        {
            return (addressed is null ? caller.Key!.Agent : new AgentId(addressed), access switch
            {
                Access.Operator => Problem.Forbidden("Only an operator key may do this."),
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
