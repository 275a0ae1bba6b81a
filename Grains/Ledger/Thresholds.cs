using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Which shares of which limits a step of spending crosses, and which soft limits it leaves exceeded.</summary>
/// <remarks>Spending in a window only grows, so "below before, at or above after" is true once for every window, limit and threshold, without a memory.</remarks>
internal static class Thresholds
{
    public static ImmutableArray<Warning> Crossed(BudgetState before, BudgetState after)
    {
        if (before.Above == Limits.None && before.Own == Limits.None)
        {
            return [];
        }

        var warnings = ImmutableArray.CreateBuilder<Warning>(0);
        var thresholds = Of(after.Terms);
        Add(warnings, before, after, after.Above, thresholds);
        if (after.Own != after.Above)
        {
            Add(warnings, before, after, after.Own, thresholds);
        }

        return warnings.Count > 1 ? [.. warnings.Distinct()] : warnings.ToImmutable();
    }

    private static void Add(ImmutableArray<Warning>.Builder warnings, BudgetState before, BudgetState after, Limits limits, ImmutableArray<int> thresholds)
    {
        for (var type = LimitType.Daily; type <= LimitType.Total; type++)
        {
            if (limits[type] is not { } limit || limit == Money.Zero)
            {
                continue;
            }

            var window = after.Current(type);
            var committed = window.Spent + window.Held;
            if (!limits.HardStop && committed > limit)
            {
                warnings.Add(new Warning(type, limit, Percent(committed, limit)));
                continue;
            }

            // A step over several thresholds is told as the highest of them.
            if (Highest(thresholds, window.Spent, limit) is { } now && Highest(thresholds, before.Current(type).Spent, limit) is var then && !(now <= then))
            {
                warnings.Add(new Warning(type, limit, now));
            }
        }
    }

    /// <summary>Of both layers, ascending.</summary>
    public static ImmutableArray<int> Of(Terms terms) =>
        terms.AlertsAbove.Thresholds.IsEmpty ? terms.Alerts.Thresholds
        : terms.Alerts.Thresholds.IsEmpty ? terms.AlertsAbove.Thresholds
        : [.. terms.AlertsAbove.Thresholds.Union(terms.Alerts.Thresholds).Order()];

    /// <summary>The highest threshold that a limit has reached, 100 when it is used up; null: none.</summary>
    public static int? Highest(ImmutableArray<int> thresholds, Money spent, Money limit)
    {
        if (spent >= limit)
        {
            return 100;
        }

        int? highest = null;
        foreach (var threshold in thresholds)
        {
            if ((Int128)spent.Nanos * 100 >= (Int128)limit.Nanos * threshold)
            {
                highest = threshold;
            }
        }

        return highest;
    }

    private static int Percent(Money part, Money whole) => (int)Int128.Min((Int128)part.Nanos * 100 / whole.Nanos, int.MaxValue);
}
