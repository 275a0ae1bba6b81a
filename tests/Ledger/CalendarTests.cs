using Budgets.Ledger;

namespace Budgets.Tests.Ledger;

/// <summary>The named cases of the calendar. That windows tile time in every zone is shown by <see cref="TilingTests"/>.</summary>
public sealed class CalendarTests
{
    [Theory]
    // Summer time begins at midnight: the day starts at 01:00 on the wall and lasts 23 hours.
    [InlineData("Asia/Beirut", "2024-03-30T22:00Z", "2024-03-31T21:00Z")]
    [InlineData("Africa/Cairo", "2024-04-25T22:00Z", "2024-04-26T21:00Z")]
    [InlineData("America/Santiago", "2024-09-08T04:00Z", "2024-09-09T03:00Z")]
    [InlineData("America/Havana", "2024-03-10T05:00Z", "2024-03-11T04:00Z")]
    // It ends at midnight: the hour before it comes twice; in Havana the hour after it, and the day starts with the first.
    [InlineData("Africa/Cairo", "2024-10-30T21:00Z", "2024-10-31T22:00Z")]
    [InlineData("America/Santiago", "2024-04-06T03:00Z", "2024-04-07T04:00Z")]
    [InlineData("America/Havana", "2024-11-03T04:00Z", "2024-11-04T05:00Z")]
    // Half an hour of summer time, two hours of it, and a winter time that counts as the exception (negative).
    [InlineData("Australia/Lord_Howe", "2024-10-05T13:30Z", "2024-10-06T13:00Z")]
    [InlineData("Australia/Lord_Howe", "2024-04-06T13:00Z", "2024-04-07T13:30Z")]
    [InlineData("Antarctica/Troll", "2024-03-31T00:00Z", "2024-03-31T22:00Z")]
    [InlineData("Antarctica/Troll", "2024-10-26T22:00Z", "2024-10-28T00:00Z")]
    [InlineData("Europe/Dublin", "2024-03-31T00:00Z", "2024-03-31T23:00Z")]
    [InlineData("Europe/Dublin", "2024-10-26T23:00Z", "2024-10-28T00:00Z")]
    // Samoa skipped 30 December 2011: the 31st follows the 29th.
    [InlineData("Pacific/Apia", "2011-12-29T10:00Z", "2011-12-30T10:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T10:00Z", "2011-12-31T10:00Z")]
    // The clock was set back from 00:01 to 23:01 of the day before: that day does not come again.
    [InlineData("America/Goose_Bay", "2010-11-07T03:00Z", "2010-11-08T04:00Z")]
    // The ends of the earth, and a quarter of an hour.
    [InlineData("Pacific/Kiritimati", "2023-12-31T10:00Z", "2024-01-01T10:00Z")]
    [InlineData("Pacific/Pago_Pago", "2024-01-01T11:00Z", "2024-01-02T11:00Z")]
    [InlineData("Asia/Kathmandu", "2023-12-31T18:15Z", "2024-01-01T18:15Z")]
    // litellm #34896: in Tokyo a day resets at 00:00 there, not at 09:00.
    [InlineData("Asia/Tokyo", "2026-03-01T15:00Z", "2026-03-02T15:00Z")]
    [InlineData("UTC", "2024-12-31T00:00Z", "2025-01-01T00:00Z")]
    public void A_day_is_what_people_there_call_one(string zone, string from, string until)
    {
        var day = new PeriodWindow(Utc(from), Utc(until));

        foreach (var at in Within(day))
        {
            Calendar.WindowAt(LimitType.Daily, at, zone, IsoDayOfWeek.Monday).Should().Be(day, $"{at:O} is in it");
        }

        Calendar.WindowAt(LimitType.Daily, day.From.AddTicks(-1), zone, IsoDayOfWeek.Monday).Until.Should().Be(day.From);
        Calendar.WindowAt(LimitType.Daily, day.Until!.Value, zone, IsoDayOfWeek.Monday).From.Should().Be(day.Until);
    }

    [Theory]
    [InlineData("2023-02-14T12:00Z", "2023-02-01T00:00Z", "2023-03-01T00:00Z", 28)]
    [InlineData("2024-02-29T23:59Z", "2024-02-01T00:00Z", "2024-03-01T00:00Z", 29)]
    [InlineData("2100-02-28T23:59Z", "2100-02-01T00:00Z", "2100-03-01T00:00Z", 28)]
    [InlineData("2024-04-30T00:00Z", "2024-04-01T00:00Z", "2024-05-01T00:00Z", 30)]
    [InlineData("2024-01-31T00:00Z", "2024-01-01T00:00Z", "2024-02-01T00:00Z", 31)]
    [InlineData("2024-12-31T23:59Z", "2024-12-01T00:00Z", "2025-01-01T00:00Z", 31)]
    public void A_month_has_the_days_of_its_calendar(string at, string from, string until, int days)
    {
        var month = Calendar.WindowAt(LimitType.Monthly, Utc(at), "UTC", IsoDayOfWeek.Monday);

        month.Should().Be(new PeriodWindow(Utc(from), Utc(until)));
        (month.Until - month.From).Should().Be(TimeSpan.FromDays(days));
    }

