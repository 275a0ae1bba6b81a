using System.Diagnostics;
using System.Diagnostics.Metrics;
using Budgets.Journal;

namespace Budgets.Budgets;

/// <summary>What the budgets of this process decide, as the meter "Budgets". No tag names an agent: there may be a million.</summary>
/// <remarks>For graphs and alarms. Dollars are doubles here and nowhere else; the ledger is what is true.</remarks>
public static class BudgetMetrics
{
    public const string MeterName = "Budgets";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<double> Spend = Meter.CreateCounter<double>("budget.spend", "{USD}", "Dollars booked: charges and settlements.");

    private static readonly Counter<long> Rejections = Meter.CreateCounter<long>("budget.rejections", "{request}", "Requests refused, by the outcome.");

    private static readonly Histogram<double> ReserveDuration = Meter.CreateHistogram(
        "budget.reserve.duration", "s", "From a reservation's arrival at its budget to the answer.", advice: JournalMetrics.Seconds);

    // In the words of docs/outcomes.md.
    private static readonly KeyValuePair<string, object?>[] Reasons =
        [.. Enum.GetNames<Outcome>().Select(name => new KeyValuePair<string, object?>("reason", Snake(name)))];

    private static long s_heldNanos;

    static BudgetMetrics() => Meter.CreateObservableUpDownCounter(
        "budget.held", () => InDollars(new Money(Volatile.Read(ref s_heldNanos))), "{USD}", "Dollars held in open reservations of the budgets that are active.");

    public static void Spent(Money amount)
    {
        if (Spend.Enabled)
        {
            Spend.Add(InDollars(amount));
        }
    }

    public static void Refused(Outcome outcome) => Rejections.Add(1, Reasons[(int)outcome]);

    /// <summary>Always counted, whether anybody listens or not: who begins to listen later wants the whole.</summary>
    public static void HeldMore(Money by)
    {
        if (by != Money.Zero)
        {
            Interlocked.Add(ref s_heldNanos, by.Nanos);
        }
    }

    /// <summary>Measures until it is disposed of; when nobody listens, the clock is not read.</summary>
    public static Timing Reserving() => new(ReserveDuration.Enabled ? Stopwatch.GetTimestamp() : 0);

    public readonly struct Timing(long since) : IDisposable
    {
        public void Dispose()
        {
            if (since != 0)
            {
                ReserveDuration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
            }
        }
    }

    private static double InDollars(Money money) => (double)money.Nanos / Money.NanosPerDollar;

    private static string Snake(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "_" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
}
