using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"A human says yes, once, for this."</summary>
public sealed class ApprovingTests
{
    private const string Video = "generate_100_videos";

    [Fact]
    public void What_is_above_the_threshold_needs_an_approval_and_what_is_at_it_does_not()
    {
        var book = Thresholded(10);

        book.Charge(10).Outcome.Should().Be(Outcome.Accepted);
        var refused = book.Charge(10.01m, purpose: For(Video));

        refused.Outcome.Should().Be(Outcome.ApprovalRequired);
        refused.Refusal!.Approval.Should().Be(new ApprovalNeed(Video, Usd(10)));
        refused.Events.Should().BeEmpty();
        book.Foresee(10.01m).Outcome.Should().Be(Outcome.ApprovalRequired);
        book.Foresee(1).LargestThatFits.Should().Be(Usd(10));
    }

    [Fact]
    public void Without_a_threshold_no_spend_needs_one() => Of().Charge(500).Outcome.Should().Be(Outcome.Accepted);

    [Fact]
    public void The_strictest_of_both_layers_counts()
    {
        var book = Of(own: new Limits(ApprovalThreshold: Usd(5)), above: new Limits(ApprovalThreshold: Usd(10)));

        book.Charge(6).Outcome.Should().Be(Outcome.ApprovalRequired);
    }

