using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>Remembers what happened to a tree; never decides.</summary>
public static class TreeFold
{
    /// <exception cref="JournalCorruptException">The event contradicts the state.</exception>
    public static TreeState Apply(TreeState s, TreeEvent e)
    {
        s = s with { Seq = s.Seq + 1, Now = e.At };
        return e switch
        {
            ChildAgreed a => s.Put((s.Children.GetValueOrDefault(a.Child) ?? new Child(a.Child, a.Terms, [])) with { Terms = a.Terms, IsClosed = false }),
            ChildLeft l => s.Put(Known(s, l.Child) with { IsClosed = true }),
            ChildForgotten f => s with { Children = s.Children.Remove(Known(s, f.Child).Id) },
            ChildLent l => s.With(l.Child, l.Loan),
            OvercommitAgreed o => s with { MayOvercommit = o.Allowed },
            TreeAsked a => s with { Draws = s.Draws.With(a.Asked) },
            TreeAnswered a => s with { Draws = s.Draws.With(a.Answered) },
            _ => throw new JournalCorruptException($"Unknown event {e.GetType().Name}."),
        };
    }

    /// <summary>The tree with a child's draw as it stands now: what is granted and not spent is held in the tree's own draw.</summary>
    internal static TreeState With(this TreeState s, AgentId id, Loan loan)
    {
        var child = Known(s, id);
        var old = child.Loans.FirstOrDefault(l => l.Number == loan.Number);
        var (spent, held) = (loan.Spent - (old?.Spent ?? Money.Zero), loan.Outstanding - (old?.Outstanding ?? Money.Zero));
        return s.Put(child with { Loans = child.Loans.With(loan, old) }) with { Draws = s.Draws.Moved(loan.Draw, spent, held) };
    }

    private static TreeState Put(this TreeState s, Child child) => s with { Children = s.Children.SetItem(child.Id, child) };

    private static Child Known(TreeState s, AgentId id) => s.Children.GetValueOrDefault(id) ?? throw new JournalCorruptException($"{s.Parent} has no child {id}.");
}
