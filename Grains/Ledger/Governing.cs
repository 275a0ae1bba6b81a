using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Opening, describing, freezing and closing a budget.</summary>
public static class Governing
{
    /// <summary>A budget begins with its first limits in one append: there is no moment in which it has none.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Open(BudgetState s, OpenRequest request, DateTimeOffset clock)
    {
        if (s.Exists)
        {
            return (new ConfigureOutcome(ConfigureResult.AgentExists, null), []);
        }

        if (!Calendar.KnowsZone(request.TimeZone))
        {
            return (Configuring.UnknownZone(request.TimeZone), []);
        }

        var opened = new Opened(
            clock, request.By, request.Name, request.Parent, request.TimeZone, request.WeekStart,
            Rollover.At(clock, request.TimeZone, request.WeekStart),
            request.EndsAt,
            request.MaxBelow);
        if (request.Budget is null)
        {
            return (new ConfigureOutcome(ConfigureResult.Done, null), [opened]);
        }

        var (outcome, configured) = Configuring.Configure(Fold.Apply(s, opened), request.Budget);
        return (outcome, configured.IsEmpty ? [] : [opened, .. configured]);
    }

    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Describe(BudgetState s, DescribeRequest request) =>
        Unless(s, () => new Described(s.Now, request.By, request.Name ?? s.Terms.Name, request.Metadata ?? s.Terms.Metadata));

    /// <summary>A freeze by a person replaces the breaker's, and the operator's replaces a parent's; the other way round it does not.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Freeze(BudgetState s, FreezeRequest request) =>
        Unless(s, () => s.Freeze is { Tripped: false } f && (f.By == Actors.Operator || request.By != Actors.Operator)
            ? null
            : new Frozen(s.Now, request.By, request.Reason, null, Tripped: false));

    /// <summary>What the operator froze, only the operator lets go.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Unfreeze(BudgetState s, string by) =>
        s.Freeze is { By: Actors.Operator } && by != Actors.Operator
            ? (new ConfigureOutcome(ConfigureResult.FrozenFromAbove, null, Detail: "The operator froze this agent, and only the operator may unfreeze it."), [])
            : Unless(s, () => s.Freeze is null ? null : new Unfrozen(s.Now, by));

    /// <summary>Closed for good: nothing new is admitted, what was held may still be settled. Closing twice is fine.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Close(BudgetState s, string by) =>
        s.Closed ? (new ConfigureOutcome(ConfigureResult.Done, null), []) : Unless(s, () => new Closed(s.Now, by));

    internal static ConfigureResult? Refused(BudgetState s) =>
        !s.Exists ? ConfigureResult.AgentUnknown : s.Closed ? ConfigureResult.AgentClosed : null;

    private static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Unless(BudgetState s, Func<BudgetEvent?> happens)
    {
        var refused = Refused(s);
        var happened = refused is null ? happens() : null;
        return (new ConfigureOutcome(refused ?? ConfigureResult.Done, null), happened is null ? [] : [happened]);
    }
}
