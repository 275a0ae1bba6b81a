using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>What is told, when, and that it is told once.</summary>
public sealed class AlertingTests
{
    /// <summary>litellm #3738: an alert on every request.</summary>
    [Fact]
    public void A_thousand_charges_tell_each_threshold_once_litellm_3738()
    {
        var book = Told(new Limits(Daily: Usd(10)), 50, 80, 95);

        for (var i = 0; i < 1000; i++)
        {
            book.Charge(0.01m);
        }

        for (var i = 0; i < 100; i++)
        {
            book.Charge(0.01m).Outcome.Should().Be(Outcome.BudgetExceeded);
        }

        Alerts(book).Should().Equal((1, AlertKinds.BudgetWarning, 50), (2, AlertKinds.BudgetWarning, 80), (3, AlertKinds.BudgetWarning, 95), (4, AlertKinds.BudgetExceeded, 100));
    }

    [Fact]
    public void A_jump_over_several_tells_the_highest_and_records_the_rest()
    {
        var book = Told(new Limits(Daily: Usd(10)), 50, 80, 95);

        book.Charge(8.5m);

        var alert = Newest(book);
        (alert.Kind, alert.Percent, alert.Standing!.PercentUsed).Should().Be((AlertKinds.BudgetWarning, 80, 85m));
        alert.Passed.Should().Equal(50);
    }

    [Fact]
    public void A_jump_to_the_limit_records_all_thresholds_and_they_are_not_told_later()
    {
        var book = Told(new Limits(Daily: Usd(10), HardStop: false), 50, 80);

        book.Charge(10);
        book.Charge(1);

        var alert = book.State.Outbox.Should().ContainSingle().Subject;
        (alert.Kind, alert.Percent).Should().Be((AlertKinds.BudgetExceeded, 100));
        alert.Passed.Should().Equal(50, 80);
    }

    [Fact]
    public void A_block_that_comes_first_is_told_once_a_window_and_the_hundredth_percent_not_again()
    {
        var book = Told(new Limits(Daily: Usd(10)), 80);
        book.Charge(6);

        for (var i = 0; i < 50; i++)
        {
            book.Charge(5).Outcome.Should().Be(Outcome.BudgetExceeded);
        }

        Alerts(book).Should().Equal((1, AlertKinds.BudgetExceeded, 100));
        Newest(book).Standing!.Spent.Should().Be(Usd(6));

        book.Charge(2);
        book.Charge(2);
        Alerts(book).Skip(1).Should().Equal((2, AlertKinds.BudgetWarning, 80));

        book.At("2026-03-05T10:00Z").Charge(11);
        Alerts(book).Skip(2).Should().Equal((3, AlertKinds.PeriodReset, 0), (4, AlertKinds.BudgetExceeded, 100));
    }

    [Fact]
    public void A_refusal_that_nobody_wants_to_hear_of_writes_nothing()
    {
        var book = Daily(10);

        book.Charge(11);
        book.Charge(10);

        book.Entries.OfType<Alerted>().Should().BeEmpty();
    }

    [Fact]
    public void A_call_above_the_limit_for_one_call_is_no_budget_used_up()
    {
        var book = Told(new Limits(PerCall: Usd(1)), 80);

        book.Charge(2);

        Alerts(book).Should().BeEmpty();
    }

    [Fact]
    public void An_escalation_address_alone_hears_of_the_limit_and_of_no_threshold()
    {
        var book = Of(new Limits(Daily: Usd(10)), alerts: [50]);
        book.Configure(c => c with { EscalationEmail = Change.To<string?>("human@example.com") });

        book.Charge(6);
        book.Charge(6);

        var alert = book.State.Outbox.Should().ContainSingle().Subject;
        alert.Kind.Should().Be(AlertKinds.BudgetExceeded);
        alert.Escalations.Should().Equal("human@example.com");
    }

