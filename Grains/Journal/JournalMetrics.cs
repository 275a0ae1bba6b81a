using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Journal;

/// <summary>What the journals do, as the meter "Budgets.Journal". No tag names an agent: there may be a million.</summary>
public static class JournalMetrics
{
    public const string MeterName = "Budgets.Journal";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<int> EventsPerAppend = Meter.CreateHistogram(
        "budget.journal.events_per_append", "{event}", "Events made durable by one append: grows with load.", advice: new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096],
        });

    private static readonly Histogram<double> QueueTime = Meter.CreateHistogram(
        "budget.journal.queue_time", "s", "How long the first event of an append waited for the append before it.", advice: Seconds);

    private static readonly Histogram<double> AppendDuration = Meter.CreateHistogram("budget.journal.append_duration", "s", "From asking the store for an append to its answer.", advice: Seconds);

    private static readonly Counter<long> Fences = Meter.CreateCounter<long>(
        "budget.journal.fences", "{fence}", "Activations given up because an append failed or conflicted.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "budget.journal.append_failures", "{failure}", "Appends that failed with an unknown outcome.");

    private static readonly Counter<long> Contradictions = Meter.CreateCounter<long>(
        "budget.journal.contradictions", "{contradiction}", "Times that stored history was found to contradict itself: any is worth waking somebody.");

    /// <summary>For everything that takes from a fraction of a millisecond to a store's patience.</summary>
    internal static InstrumentAdvice<double> Seconds => new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    /// <summary>The instant to give to <see cref="Queued"/> or <see cref="Appended"/> later; 0: nobody listens, and the clock is not read.</summary>
    public static long Start() => EventsPerAppend.Enabled ? Stopwatch.GetTimestamp() : 0;

    public static void Queued(long since)
    {
        if (since != 0)
        {
            QueueTime.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }
    }

    public static void Appended(int events, long since)
    {
        if (since != 0)
        {
            EventsPerAppend.Record(events);
            AppendDuration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }
    }

    public static void Contradicted() => Contradictions.Add(1);

    public static void Fenced() => Fences.Add(1);

    public static void Failed(Exception e) => Failures.Add(1, new TagList { { "error.type", e.GetType().Name } });
}
