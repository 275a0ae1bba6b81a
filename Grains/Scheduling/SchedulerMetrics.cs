using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Scheduling;

/// <summary>What the schedulers do, as the meter "Budgets.Scheduling".</summary>
public static class SchedulerMetrics
{
    private static readonly Meter Meter = new("Budgets.Scheduling");

    private static readonly Histogram<double> Lateness = Meter.CreateHistogram<double>(
        "budgets.scheduler.lateness", "s", "From the time that something was due to the call that wakes its grain.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "budgets.scheduler.failures", "{failure}", "Dues that could not be served and were put off.");

    public static void Late(TimeSpan by) => Lateness.Record(by.TotalSeconds);

    public static void Failed(Exception e) => Failures.Add(1, new TagList { { "error.type", e.GetType().Name } });
}
