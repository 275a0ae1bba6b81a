namespace Budgets.Tests.Model;

/// <summary>Windows by counting days, with the operating system's time zones. For zones whose days all start at midnight.</summary>
internal static class NaiveCalendar
{
    public static (DateTimeOffset From, DateTimeOffset? Until) WindowAt(LimitType type, DateTimeOffset at, string zone, IsoDayOfWeek weekStart)
    {
        if (type == LimitType.Total)
        {
            return (DateTimeOffset.MinValue, null);
        }

        if (type == LimitType.PerMinute)
        {
            var minute = new DateTimeOffset(at.Year, at.Month, at.Day, at.Hour, at.Minute, 0, TimeSpan.Zero);
            return (minute, minute.AddSeconds(60));
        }

        var (first, next) = Dates(type, DateAt(at, zone), weekStart);
        return (Midnight(first, zone), Midnight(next, zone));
    }

    /// <summary>The first start of a window that is not before an instant.</summary>
    public static DateTimeOffset StartAtOrAfter(LimitType type, DateTimeOffset at, string zone, IsoDayOfWeek weekStart)
    {
        var (from, until) = WindowAt(type, at, zone, weekStart);
        return from == at ? at : until!.Value;
    }

    public static DateOnly DateAt(DateTimeOffset at, string zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Zone(zone)).DateTime);

    private static (DateOnly First, DateOnly Next) Dates(LimitType type, DateOnly date, IsoDayOfWeek weekStart)
    {
        if (type == LimitType.Monthly)
        {
            var first = new DateOnly(date.Year, date.Month, 1);
            return (first, first.AddMonths(1));
        }

        if (type == LimitType.Weekly)
        {
            while (date.DayOfWeek != (DayOfWeek)((int)weekStart % 7))
            {
                date = date.AddDays(-1);
            }

            return (date, date.AddDays(7));
        }

        return (date, date.AddDays(1));
    }

    private static DateTimeOffset Midnight(DateOnly date, string zone) =>
        new(TimeZoneInfo.ConvertTimeToUtc(date.ToDateTime(default, DateTimeKind.Unspecified), Zone(zone)), TimeSpan.Zero);

    private static TimeZoneInfo Zone(string zone) => zone == "UTC" ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(zone);
}
