using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>"A parent agrees with each child on what it may spend; the parent's own limits bind all of them anyway."</summary>
public static class Agreeing
{
    /// <summary>How long a child that has left is remembered at least: as long as a hold can live.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(HoldRequest.MaxTtlSeconds);

    /// <param name="lineage">The budgets from the parent up to the root; empty: there is no such parent.</param>
    public static (ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened) Agree(
        TreeState s, AgreeRequest request, ImmutableArray<BudgetView> lineage, DateTimeOffset clock)
    {
        var now = clock > s.Now ? clock : s.Now;
        var old = s.Children.GetValueOrDefault(request.Child);
        if (Refused(lineage) is { } no)
        {
            return No(no);
        }

        var parent = lineage[0];
        var terms = request.Terms with { EndsAt = Earlier(request.Terms.EndsAt, parent.EndsAt) };
        if (old is { IsClosed: false } && old.Terms == terms)
        {
            return (new ConfigureOutcome(ConfigureResult.Done, parent), []);
        }

        if (TooDeep(lineage, request.Levels) is { } depth)
        {
            return No(ConfigureResult.TooDeep, depth);
        }

        var leaves = old is null && s.Children.Count >= IAllocationTreeGrain.MaxChildren ? Forgettable(s, now) : null;
        if (old is null && s.Children.Count >= IAllocationTreeGrain.MaxChildren && leaves is null)
        {
            return No(ConfigureResult.TooManyChildren, $"{parent.Agent} has {IAllocationTreeGrain.MaxChildren} children, which is as many as it may have.");
        }

        var agreed = new ChildAgreed(now, request.By, request.Child, terms);
        return Overcommits(s, request.Child, terms, old is { IsClosed: false } ? old.Terms : null, parent, now) is { } refused
            ? (refused, [])
            : (new ConfigureOutcome(ConfigureResult.Done, parent), leaves is null ? [agreed] : [new ChildForgotten(now, leaves.Id), agreed]);
    }

    public static (ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened) Amend(
        TreeState s, AmendRequest request, ImmutableArray<BudgetView> lineage, DateTimeOffset clock)
    {
        var now = clock > s.Now ? clock : s.Now;
        if (Refused(lineage) is { } no)
        {
            return No(no);
        }

        if (s.Children.GetValueOrDefault(request.Child) is not { } child)
        {
            return No(ConfigureResult.AgentUnknown);
        }

        if (child.IsClosed)
        {
            return No(ConfigureResult.AgentClosed);
        }

        var terms = child.Terms with
        {
            Policy = request.Policy ?? child.Terms.Policy,
            Daily = request.Daily.Or(child.Terms.Daily),
            Weekly = request.Weekly.Or(child.Terms.Weekly),
            Monthly = request.Monthly.Or(child.Terms.Monthly),
            Total = request.Total.Or(child.Terms.Total),
        };
        return Overcommits(s, child.Id, terms, child.Terms, lineage[0], now) is { } refused ? (refused, [])
            : (new ConfigureOutcome(ConfigureResult.Done, lineage[0]), terms == child.Terms ? [] : [new ChildAgreed(now, request.By, child.Id, terms)]);
    }

    public static ImmutableArray<TreeEvent> Leave(TreeState s, AgentId child, string by, DateTimeOffset clock) =>
        s.Children.GetValueOrDefault(child) is { IsClosed: false } ? [new ChildLeft(clock > s.Now ? clock : s.Now, by, child)] : [];

    public static (ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened) SetOvercommit(
        TreeState s, bool allowed, string by, ImmutableArray<BudgetView> lineage, DateTimeOffset clock) =>
        Refused(lineage) is { } no ? No(no)
        : (new ConfigureOutcome(ConfigureResult.Done, lineage[0]), s.MayOvercommit == allowed ? [] : [new OvercommitAgreed(clock > s.Now ? clock : s.Now, by, allowed)]);

    private static ConfigureResult? Refused(ImmutableArray<BudgetView> lineage) =>
        lineage.IsEmpty ? ConfigureResult.AgentUnknown : lineage[0].Closed ? ConfigureResult.AgentClosed : null;

    private static string? TooDeep(ImmutableArray<BudgetView> lineage, int levels)
    {
        if (lineage.Length + levels > IAllocationTreeGrain.MaxDepth)
        {
            return $"A tree has at most {IAllocationTreeGrain.MaxDepth} levels from its root to a leaf.";
        }

        for (var above = 0; above < lineage.Length; above++)
        {
            if (above + levels > lineage[above].MaxBelow)
            {
                return $"{lineage[above].Agent} may have at most {lineage[above].MaxBelow} levels below it.";
            }
        }

        return null;
    }

    /// <summary>Only what is raised is held against the parent's own hard limits: what was agreed before stays agreed. Children without a budget for a window are not counted in it.</summary>
    private static ConfigureOutcome? Overcommits(TreeState s, AgentId child, ChildTerms terms, ChildTerms? old, BudgetView parent, DateTimeOffset now)
    {
        for (var type = LimitType.Daily; !s.MayOvercommit && type <= LimitType.Total; type++)
        {
            var limit = Hardest(parent, type);
            if (limit is null || terms[type] is not { } wanted || wanted <= old?[type])
            {
                continue;
            }

            var others = Sum(s.Children.Values.Where(c => c.Id != child && !c.IsClosed && !(c.Terms.EndsAt <= now)).Select(c => c.Terms[type]));
            if (wanted > limit.Limit - others)
            {
                var standing = limit with { Spent = Money.Zero, Held = others };
                return new ConfigureOutcome(
                    ConfigureResult.Overcommitted, null, null,
                    $"${wanted} does not fit: of the ${limit.Limit} of {parent.Agent}, ${others} is agreed with its other children, and it does not let their budgets add up to more than its own.",
                    new Refusal(parent.Agent, wanted, standing));
            }
        }

        return null;
    }

    private static LimitStanding? Hardest(BudgetView parent, LimitType type)
    {
        LimitStanding? hardest = null;
        foreach (var standing in parent.Windows)
        {
            hardest = standing.Type == type && standing.HardStop && !(hardest?.Limit <= standing.Limit) ? standing : hardest;
        }

        return hardest;
    }

    // Ten thousand of the largest limits do not fit into 64 bits; what is above all limits is as good as any.
    private static Money Sum(IEnumerable<Money?> budgets)
    {
        var sum = Int128.Zero;
        foreach (var budget in budgets)
        {
            sum += budget?.Nanos ?? 0;
        }

        return new Money((long)Int128.Min(sum, Money.MaxBooked.Nanos));
    }

    private static Child? Forgettable(TreeState s, DateTimeOffset now) => s.Children.Values.FirstOrDefault(c =>
        (c.IsClosed || c.Terms.EndsAt <= now) && c.Outstanding == Money.Zero
        && !(c.Terms.EndsAt > now - Remembered) && c.Loans.All(l => l.HeardAt <= now - Remembered));

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    private static (ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened) No(ConfigureResult result, string? detail = null) =>
        (new ConfigureOutcome(result, null, Detail: detail), []);
}
