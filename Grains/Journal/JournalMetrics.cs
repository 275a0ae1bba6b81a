using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Journal;

/// <summary>What the journals do, as the meter "Budgets.Journal".</summary>
public static class JournalMetrics
{
    private static readonly Meter Meter = new("Budgets.Journal");

    private static readonly Histogram<int> EventsPerAppend = Meter.CreateHistogram<int>(
        "budgets.journal.events_per_append", "{event}", "Events made durable by one append.");

    private static readonly Counter<long> Fences = Meter.CreateCounter<long>(
        "budgets.journal.fences", "{fence}", "Activations given up because an append failed or conflicted.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "budgets.journal.append_failures", "{failure}", "Appends that failed with an unknown outcome.");

    public static void Appended(int events) => EventsPerAppend.Record(events);

    public static void Fenced() => Fences.Add(1);

    public static void Failed(Exception e) => Failures.Add(1, new TagList { { "error.type", e.GetType().Name } });
}