    [Fact]
    public void A_permission_is_used_by_one_hold_and_never_again()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);

        book.Spend(id, Video, 45).Outcome.Should().Be(Outcome.Accepted);
        book.Spend(id, Video, 1).Outcome.Should().Be(Outcome.ApprovalUsed);

        book[LimitType.Daily].Held.Should().Be(45);
        book.ReadAgain().Approvals.Should().BeEmpty();
    }

    [Fact]
    public void Only_one_of_a_batch_of_charges_uses_it()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);

        var outcomes = Enumerable.Range(0, 1_000).Select(_ => book.Spend(id, Video, 50, charge: true).Outcome).ToList();

        outcomes.Count(o => o == Outcome.Accepted).Should().Be(1);
        outcomes.Where(o => o != Outcome.Accepted).Should().OnlyContain(o => o == Outcome.ApprovalUsed);
    }

    [Fact]
    public void The_same_key_again_is_the_same_use()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);
        book.Spend(id, Video, 45, key: "job").Outcome.Should().Be(Outcome.Accepted);

        book.Spend(id, Video, 45, key: "job").ReplayOf.Should().BePositive();
        book.Spend(null, Video, 45, key: "job").Outcome.Should().Be(Outcome.IdempotencyKeyReused);
    }

    [Theory]
    [InlineData("another_operation", 50, Outcome.ApprovalMismatch)]
    [InlineData(Video, 50.01, Outcome.ApprovalTooSmall)]
    [InlineData(Video, 0.01, Outcome.Accepted)]
    public void It_is_for_that_operation_and_at_most_that_amount(string operation, double amount, Outcome outcome)
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);

        book.Spend(id, operation, (decimal)amount).Outcome.Should().Be(outcome);
    }

    [Fact]
    public void Nothing_that_was_not_approved_can_be_used()
    {
        var book = Thresholded(10);
        var pending = book.Asked(Video, 50).Approval.Id;
        var denied = book.Asked("b", 50).Approval.Id;
        var cancelled = book.Approved("c", 50);
        book.Rule(denied, Ruling.Deny);
        book.Rule(cancelled, Ruling.Cancel);
        var raise = book.Asked("d", 50, ApprovalKind.LimitIncrease, LimitType.Daily).Approval.Id;
        book.Rule(raise, Ruling.Approve);

        book.Spend(pending, Video, 20).Outcome.Should().Be(Outcome.ApprovalPending);
        book.Spend(denied, "b", 20).Outcome.Should().Be(Outcome.ApprovalDenied);
        book.Spend(cancelled, "c", 20).Outcome.Should().Be(Outcome.ApprovalCancelled);
        book.Spend(raise, "d", 20).Outcome.Should().Be(Outcome.ApprovalMismatch);
        book.Spend(ApprovalId.Of(Agent, 99), Video, 20).Outcome.Should().Be(Outcome.ApprovalUnknown);
        book.Spend(ApprovalId.Of(new AgentId("agent_another89abcdefghij"), 1), Video, 20).Outcome.Should().Be(Outcome.ApprovalUnknown);
        book[LimitType.Daily].Should().Be((0, 0));
    }

    [Fact]
    public void A_permission_ends_in_its_time_and_a_request_too()
    {
        var book = Thresholded(10);
        var permitted = book.Approved(Video, 50, r => r with { ValidForSeconds = 60 });
        var asked = book.Asked("b", 50).Approval.Id;

        book.Later(60).Spend(permitted, Video, 20).Outcome.Should().Be(Outcome.ApprovalExpired);
        book.Later(Approval.DefaultExpiresInSeconds).Rule(asked, Ruling.Approve).Result.Should().Be(ApprovalResult.ApprovalUnknown, "the journal has to be asked");
        book.State.At(book.Clock).Events.OfType<ApprovalEnded>().Should().OnlyContain(e => e.Status == ApprovalStatus.Expired);
    }

    [Fact]
    public void The_first_decision_counts_and_the_second_learns_it()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);

        var late = book.Rule(id, Ruling.Deny, r => r with { By = "parent:manage" });
        var again = book.Rule(id, Ruling.Approve);

        (late.Result, late.View!.Status, late.View.Verdict!.By).Should().Be((ApprovalResult.AlreadyDecided, ApprovalStatus.Approved, "operator"));
        again.Result.Should().Be(ApprovalResult.Done, "an answer may have been lost");
        book.Entries.OfType<Permitted>().Should().ContainSingle();
    }

    [Fact]
    public void An_approver_gives_less_but_never_more()
    {
        var book = Thresholded(10);
        var id = book.Asked(Video, 50).Approval.Id;

        book.Rule(id, Ruling.Approve, r => r with { Amount = Usd(51) }).Result.Should().Be(ApprovalResult.MoreThanAsked);
        book.Rule(id, Ruling.Approve, r => r with { Amount = Usd(30) }).Result.Should().Be(ApprovalResult.Done);

        book.Spend(id, Video, 30.01m).Outcome.Should().Be(Outcome.ApprovalTooSmall);
        book.Spend(id, Video, 30).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void It_passes_the_agents_own_limit_only_if_the_approver_said_so()
    {
        var book = Of(own: new Limits(Daily: Usd(25), PerCall: Usd(20)), above: new Limits(ApprovalThreshold: Usd(10)));
        var (plain, wide) = (book.Approved("a", 40), book.Approved("b", 40, r => r with { MayPassLimit = true }));

        book.Spend(plain, "a", 40).Outcome.Should().Be(Outcome.BudgetExceeded);
        book.Spend(wide, "b", 40).Outcome.Should().Be(Outcome.Accepted);

        book.Spend(plain, "a", 1).Outcome.Should().Be(Outcome.BudgetExceeded, "the window is more than full now");
        book.State.Approvals.Should().ContainSingle(a => a.Id == plain, "a refusal uses nothing up");
    }

    [Fact]
    public void The_breaker_and_a_freeze_are_not_passed()
    {
        var book = Of(above: new Limits(PerMinute: Usd(20), ApprovalThreshold: Usd(10)));
        var id = book.Approved("a", 40, r => r with { MayPassLimit = true });

        book.Charge(15, purpose: For("a")).Outcome.Should().Be(Outcome.ApprovalRequired, "what waits for a person is no runaway");
        book.State.Freeze.Should().BeNull();
        book.Spend(id, "a", 40).Outcome.Should().Be(Outcome.RateExceeded);
        book.Spend(id, "a", 1).Outcome.Should().Be(Outcome.Frozen);
    }

    [Fact]
    public void More_than_was_permitted_is_booked_all_the_same_and_flagged()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50);
        book.Spend(id, Video, 50);

        book.Settle(60);

        (book.Receipt.Overage, book[LimitType.Daily].Spent).Should().Be((true, 60m));
    }

    [Fact]
    public void At_or_under_the_threshold_it_is_approved_at_once_and_permits_the_same()
    {
        var book = Of();

        var view = book.Asked(Video, 10);

        (view.Status, view.Verdict!.Through).Should().Be((ApprovalStatus.Approved, "threshold"));
        book.Asked(Video, 10.01m).Status.Should().Be(ApprovalStatus.Pending);
        book.Spend(view.Approval.Id, Video, 10).Outcome.Should().Be(Outcome.Accepted);
        book.Spend(view.Approval.Id, Video, 1).Outcome.Should().Be(Outcome.ApprovalUsed);
    }

    [Fact]
    public void Automatic_approvals_that_nobody_uses_do_not_pile_up_and_keep_no_request_out()
    {
        var book = Of();

        for (var i = 0; i < 100; i++)
        {
            book.Asked(Video, 5).Status.Should().Be(ApprovalStatus.Approved);
        }

        book.State.Approvals.Should().HaveCount(Approval.MostAutomatic);
        book.Asked("other", 50).Status.Should().Be(ApprovalStatus.Pending);
    }

    [Fact]
    public void A_loop_that_asks_the_same_again_is_one_request_with_a_count()
    {
        var book = Of();
        var first = book.Asked(Video, 50);

        var asked = Enumerable.Range(0, 500).Select(i => book.Asked(Video, 50 + i)).ToList();

        asked.Should().OnlyContain(v => v.Approval.Id == first.Approval.Id && v.Approval.Cost == Usd(50));
        asked[^1].Approval.Times.Should().Be(Approval.MostTimes);
        book.Entries.Count(e => e is Alerted { Alert.Kind: AlertKinds.ApprovalRequested }).Should().Be(1);
        book.Entries.Should().HaveCountLessThan(110);
    }

    [Fact]
    public void Ten_new_requests_an_hour_are_enough_for_a_person()
    {
        var book = Of();
        for (var i = 0; i < Approval.MostInAnHour; i++)
        {
            book.Later(60).Asked($"op {i}", 50);
        }

        var refused = book.Ask("one more", 50);

        (refused.Result, refused.RetryAt).Should().Be((ApprovalResult.AskedTooOften, Utc("2026-03-04T11:01Z")));
        book.At("2026-03-04T11:01Z").Ask("one more", 50).Result.Should().Be(ApprovalResult.Done);
    }

    [Fact]
    public void Not_more_than_twenty_wait_at_once()
    {
        var book = Of();
        for (var i = 0; i < Approval.MostPending; i++)
        {
            book.Later(600).Asked($"op {i}", 50);
        }

        book.Later(600).Ask("one more", 50).Result.Should().Be(ApprovalResult.TooManyOpen);
    }

    [Fact]
    public void A_raise_is_in_force_until_its_end_and_no_longer()
    {
        var book = Daily(25);
        var id = book.Asked("batch", 15, ApprovalKind.LimitIncrease, LimitType.Daily).Approval.Id;
        book.Rule(id, Ruling.Approve, r => r with { ValidForSeconds = 3_600 });

        book.Charge(40.01m).Outcome.Should().Be(Outcome.BudgetExceeded);
        book.Charge(30).Outcome.Should().Be(Outcome.Accepted);
        book.Configure(c => c with { HardStop = true });
        book.State.Terms.Own.Daily.Should().Be(Usd(25), "what was configured stays what it was");
        book.Later(3_600).Charge(1).Outcome.Should().Be(Outcome.BudgetExceeded);
        book.Now.Own.Daily.Should().Be(Usd(25));
    }

    [Fact]
    public void A_raise_lowers_itself_with_its_window_at_the_latest()
    {
        var book = Of(own: new Limits(Daily: Usd(25)), above: new Limits(Daily: Usd(25)));
        var id = book.Asked("batch", 15, ApprovalKind.LimitIncrease, LimitType.Daily).Approval.Id;

        book.Rule(id, Ruling.Approve, r => r with { ValidForSeconds = Approval.MaxSeconds }).View!.Approval.Permission!.ValidUntil.Should().Be(Utc("2026-03-05T00:00Z"));

        book.Charge(40).Outcome.Should().Be(Outcome.Accepted, "both layers are raised");
        book.At("2026-03-05T00:00Z").Charge(26).Outcome.Should().Be(Outcome.BudgetExceeded);
    }

    [Fact]
    public void There_is_nothing_to_raise_without_a_limit() =>
        Of().Ask("batch", 15, ApprovalKind.LimitIncrease, LimitType.Daily).Result.Should().Be(ApprovalResult.NothingToRaise);

    [Theory]
    [InlineData(Urgency.Critical, 15)]
    [InlineData(Urgency.High, 60)]
    [InlineData(Urgency.Medium, 360)]
    public void People_are_reminded_the_sooner_the_more_urgent_and_three_times_at_most(Urgency urgency, int minutes)
    {
        var book = Of();
        book.Ask(Video, 50, urgency: urgency, seconds: Approval.MaxSeconds);
        var reminders = new List<DateTimeOffset>();
        while (book.State.NextWake() is { } wake && wake < Utc("2026-03-20T00:00Z"))
        {
            book.Take(book.State.LastAlert);
            book.At(book.State.NextWake() ?? wake);
            book.Wake();
            reminders.AddRange(book.Entries.OfType<ApprovalReminded>().Select(r => r.At).Except(reminders));
            if (reminders.Count == 3)
            {
                break;
            }
        }

        reminders.Should().Equal([.. Enumerable.Range(1, 3).Select(n => Utc("2026-03-04T10:00Z").AddMinutes(n * minutes))]);
        book.Entries.Count(e => e is Alerted { Alert.Kind: AlertKinds.ApprovalRequested }).Should().Be(4);
    }

    [Fact]
    public void An_unanswered_request_is_told_to_have_expired_though_nobody_asks()
    {
        var book = Of();
        book.Ask(Video, 50, urgency: Urgency.Low, seconds: 600);
        book.Take(book.State.LastAlert);
        book.State.NextWake().Should().Be(Utc("2026-03-04T10:10Z"));

        book.At("2026-03-04T10:10Z").Wake();

        book.State.Outbox.Should().ContainSingle(a => a.Kind == AlertKinds.ApprovalExpired);
    }

    [Fact]
    public void Money_already_spent_is_booked_without_an_approval_and_flagged()
    {
        var book = Thresholded(10);

        book.Charge(50, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Overage.Should().BeTrue();
    }

    [Fact]
    public void A_spend_key_lowers_the_threshold_and_does_not_raise_it()
    {
        var book = Of(own: new Limits(ApprovalThreshold: Usd(10)), above: new Limits(ApprovalThreshold: Usd(20)));
        ConfigureResult Set(decimal? threshold, bool onlyTighten) =>
            book.Configure(c => c with { OnlyTighten = onlyTighten, ApprovalThreshold = Change.To<Money?>(threshold is { } t ? Usd(t) : null) }).Result;

        Set(15, true).Should().Be(ConfigureResult.WouldWiden);
        Set(null, true).Should().Be(ConfigureResult.WouldWiden);
        Set(5, true).Should().Be(ConfigureResult.Done);
        Set(21, false).Should().Be(ConfigureResult.AboveCeiling);
        Set(20, false).Should().Be(ConfigureResult.Done);
        Set(null, false).Should().Be(ConfigureResult.Done);
        book.Charge(20.01m).Outcome.Should().Be(Outcome.ApprovalRequired, "what is set from above stays");
    }

    [Fact]
    public void The_ledger_says_who_asked_and_who_decided_through_what_and_with_which_note()
    {
        var book = Thresholded(10);
        var id = book.Approved(Video, 50, r => r with { Note = "once" });
        book.Spend(id, Video, 45);

        var lines = book.Entries.Select((e, i) => Receipts.EntryOf(e, i + 1)).OfType<LedgerEntry>().Where(e => e.Approval == id.Value).ToList();

        lines.Select(l => l.Kind).Should().Equal(EntryKind.Approval, EntryKind.Approval, EntryKind.Hold);
        lines[0].Detail.Should().Contain("asked by agent:spend").And.Contain("why");
        lines[1].Detail.Should().Contain("approved by operator through rest: once");
    }

    private static Passbook Thresholded(decimal threshold) => Of(own: new Limits(Daily: Usd(1_000)), above: new Limits(ApprovalThreshold: Usd(threshold)));

    private static Purpose For(string operation) => Purpose.None with { Operation = operation };
}