    [Fact]
    public void A_raised_limit_arms_again_only_above_the_new_line()
    {
        var book = Told(new Limits(Daily: Usd(10)), 50, 80);
        book.Charge(10);
        Limit(book, 16); // 62.5 %: 50 stays told, 80 and the limit itself are ahead again

        book.Charge(1);
        Alerts(book).Should().Equal((1, AlertKinds.BudgetExceeded, 100));
        book.Charge(2);
        book.Charge(3);

        Alerts(book).Skip(1).Should().Equal((2, AlertKinds.BudgetWarning, 80), (3, AlertKinds.BudgetExceeded, 100));
    }

    [Fact]
    public void A_limit_lowered_below_what_is_spent_is_told_at_once()
    {
        var book = Told(new Limits(Daily: Usd(100)), 80);
        book.Charge(50);

        Limit(book, 60);
        Limit(book, 50);
        Limit(book, 55);

        Alerts(book).Should().Equal((1, AlertKinds.BudgetWarning, 80), (2, AlertKinds.BudgetExceeded, 100));
    }

    [Fact]
    public void A_new_window_tells_anew_and_those_who_were_blocked_that_it_has_begun()
    {
        var book = Told(new Limits(Daily: Usd(10)), 80);
        book.Charge(10);
        Alerting.NextReset(book.State).Should().Be(Utc("2026-03-05T00:00Z"));

        book.At("2026-03-05T00:00Z").Charge(9);

        Alerts(book).Skip(1).Should().Equal((2, AlertKinds.PeriodReset, 0), (3, AlertKinds.BudgetWarning, 80));
        Alerting.NextReset(book.State).Should().BeNull("nobody is blocked, and nobody asked");
    }

    [Fact]
    public void A_reset_is_told_every_day_to_those_who_asked()
    {
        var book = Told(new Limits(Daily: Usd(10), Monthly: Usd(100)), 80);
        book.Configure(c => c with { Wanted = Change.To<AlertKinds?>(AlertKinds.PeriodReset) });
        book.Charge(1);
        Alerting.NextReset(book.State).Should().Be(Utc("2026-03-05T00:00Z"));

        book.At("2026-03-05T00:00Z").Charge(1);
        book.At("2026-04-01T00:00Z").Charge(1);

        book.Entries.OfType<Alerted>().Select(a => (a.Alert.Kind, a.Alert.Standing!.Type)).Should().Equal(
            (AlertKinds.PeriodReset, LimitType.Daily), (AlertKinds.PeriodReset, LimitType.Daily), (AlertKinds.PeriodReset, LimitType.Monthly));
    }

    [Fact]
    public void The_same_limit_in_two_layers_is_told_once_and_different_ones_each()
    {
        var same = Told(new Limits(Daily: Usd(10)), [80], above: new Limits(Daily: Usd(10)));
        same.Charge(8);
        Alerts(same).Should().Equal((1, AlertKinds.BudgetWarning, 80));

        var different = Told(new Limits(Daily: Usd(10)), [80], above: new Limits(Daily: Usd(20)));
        different.Charge(8);
        different.Charge(2);
        Alerts(different).Should().Equal((1, AlertKinds.BudgetWarning, 80), (2, AlertKinds.BudgetExceeded, 100));
    }

