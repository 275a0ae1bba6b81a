using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Trees;

/// <summary>What the trees do, as the meter "Budgets.Trees".</summary>
public static class TreeMetrics
{
    public const string MeterName = "Budgets.Trees";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Asks = Meter.CreateCounter<long>(
        "budgets.trees.reports", "{report}", "Reports about draws that a budget or a tree has taken.");

    private static readonly Counter<long> Recalls = Meter.CreateCounter<long>(
        "budgets.trees.recalls", "{recall}", "Times a budget asked its subtree to give back what it does not need.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "budgets.trees.untold", "{report}", "Reports that did not arrive; the next one makes up for it.");

    /// <param name="by">Who took it: "root" (a budget without a parent), "budget", or "tree".</param>
    public static void Reported(string by) => Asks.Add(1, new KeyValuePair<string, object?>("by", by));

    public static void Recalled() => Recalls.Add(1);

    public static void Untold(Exception e) => Failures.Add(1, new TagList { { "error.type", e.GetType().Name } });
}