    [Fact]
    public void A_month_with_a_change_of_clocks_is_longer_or_shorter_by_it()
    {
        Calendar.WindowAt(LimitType.Monthly, Utc("2024-03-15T00:00Z"), "Europe/Dublin", IsoDayOfWeek.Monday)
            .Should().Be(new PeriodWindow(Utc("2024-03-01T00:00Z"), Utc("2024-03-31T23:00Z")));
        Calendar.WindowAt(LimitType.Monthly, Utc("2026-03-15T00:00Z"), "Asia/Tokyo", IsoDayOfWeek.Monday)
            .Should().Be(new PeriodWindow(Utc("2026-02-28T15:00Z"), Utc("2026-03-31T15:00Z")));
    }

    /// <summary>litellm #33161 (Monday only), #10288 and #9098 ("why Thursday?").</summary>
    [Theory]
    [InlineData(IsoDayOfWeek.Monday, "2026-03-02T00:00Z")]
    [InlineData(IsoDayOfWeek.Tuesday, "2026-03-03T00:00Z")]
    [InlineData(IsoDayOfWeek.Wednesday, "2026-03-04T00:00Z")]
    [InlineData(IsoDayOfWeek.Thursday, "2026-02-26T00:00Z")]
    [InlineData(IsoDayOfWeek.Friday, "2026-02-27T00:00Z")]
    [InlineData(IsoDayOfWeek.Saturday, "2026-02-28T00:00Z")]
    [InlineData(IsoDayOfWeek.Sunday, "2026-03-01T00:00Z")]
    public void A_week_starts_on_the_day_that_was_set(IsoDayOfWeek start, string from)
    {
        var week = new PeriodWindow(Utc(from), Utc(from).AddDays(7));

        Calendar.WindowAt(LimitType.Weekly, Utc("2026-03-04T12:00Z"), "UTC", start).Should().Be(week);
    }

    [Fact]
    public void A_week_over_the_end_of_the_year_is_one_week() =>
        Calendar.WindowAt(LimitType.Weekly, Utc("2025-01-01T00:00Z"), "UTC", IsoDayOfWeek.Monday)
            .Should().Be(new PeriodWindow(Utc("2024-12-30T00:00Z"), Utc("2025-01-06T00:00Z")));

    [Fact]
    public void A_minute_is_a_minute_in_every_zone_and_a_life_has_no_end()
    {
        var at = Utc("2024-02-29T23:59:59.9999999Z");

        Calendar.WindowAt(LimitType.PerMinute, at, "Asia/Kathmandu", IsoDayOfWeek.Monday)
            .Should().Be(new PeriodWindow(Utc("2024-02-29T23:59Z"), Utc("2024-03-01T00:00Z")));
        Calendar.WindowAt(LimitType.Total, at, "Asia/Kathmandu", IsoDayOfWeek.Monday).Until.Should().BeNull();
    }

    [Fact]
    public void The_offset_an_instant_is_written_with_does_not_matter()
    {
        var at = new DateTimeOffset(2026, 3, 2, 0, 30, 0, TimeSpan.FromHours(9));

        Calendar.WindowAt(LimitType.Daily, at, "Asia/Tokyo", IsoDayOfWeek.Monday).From.Should().Be(Utc("2026-03-01T15:00Z"));
        Calendar.WindowAt(LimitType.Daily, at, "UTC", IsoDayOfWeek.Monday).From.Should().Be(Utc("2026-03-01T00:00Z"));
        Calendar.WindowAt(LimitType.PerMinute, at.AddSeconds(30), "UTC", IsoDayOfWeek.Monday).From.Should().Be(at);
    }

    [Fact]
    public void A_boundary_at_the_very_instant_counts()
    {
        var midnight = Utc("2026-03-02T00:00Z");

        Calendar.BoundaryAtOrAfter(LimitType.Daily, midnight, "UTC", IsoDayOfWeek.Monday).Should().Be(midnight);
        Calendar.BoundaryAtOrAfter(LimitType.Daily, midnight.AddTicks(1), "UTC", IsoDayOfWeek.Monday).Should().Be(midnight.AddDays(1));
        Calendar.BoundaryAtOrAfter(LimitType.Daily, midnight.AddTicks(-1), "UTC", IsoDayOfWeek.Monday).Should().Be(midnight);
    }

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("US/Eastern", true)]
    [InlineData("Mars/Olympus_Mons", false)]
    [InlineData("europe/berlin", false)]
    [InlineData("W. Europe Standard Time", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("", false)]
    public void Only_names_of_the_IANA_database_are_zones(string name, bool known) => Calendar.KnowsZone(name).Should().Be(known);

    private static IEnumerable<DateTimeOffset> Within(PeriodWindow w)
    {
        for (var at = w.From; at < w.Until; at = at.AddMinutes(15))
        {
            yield return at;
        }

        yield return w.Until!.Value.AddTicks(-1);
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
