using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Trees;

/// <summary>What the trees do, as the meter "Budgets.Trees".</summary>
public static class TreeMetrics
{
    private static readonly Meter Meter = new("Budgets.Trees");

    private static readonly Counter<long> Asks = Meter.CreateCounter<long>(
        "budgets.trees.reports", "{report}", "Reports about draws that a budget or a tree has taken.");

    private static readonly Counter<long> Recalls = Meter.CreateCounter<long>(
        "budgets.trees.recalls", "{recall}", "Times a budget asked its subtree to give back what it does not need.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "budgets.trees.untold", "{report}", "Reports that did not arrive; the next one makes up for it.");

    public static void Reported() => Asks.Add(1);

    public static void Recalled() => Recalls.Add(1);

    public static void Untold(Exception e) => Failures.Add(1, new TagList { { "error.type", e.GetType().Name } });
}
