using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>All that the tree of one parent remembers: its children and their draws, and its own draws on the parent's budget. Made only by <see cref="TreeFold"/>.</summary>
public sealed record TreeState(AgentId Parent)
{
    /// <summary>How many events made this state.</summary>
    public long Seq { get; init; }

    public DateTimeOffset Now { get; init; }

    /// <summary>What the tree has drawn from its parent's budget, oldest first. Its children's draws are what is held in them.</summary>
    public ImmutableArray<Draw> Draws { get; init; } = [];

    public ImmutableDictionary<AgentId, Child> Children { get; init; } = ImmutableDictionary<AgentId, Child>.Empty;

    /// <summary>False: children's budgets may not add up to more than the parent's own.</summary>
    public bool MayOvercommit { get; init; } = true;
}

/// <summary>One child as its parent's tree knows it.</summary>
/// <param name="Loans">Its draws, oldest first.</param>
public sealed record Child(AgentId Id, ChildTerms Terms, ImmutableArray<Loan> Loans)
{
    public bool IsClosed { get; init; }

    public Money Outstanding => Loans.Aggregate(Money.Zero, (sum, l) => sum + l.Outstanding);
}

public abstract record TreeEvent(DateTimeOffset At);

/// <summary>A child joins, or its terms change.</summary>
public sealed record ChildAgreed(DateTimeOffset At, string By, AgentId Child, ChildTerms Terms) : TreeEvent(At);

/// <summary>A child is closed, or has moved to another parent: it draws no more here.</summary>
public sealed record ChildLeft(DateTimeOffset At, string By, AgentId Child) : TreeEvent(At);

/// <summary>A child that left long ago and owes nothing makes room for another.</summary>
public sealed record ChildForgotten(DateTimeOffset At, AgentId Child) : TreeEvent(At);

/// <summary>What is set aside for, and was spent by, a child.</summary>
public sealed record ChildLent(DateTimeOffset At, AgentId Child, Loan Loan) : TreeEvent(At);

public sealed record OvercommitAgreed(DateTimeOffset At, string By, bool Allowed) : TreeEvent(At);

/// <summary>A report about the tree's own draw, on its way to the parent's budget.</summary>
public sealed record TreeAsked(DateTimeOffset At, Asked Asked) : TreeEvent(At);

/// <summary>The parent's budget has answered.</summary>
public sealed record TreeAnswered(DateTimeOffset At, Answered Answered) : TreeEvent(At);
