using Budgets.Ledger;
using CsCheck;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class RolloverTests
{
    // Every whole hour from 12 behind to 14 ahead of UTC, without changes of clocks.
    private static readonly string[] FixedZones = [.. Enumerable.Range(-14, 27).Select(h => h == 0 ? "Etc/GMT" : $"Etc/GMT{h:+0;-0}")];

    private static readonly string[] WildZones =
        ["UTC", "Asia/Beirut", "Africa/Cairo", "America/Santiago", "America/Havana", "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Africa/Casablanca"];

    [Fact]
    public void A_clock_that_steps_back_over_midnight_resets_nothing_twice()
    {
        var book = Daily(10);
        book.At("2026-03-04T23:59Z").Charge(10);
        book.At("2026-03-05T00:01Z").Charge(4);

        book.At("2026-03-04T23:58Z").Charge(5).Outcome.Should().Be(Outcome.Accepted);
        book.At("2025-03-04T23:58Z").Charge(2).Outcome.Should().Be(Outcome.BudgetExceeded, "9 of 10 are spent, also a year ago");
        book.At("2026-03-05T00:02Z").Charge(2).Outcome.Should().Be(Outcome.BudgetExceeded, "midnight has been");

        book[LimitType.Daily].Spent.Should().Be(9);
        book.State.Current(LimitType.Daily).Number.Should().Be(1);
    }

    [Fact]
    public void A_clock_that_jumps_ahead_and_back_does_not_bring_the_old_day_back()
    {
        var book = Daily(10);
        book.At("2026-03-06T12:00Z").Charge(10);

        book.At("2026-03-04T12:00Z").Charge(1).Outcome.Should().Be(Outcome.BudgetExceeded);

        book[LimitType.Daily].Spent.Should().Be(10);
    }

    /// <summary>Resets are bounded by the midnights that the latest time seen has passed; nothing spent is forgotten or counted twice.</summary>
    [Fact]
    public void Whatever_the_clock_does_days_only_pass_forward()
    {
        Gen.Int[-2 * 24 * 60, 3 * 24 * 60].Array[1, 60].Sample(jumps =>
        {
            var book = Of();
            var (start, latest) = (book.Clock, book.Clock);
            foreach (var minutes in jumps)
            {
                book.At(book.Clock.AddMinutes(minutes)).Charge(1);
                latest = book.Clock > latest ? book.Clock : latest;
            }

            var day = book.State.Current(LimitType.Daily);
            return day.Number <= (latest.UtcDateTime.Date - start.UtcDateTime.Date).Days
                && day.Span.Contains(latest)
                && book.Entries.Zip(book.Entries.Skip(1)).All(p => p.First.At <= p.Second.At)
                && book[LimitType.Total].Spent == jumps.Length
                && SpentOnClosedDays(book) + book.State.Days.Sum(d => d.Usage.Total.Cost.InDollars) == jumps.Length
                && Same(book.ReadAgain(), book.State);
        });
    }

    [Fact]
    public void A_hold_admitted_before_midnight_settles_into_yesterday()
    {
        var book = Daily(10);
        book.At("2026-03-04T23:59Z").Hold(6);
        book.At("2026-03-05T00:01Z").Charge(10).Outcome.Should().Be(Outcome.Accepted, "today is empty");
        book.State.Draining.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Type = LimitType.Daily, Held = Usd(6), OpenHolds = 1 });

        book.Settle(5);
        book.Later(1).Charge(0);

        book[LimitType.Daily].Should().Be((10, 0));
        book[LimitType.Monthly].Should().Be((15, 0));
        book.State.Draining.Should().BeEmpty();
        book.Entries.OfType<DayClosed>().Should().ContainSingle().Which.Should().BeEquivalentTo(
            new { Date = new DateOnly(2026, 3, 4), Usage = new { Total = new { Cost = Usd(5), Calls = 1L } } });
        book.State.Days.Should().ContainSingle().Which.Date.Should().Be(new DateOnly(2026, 3, 5));
    }

    [Fact]
    public void A_hold_over_the_end_of_a_month_drains_its_day_week_and_month()
    {
        var book = Of(at: "2026-05-31T23:59Z");
        book.Hold(6);

        book.At("2026-06-01T00:00Z").Charge(1);
        book.State.Draining.Select(w => w.Type).Should().Equal(LimitType.Daily, LimitType.Weekly, LimitType.Monthly);
        book.Release();

        book.State.Draining.Should().BeEmpty();
        book[LimitType.Total].Should().Be((1, 0));
    }

    [Fact]
    public void A_late_commit_after_its_day_was_closed_adds_to_that_day()
    {
        var book = Of();
        book.At("2026-03-04T23:00Z").Hold(6, ttl: 60);
        book.Charge(1);
        var hold = book.State.Holds[new HoldId("h")].Ended();
        book.At("2026-03-05T12:00Z").Charge(1);

        book.Settle(2, recalled: new Recalled(Hold: hold));

        book.Entries.OfType<DayClosed>().Select(d => (d.Date.Day, d.Usage.Total.Cost.InDollars)).Should().Equal((4, 1), (4, 2));
        book.State.ClosedDays.Should().ContainSingle("the later event leads to the one before it").Which.Date.Day.Should().Be(4);
        book.Entries.Should().HaveElementAt((int)book.Entries.OfType<DayClosed>().Last().Earlier!.Value - 1, book.Entries.OfType<DayClosed>().First());
    }

    [Fact]
    public void After_a_year_of_silence_everything_is_as_new_but_the_total()
    {
        var book = Of(new Limits(Daily: Usd(10)));
        book.Charge(10);
        book.Hold(0, "forgotten");

        book.At("2027-03-04T10:00Z").Charge(3).Outcome.Should().Be(Outcome.Accepted);

        book[LimitType.Daily].Should().Be((3, 0));
        book[LimitType.Total].Should().Be((13, 0));
        book.State.Holds.Should().BeEmpty();
        book.State.Draining.Should().BeEmpty();
        book.State.Days.Should().ContainSingle().Which.Date.Should().Be(new DateOnly(2027, 3, 4));
        book.State.Current(LimitType.Weekly).Span.Should().Be(new PeriodWindow(Utc("2027-03-01T00:00Z"), Utc("2027-03-08T00:00Z")));
        book.Entries.Count.Should().BeLessThan(10, "days without spending leave no trace");
    }

    [Theory]
    [InlineData("2026-01-31T23:59Z", "2026-02-01T00:00Z", "2026-03-01T00:00Z")]
    [InlineData("2028-01-31T23:59Z", "2028-02-01T00:00Z", "2028-03-01T00:00Z")]
    [InlineData("2026-12-31T23:59Z", "2027-01-01T00:00Z", "2027-02-01T00:00Z")]
    public void A_month_entered_on_its_31st_ends_with_it_and_the_next_is_whole(string last, string first, string next)
    {
        var book = Of(new Limits(Monthly: Usd(10)), at: last);
        book.Charge(10);

        book.At(first).Charge(10).Outcome.Should().Be(Outcome.Accepted);

        book.State.Current(LimitType.Monthly).Span.Should().Be(new PeriodWindow(Utc(first), Utc(next)));
    }

    /// <summary>litellm #22013, #39370: spend zeroed within minutes, on every tick.</summary>
    [Fact]
    public void A_new_budget_keeps_its_spending_for_its_whole_first_day_litellm_22013()
    {
        var book = Of(new Limits(Daily: Usd(10)), zone: "Asia/Tokyo", at: "2026-03-03T15:00Z");
        book.Charge(10);

        for (var at = book.Clock; at < Utc("2026-03-04T15:00Z"); at = at.AddMinutes(1))
        {
            book.At(at)[LimitType.Daily].Spent.Should().Be(10);
        }

        book.At("2026-03-04T15:00Z")[LimitType.Daily].Spent.Should().Be(0);
    }

    /// <summary>A change of zone or week start never brings a reset nearer, never by more than one window farther, and time stays tiled.</summary>
    [Fact]
    public void A_change_of_zone_only_lengthens_the_current_windows_and_time_stays_tiled()
    {
        Gen.Select(Gen.Int[0, 11 * 60], Gen.Int[0, WildZones.Length - 1].Select(i => WildZones[i]), Gen.Int[1, 7], Gen.Bool).Array[1, 80].Sample(steps =>
        {
            var book = Of(at: "2026-03-25T10:00Z");
            foreach (var (minutes, zone, weekStart, changes) in steps)
            {
                var before = book.State;
                book.Later(minutes * 60).Charge(1);
                foreach (var (old, now) in before.Windows.Zip(book.State.Windows).Where(p => p.First.Number != p.Second.Number && p.First.Type != LimitType.PerMinute))
                {
                    if (now.Span.From != old.Span.Until || now.Number != old.Number + 1)
                    {
                        return false;
                    }
                }

                if (changes)
                {
                    before = book.State;
                    book.Configure(c => c with { TimeZone = zone, WeekStart = (IsoDayOfWeek)weekStart });
                    foreach (var (old, now) in before.Windows.Zip(book.State.Windows))
                    {
                        var longest = TimeSpan.FromDays(now.Type switch { LimitType.Daily => 1, LimitType.Weekly => 7, _ => 31 }) + TimeSpan.FromHours(2);
                        if (now.Span.Until < old.Span.Until || now.Span.From != old.Span.From || now.Span.Until - old.Span.Until > longest || now.Spent != old.Spent)
                        {
                            return false;
                        }
                    }
                }
            }

            return book[LimitType.Total].Spent == steps.Length && Same(book.ReadAgain(), book.State);
        });
    }

    /// <summary>Otherwise an agent could have a fresh limit for every change of its zone.</summary>
    [Fact]
    public void No_sequence_of_zones_gives_more_resets_than_staying_put()
    {
        Resets(FixedZones, more: 0);

        // A change of clocks may make one day an hour or two shorter, so the last reset may come that much earlier.
        Resets(WildZones, more: 1);

        static void Resets(string[] zones, int more) => Gen.Select(Gen.Int[0, 40], Gen.Int[0, zones.Length - 1].Select(i => zones[i])).Array[1, 120].Sample(steps =>
        {
            var book = Of(at: "2026-03-01T00:00Z");
            book.Charge(1);
            var start = book.Clock;
            foreach (var (hours, zone) in steps)
            {
                book.Later(hours * 3600).Configure(c => c with { TimeZone = zone });
                if (book.State.Current(LimitType.Daily).Number > (book.Clock - start).Days + more)
                {
                    return false;
                }
            }

            return true;
        });
    }

    /// <summary>The commonest change of all: the zone is set right after the agent is made. It must not merge two months into one.</summary>
    [Fact]
    public void Before_the_first_spend_a_new_zone_cuts_all_windows_anew()
    {
        var book = Of(at: "2026-03-04T10:00Z");

        book.Configure(c => c with { TimeZone = "Europe/Berlin" });

        book.State.Current(LimitType.Daily).Span.Should().Be(new PeriodWindow(Utc("2026-03-03T23:00Z"), Utc("2026-03-04T23:00Z")));
        book.State.Current(LimitType.Monthly).Span.Should().Be(new PeriodWindow(Utc("2026-02-28T23:00Z"), Utc("2026-03-31T22:00Z")));
    }

    /// <summary>A hold that has expired can still be committed: its day must keep the date that it was admitted on, or usage and windows part ways (seed 7JnvVdrZR20b).</summary>
    [Fact]
    public void After_a_hold_that_expired_a_new_zone_keeps_the_windows()
    {
        var book = Of(zone: "America/New_York", weekStart: IsoDayOfWeek.Tuesday, at: "2026-03-09T06:00Z");
        book.Hold(25, ttl: 60);
        var hold = book.State.Holds[new HoldId("h")].Ended();
        var (day, week) = (book.State.Current(LimitType.Daily).Span, book.State.Current(LimitType.Weekly).Span);

        book.At("2026-03-10T03:59:59Z").Configure(c => c with { TimeZone = "UTC" });

        (book.State.Current(LimitType.Daily).Span.From, book.State.Current(LimitType.Weekly).Span.From).Should().Be((day.From, week.From));
        book.At("2026-03-16T12:00Z").Settle(25, recalled: new Recalled(Hold: hold));
        book.Entries.OfType<DayClosed>().Where(d => d.Usage.Total.Calls > 0).Should().ContainSingle().Which.Date.Should().Be(hold.Date);
    }

    /// <summary>From Samoa to American Samoa the same date comes twice; each day's usage must survive the other's closing.</summary>
    [Theory]
    [InlineData("Pacific/Apia", "Pacific/Pago_Pago")]
    [InlineData("Pacific/Kiritimati", "Pacific/Honolulu")]
    public void A_date_that_comes_twice_loses_no_usage(string west, string east)
    {
        var book = Of(zone: west);
        book.Charge(1);
        book.Hold(2, ttl: 86_400);
        book.Configure(c => c with { TimeZone = east });
        var end = book.State.Current(LimitType.Daily).Span.Until!.Value;
        book.At(end.AddMinutes(-30)).Extend(86_400);
        book.At(end.AddMinutes(30)).Extend(86_400);
        book.Charge(10);
        book.At(book.State.Current(LimitType.Daily).Span.Until!.Value).Charge(100);

        book.Settle(2);
        book.Later(1).Charge(1000);

        (SpentOnClosedDays(book) + book.State.Days.Sum(d => d.Usage.Total.Cost.InDollars)).Should().Be(1113);
    }

    /// <summary>
    /// Zones change their rules at short notice (Egypt 2023, Lebanon 2023), and NodaTime's database with them. Athens stands for Cairo
    /// under other rules: on 10 April it has summer time already.
    /// </summary>
    [Fact]
    public void A_book_written_under_other_rules_of_its_zone_can_still_be_read()
    {
        var book = Of(zone: "Africa/Cairo", at: "2026-04-10T10:00Z");
        book.Charge(1);
        book.At("2026-04-10T21:30Z").Charge(2);
        var underNewRules = book.Entries.Select(e => e switch
        {
            Opened o => o with { TimeZone = "Europe/Athens" },
            Configured c => c with { TimeZone = "Europe/Athens" },
            _ => e,
        });

        var read = underNewRules.Aggregate(new BudgetState(Agent), Fold.Apply);

        read.Current(LimitType.Total).Spent.Should().Be(Usd(3));
    }

    private static decimal SpentOnClosedDays(Passbook book) => book.Entries.OfType<DayClosed>().Sum(d => d.Usage.Total.Cost.InDollars);

    private static bool Same(BudgetState a, BudgetState b) =>
        a.Seq == b.Seq && a.Now == b.Now && a.Windows.SequenceEqual(b.Windows) && a.Draining.SequenceEqual(b.Draining) && a.Days.Length == b.Days.Length;
}