internal static class Asking
{
    public static ApprovalOutcome Ask(
        this Passbook book, string operation, decimal cost, ApprovalKind kind = ApprovalKind.Operation, LimitType? limit = null, Urgency urgency = Urgency.Medium, int seconds = Approval.DefaultExpiresInSeconds) =>
        book.Approve(s => Approving.Ask(s, new ApprovalAsk("agent:spend", operation, Usd(cost), "why", urgency, seconds, kind, limit)));

    public static ApprovalView Asked(this Passbook book, string operation, decimal cost, ApprovalKind kind = ApprovalKind.Operation, LimitType? limit = null) =>
        book.Ask(operation, cost, kind, limit).View!;

    public static ApprovalOutcome Rule(this Passbook book, ApprovalId id, Ruling ruling, Func<RulingRequest, RulingRequest>? change = null) =>
        book.Approve(s => Approving.Rule(s, (change ?? (r => r))(new RulingRequest(id, ruling, "operator", "rest")), known: null));

    public static ApprovalId Approved(this Passbook book, string operation, decimal cost, Func<RulingRequest, RulingRequest>? change = null)
    {
        var id = book.Asked(operation, cost).Approval.Id;
        book.Rule(id, Ruling.Approve, change).Result.Should().Be(ApprovalResult.Done);
        return id;
    }
}
