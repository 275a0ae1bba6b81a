using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Which windows are to follow, and what following does. Only ever forward: a clock that steps back resets nothing twice.</summary>
public static class Rollover
{
    private static readonly ImmutableArray<LimitType> CutByCalendar = [LimitType.Daily, LimitType.Weekly, LimitType.Monthly];

    /// <summary>The windows that have ended by now, and what follows them; null: none has.</summary>
    public static Rolled? Due(BudgetState s, DateTimeOffset now)
    {
        PeriodWindow? Next(LimitType type) =>
            s.Current(type).Span.Until <= now ? Calendar.WindowAt(type, now, s.TimeZone, s.Terms.WeekStart) : null;

        if (!(s.Current(LimitType.Daily).Span.Until <= now || s.Current(LimitType.Weekly).Span.Until <= now || s.Current(LimitType.Monthly).Span.Until <= now))
        {
            return null;
        }

        var day = Next(LimitType.Daily);
        var today = day is null ? s.Days[^1].Date : Calendar.DateAt(day.From, s.TimeZone);
        return new Rolled(now, new Spans(day, Next(LimitType.Weekly), Next(LimitType.Monthly), today));
    }

    public static Spans At(DateTimeOffset now, string zone, IsoDayOfWeek weekStart)
    {
        var day = Calendar.WindowAt(LimitType.Daily, now, zone, weekStart);
        return new Spans(
            day,
            Calendar.WindowAt(LimitType.Weekly, now, zone, weekStart),
            Calendar.WindowAt(LimitType.Monthly, now, zone, weekStart),
            Calendar.DateAt(day.From, zone));
    }

    /// <summary>
    /// How a change of zone or week start cuts the current windows: before anything was ever admitted, anew. Afterwards they last until
    /// the first new boundary at or after their end, and never less: otherwise an agent could move its midnight nearer again and again, and
    /// have a fresh limit each time. A hold that has ended binds them too: its commit may still come, to the day that admitted it.
    /// </summary>
    public static Spans Recut(BudgetState s, string zone, IsoDayOfWeek weekStart)
    {
        if (s.Memory.IsEmpty)
        {
            return At(s.Now, zone, weekStart);
        }

        PeriodWindow Lengthened(LimitType type)
        {
            var span = s.Current(type).Span;
            return span with { Until = Calendar.BoundaryAtOrAfter(type, span.Until!.Value, zone, weekStart) };
        }

        return new Spans(Lengthened(LimitType.Daily), Lengthened(LimitType.Weekly), Lengthened(LimitType.Monthly), s.Days[^1].Date);
    }

    /// <summary>The windows of a budget that begins.</summary>
    internal static ImmutableArray<Window> First(DateTimeOffset now, Spans spans) =>
    [
        .. Books.Types.Select(type => new Window(
            type, 0, spans[type] ?? Calendar.WindowAt(type, now, "UTC", IsoDayOfWeek.Monday), default, default, 0)),
    ];

    /// <summary>Minutes are the same everywhere and for ever, so they roll without being written down. A minute that is over binds nobody any more.</summary>
    internal static BudgetState InMinuteOf(this BudgetState s, DateTimeOffset now)
    {
        var minute = s.Windows[0];
        return minute.Span.Until <= now
            ? s with { Windows = s.Windows.SetItem(0, minute.Next(Calendar.WindowAt(LimitType.PerMinute, now, s.TimeZone, s.Terms.WeekStart))) }
            : s;
    }

    internal static BudgetState WithCut(this BudgetState s, Spans? spans)
    {
        if (spans is null)
        {
            return s;
        }

        var windows = s.Windows.ToBuilder();
        foreach (var type in CutByCalendar)
        {
            windows[(int)type] = windows[(int)type] with { Span = spans[type] ?? windows[(int)type].Span };
        }

        return s with { Windows = windows.ToImmutable(), Days = s.Days.SetItem(s.Days.Length - 1, s.Days[^1] with { Date = spans.Today }) };
    }

    internal static BudgetState Followed(this BudgetState s, Spans spans)
    {
        var windows = s.Windows.ToBuilder();
        var draining = s.Draining;
        var days = s.Days;
        foreach (var type in CutByCalendar)
        {
            if (spans[type] is not { } span)
            {
                continue;
            }

            var old = windows[(int)type];
            windows[(int)type] = old.Next(span);

            // Kept exact until its last hold ends.
            if (old.OpenHolds > 0)
            {
                draining = draining.Add(old);
            }

            if (type == LimitType.Daily)
            {
                days = old.OpenHolds == 0 && days[^1].Usage.Total.Calls == 0 ? days.RemoveAt(days.Length - 1) : days;
                days = days.Add(new Day(old.Number + 1, spans.Today, UsageBook.Empty));
            }
        }

        return s with { Windows = windows.ToImmutable(), Draining = draining, Days = days };
    }

    private static Window Next(this Window w, PeriodWindow span) => new(w.Type, w.Number + 1, span, default, default, 0);
}
