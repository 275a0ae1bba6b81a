using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"An agent at rest may be given to another parent."</summary>
public static class Moving
{
    /// <summary>Only once nothing is drawn any more: what is open could not be told to the parent before. The same again changes nothing.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Move(BudgetState s, MoveRequest request)
    {
        if (Governing.Refused(s) is { } no)
        {
            return (new ConfigureOutcome(no, null), []);
        }

        if (s.Terms.Parent == request.Parent)
        {
            return (new ConfigureOutcome(ConfigureResult.Done, null), []);
        }

        if (s.Wallet is not null)
        {
            return (new ConfigureOutcome(ConfigureResult.NotAtRest, null, Detail: "The agent has a balance of its own, and under a parent it would have none."), []);
        }

        var isAtRest = s.Holds.IsEmpty && s.Loans.All(l => l.Outstanding == Money.Zero) && s.Draws.All(d => d.IsAtRest);
        return isAtRest
            ? (new ConfigureOutcome(ConfigureResult.Done, null), [new Moved(s.Now, request.By, request.Parent)])
            : (new ConfigureOutcome(
                ConfigureResult.NotAtRest, null,
                Detail: "The agent, or one below it, has open reservations or is spending. Freeze it, wait until its reservations have ended, and move it then."), []);
    }

    /// <summary>The next draw goes to the new parent, under a number that was never used; so does what is still spent late under one of the old.</summary>
    internal static BudgetState Moved(BudgetState s, AgentId parent) => s with
    {
        Terms = s.Terms with { Parent = parent },
        Draws = s.Draws.IsEmpty ? [] : [new Draw(s.Draws[^1].Number + 1, 0, 0, default, default, default, default, null, false)],
    };
}
