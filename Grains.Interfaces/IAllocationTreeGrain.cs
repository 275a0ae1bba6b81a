using System.Collections.Immutable;

namespace Budgets;

/// <summary>What happens when a child has used up its own budget.</summary>
public enum OverrunPolicy
{
    /// <summary>Its own limits refuse.</summary>
    Block = 0,

    /// <summary>It goes on and its parent is told; the hard limits of its ancestors still bind.</summary>
    Alert = 1,
}

/// <summary>What a parent has agreed with a child.</summary>
/// <param name="EndsAt">When it closes by itself; null: never.</param>
/// <param name="IsRun">Made by POST /v1/agents/runs: it closes with the piece of work it was made for.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ChildTerms")]
public sealed record ChildTerms(
    string Name, OverrunPolicy Policy, Money? Daily = null, Money? Weekly = null, Money? Monthly = null, Money? Total = null, DateTimeOffset? EndsAt = null, bool IsRun = false);

/// <summary>The children of one parent and what they draw from it; the grain's key is the parent's <see cref="AgentId"/>.</summary>
[Alias("Budgets.IAllocationTreeGrain")]
public interface IAllocationTreeGrain : IGrainWithStringKey
{
    /// <summary>Children of one parent at most, closed ones included.</summary>
    public const int MaxChildren = 10_000;

    /// <summary>From a root to a leaf at most, both included.</summary>
    public const int MaxDepth = 16;

    /// <summary>From a child's budget: a report about one of its draws, and what it needs.</summary>
    [Alias("Lend")]
    ValueTask<DrawAnswer> Lend(AgentId child, DrawReport report);

    /// <summary>From the parent's budget: everything in the subtree that is set aside and not needed is given back.</summary>
    /// <returns>What the parent's budget is to know of the tree's draws.</returns>
    [Alias("Recall")]
    ValueTask<ImmutableArray<DrawReport>> Recall();
}