    [Fact]
    public void What_was_set_from_above_cannot_be_silenced_by_the_agent()
    {
        var book = Of(new Limits(Daily: Usd(10)));
        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, AlertAt80: true, EscalationEmail: Change.To<string?>("boss@example.com"), Wanted: Change.To<AlertKinds?>(Alert.Usual)));

        book.Configure(c => c with { AlertAt80 = false, EscalationEmail = Change.To<string?>(null), Thresholds = [], Wanted = Change.To<AlertKinds?>(null) });
        book.Charge(8);
        book.Charge(2);

        Alerts(book).Should().Equal((1, AlertKinds.BudgetWarning, 80), (2, AlertKinds.BudgetExceeded, 100));
        Newest(book).Escalations.Should().Equal("boss@example.com");
    }

    [Fact]
    public void A_tripped_breaker_is_told_with_its_evidence()
    {
        var book = Told(new Limits(Daily: Usd(10), PerMinute: Usd(1)), 80);
        book.Charge(0.9m);

        book.Charge(0.2m).Outcome.Should().Be(Outcome.RateExceeded);
        book.Charge(0.2m).Outcome.Should().Be(Outcome.Frozen);

        var alert = book.State.Outbox.Should().ContainSingle().Subject;
        alert.Kind.Should().Be(AlertKinds.RunawayDetected);
        alert.Detail.Should().Contain("$0.90 spent").And.Contain("until somebody unfreezes it");
    }

    [Fact]
    public void A_childs_soft_budget_that_is_passed_is_told_to_its_parent_though_the_child_listens_to_nothing()
    {
        var book = Of(above: new Limits(Daily: Usd(10), HardStop: false));
        book.With(s => s with { Terms = s.Terms with { Parent = new AgentId("agent_parent789abcdefghij") }, Draws = [Plenty] });

        book.Charge(10);
        book.Charge(10);

        Alerts(book).Should().Equal((1, AlertKinds.ChildOverBudget, 100));
    }

    [Fact]
    public void The_alert_carries_the_pace_and_what_cost_most()
    {
        var book = Told(new Limits(Daily: Usd(25)), 80);
        book.Charge(5, purpose: Purpose.None with { Model = "dall-e-3" });
        book.Later(3600).Charge(10, purpose: Purpose.None with { Model = "claude-4-5-sonnet" });
        book.Later(1800).Charge(5, purpose: Purpose.None with { Model = "claude-4-5-sonnet" });

        var alert = Newest(book);

        alert.Drivers.Select(d => (d.Name, d.Sums.Cost, d.Sums.Calls)).Should().Equal(("claude-4-5-sonnet", Usd(15), 2), ("dall-e-3", Usd(5), 1));
        alert.SpentPerHour!.Value.InDollars.Should().BeApproximately(20m / 1.5m, 0.0001m);
    }

    [Fact]
    public void An_idle_budget_has_no_pace_and_one_charge_is_no_rate()
    {
        var start = Utc("2026-03-04T10:59Z");
        var pace = default(Pace).After(Usd(1), start);

        pace.PerHour(start).Should().Be(Usd(12), "what began this minute is taken as five minutes");
        pace.PerHour(start.AddMinutes(30)).Should().Be(Usd(2));
        pace.PerHour(start.AddHours(2)).Should().BeNull();
    }

    [Fact]
    public void What_has_no_room_in_the_outbox_is_counted_on_the_newest()
    {
        var book = Told(new Limits(Daily: Usd(10)), 50);
        for (var day = 0; day < BudgetState.MaxOutbox + 5; day++)
        {
            book.Later(86_400).Charge(5);
        }

        book.State.Outbox.Should().HaveCount(BudgetState.MaxOutbox);
        book.State.Outbox[^1].Coalesced.Should().Be(5);
        book.State.Outbox.Select(a => a.Number).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Taken_alerts_leave_the_outbox_and_are_remembered_as_told()
    {
        var book = Told(new Limits(Daily: Usd(10)), 50, 80);
        book.Charge(5);
        book.Charge(3);

        book.Take(1);
        book.Charge(0.5m);

        book.State.Outbox.Select(a => a.Number).Should().Equal(2);
    }

    private static readonly Draw Plenty = new(1, 1, 1, Usd(1_000), default, default, default, Utc("2027-01-01T00:00Z"), IsExact: false);

    private static Passbook Told(Limits own, params int[] thresholds) => Told(own, thresholds, null);

    private static Passbook Told(Limits own, int[] thresholds, Limits? above)
    {
        var book = Of(own, above, alerts: thresholds);
        book.Configure(c => c with { Wanted = Change.To<AlertKinds?>(Alert.Usual) });
        return book;
    }

    private static void Limit(Passbook book, decimal dollars) => book.Configure(c => c with { Daily = Change.To<Money?>(Usd(dollars)) });

    private static Alert Newest(Passbook book) => book.State.Outbox[^1];

    private static IEnumerable<(long Number, AlertKinds Kind, int Percent)> Alerts(Passbook book) =>
        book.Entries.OfType<Alerted>().Select(a => (a.Alert.Number, a.Alert.Kind, a.Alert.Percent ?? 0));
}
