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
    string Name, OverrunPolicy Policy, Money? Daily = null, Money? Weekly = null, Money? Monthly = null, Money? Total = null, DateTimeOffset? EndsAt = null, bool IsRun = false)
{
    /// <summary>The budget agreed for a window; null: none.</summary>
    public Money? this[LimitType type] => type switch
    {
        LimitType.Daily => Daily,
        LimitType.Weekly => Weekly,
        LimitType.Monthly => Monthly,
        LimitType.Total => Total,
        _ => null,
    };
}

/// <summary>A child that joins its parent's tree.</summary>
/// <param name="Levels">Of the child's own subtree, itself included: 1 for a new one.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AgreeRequest")]
public sealed record AgreeRequest(AgentId Child, string By, ChildTerms Terms, int Levels = 1);

/// <summary>New terms for a child; what is left out stays.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.AmendRequest")]
public sealed record AmendRequest(
    AgentId Child,
    string By,
    OverrunPolicy? Policy = null,
    Change<Money?> Daily = default,
    Change<Money?> Weekly = default,
    Change<Money?> Monthly = default,
    Change<Money?> Total = default);

/// <summary>One child as its parent's tree knows it.</summary>
/// <param name="HasLeft">Closed, or moved to another parent.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ChildView")]
public sealed record ChildView(AgentId Id, ChildTerms Terms, bool HasLeft);

/// <param name="Children">In the order of their ids.</param>
/// <param name="MayOvercommit">Whether the children's budgets may add up to more than the parent's own.</param>
[GenerateSerializer, Immutable, Alias("Budgets.FamilyView")]
public sealed record FamilyView(ImmutableArray<ChildView> Children, bool MayOvercommit);

/// <summary>The children of one parent and what they draw from it; the grain's key is the parent's <see cref="AgentId"/>.</summary>
[Alias("Budgets.IAllocationTreeGrain")]
public interface IAllocationTreeGrain : IGrainWithStringKey
{
    /// <summary>Children of one parent at most. Those that left more than a day ago and owe nothing make room when it is needed.</summary>
    public const int MaxChildren = 10_000;

    /// <summary>From a root to a leaf at most, both included.</summary>
    public const int MaxDepth = 16;

    /// <summary>A child joins, before its budget is opened: from then on it can draw. The same again changes nothing.</summary>
    /// <returns>With the parent's budget, of which the child has its time zone.</returns>
    [Alias("Agree"), AnyGateway]
    Task<ConfigureOutcome> Agree(AgreeRequest request);

    /// <summary>Changes what was agreed, before the child's budget is configured.</summary>
    /// <returns>With the parent's budget. <see cref="ConfigureResult.AgentUnknown"/>: no such child.</returns>
    [Alias("Amend"), AnyGateway]
    Task<ConfigureOutcome> Amend(AmendRequest request);

    /// <summary>A child was closed, or has moved: it draws no more here. What it holds may still be settled.</summary>
    [Alias("Leave"), AnyGateway]
    Task Leave(AgentId child, string by);

    /// <summary>Whether the children's budgets may add up to more than the parent's own.</summary>
    [Alias("SetOvercommit"), AnyGateway]
    Task<ConfigureOutcome> SetOvercommit(bool allowed, string by);

    [Alias("GetFamily"), AnyGateway]
    ValueTask<FamilyView> GetFamily();

    /// <summary>From a child's budget: a report about one of its draws, and what it needs.</summary>
    [Alias("Lend"), AnyGateway]
    ValueTask<DrawAnswer> Lend(AgentId child, DrawReport report);

    /// <summary>From the parent's budget: everything in the subtree that is set aside and not needed is given back.</summary>
    /// <returns>What the parent's budget is to know of the tree's draws.</returns>
    [Alias("Recall"), AnyGateway]
    ValueTask<ImmutableArray<DrawReport>> Recall();
}
