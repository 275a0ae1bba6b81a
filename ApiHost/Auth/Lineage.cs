using System.Collections.Concurrent;

namespace Budgets.ApiHost.Auth;

/// <summary>Who is above whom. Only budgets know their parents, and a few of them are remembered for a moment: a move is honoured on every host within five seconds.</summary>
internal sealed class Lineage(IGrainFactory grains, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
{
    /// <summary>Agents remembered at most; then all are forgotten and asked again.</summary>
    public const int Most = 100_000;

    public static readonly TimeSpan Believed = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<AgentId, (AgentId? Parent, long AskedAt)> _parents = new();
    private int _count;

    /// <summary>Whether an agent is a child of another, or a child's child, down to the deepest level. Nobody is below itself.</summary>
    public async ValueTask<bool> IsBelow(AgentId agent, AgentId above)
    {
        var at = agent;
        for (var level = 1; level < IAllocationTreeGrain.MaxDepth; level++)
        {
            if (await ParentOf(at) is not { } parent)
            {
                return false;
            }

            if (parent == above)
            {
                return true;
            }

            at = parent;
        }

        return false;
    }

    /// <summary>The agent at the top of its tree: itself, if nobody is above it.</summary>
    public async ValueTask<AgentId> RootOf(AgentId agent)
    {
        for (var level = 1; level < IAllocationTreeGrain.MaxDepth && await ParentOf(agent) is { } parent; level++)
        {
            agent = parent;
        }

        return agent;
    }

    /// <summary>This host has just moved it.</summary>
    public void Forget(AgentId agent) => _parents.TryRemove(agent, out _);

    private async ValueTask<AgentId?> ParentOf(AgentId agent)
    {
        if (_parents.TryGetValue(agent, out var known) && time.GetElapsedTime(known.AskedAt) < Believed)
        {
            return known.Parent;
        }

        // Taken before asking: an answer is as old as its question.
        var askedAt = time.GetTimestamp();
        if (await grains.GetGrain<IBudgetGrain>(agent.Value).GetBudget() is not { } budget)
        {
            // Who guesses ids must not push out what is worth remembering.
            return null;
        }

        if (Interlocked.Increment(ref _count) > Most)
        {
            _parents.Clear();
            Interlocked.Exchange(ref _count, 0);
        }

        _parents[agent] = (budget.Parent, askedAt);
        return budget.Parent;
    }
}
