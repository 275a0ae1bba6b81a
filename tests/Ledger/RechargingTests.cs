using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"Money is ordered before it is missed, once, and never more often than somebody has allowed."</summary>
public sealed class RechargingTests
{
    /// <summary>The seed's basic example: below $10, $100 each time, five a month.</summary>
    private static Passbook Seed(decimal credits = 100, Func<RechargeRequest, RechargeRequest>? more = null)
    {
        var book = Of();
        book.Credit(credits);
        book.Recharge(r => (more ?? (m => m))(r with { Amount = Usd(100), TriggerThreshold = Change.To<Money?>(Usd(10)), MaxPerMonth = 5 })).Result.Should().Be(ConfigureResult.Done);
        return book;
    }

    [Fact]
    public void A_balance_below_the_trigger_orders_one_recharge_with_the_spend_that_led_to_it()
    {
        var book = Seed();
        book.Charge(90).Outcome.Should().Be(Outcome.Accepted);
        Started(book).Should().BeEmpty("$10.00 is not below $10.00");

        book.Charge(0.5m).Outcome.Should().Be(Outcome.Accepted);
        book.Charge(1);
        book.Charge(1);

        Started(book).Should().ContainSingle("one is under way").Which.Should().BeEquivalentTo(new { Amount = Usd(100), Reason = RechargeReason.Threshold, Available = Usd(9.5m) });
        book.End(1);
        book.Now.WalletView()!.Balance.Should().Be(Usd(107.5m));
    }

    [Fact]
    public void A_hold_counts_as_if_it_were_spent()
    {
        var book = Seed();
        book.Hold(95);
        Started(book).Should().ContainSingle();
    }

    [Fact]
    public void One_recharge_closes_the_gap_as_far_as_it_may()
    {
        var book = Seed(100, r => r with { MaxAmount = Change.To<Money?>(Usd(150)) });
        book.Charge(220.005m, mode: ChargeMode.Record);
        Started(book).Single().Amount.Should().Be(Usd(130.01m), "-120.005 to 10, in whole cents");

        var capped = Seed();
        capped.Charge(220, mode: ChargeMode.Record);
        Started(capped).Single().Amount.Should().Be(Usd(100));
    }

    [Fact]
    public void The_next_one_waits_for_the_cool_down_and_nobody_has_to_ask_for_it()
    {
        var book = Seed();
        book.Charge(220, mode: ChargeMode.Record);
        book.Later(5).End(1);
        book.Later(59).Charge(0, mode: ChargeMode.Record);
        Started(book).Should().HaveCount(1);
        book.State.NextWake().Should().Be(book.Clock.AddSeconds(1));

        book.Later(1).Wake();

        Started(book).Should().HaveCount(2);
    }

    [Fact]
    public void While_one_is_under_way_who_is_refused_is_told_to_come_back_soon()
    {
        var book = Seed();
        book.Charge(95);
        var no = book.Charge(50);
        (no.Outcome, no.Refusal!.RetryAt).Should().Be((Outcome.InsufficientBalance, book.Clock.AddSeconds(5)));
    }

    [Fact]
    public void The_sixth_of_a_month_does_not_happen_and_a_person_is_told()
    {
        var book = Seed(0, r => r with { CooldownSeconds = 0 });
        book.Configure(c => c with { EscalationEmail = Change.To<string?>("boss@example.com") });
        for (var i = 1; i <= 5; i++)
        {
            book.End(i);
            book.Later(1).Charge(100);
        }

        Started(book).Should().HaveCount(5);
        var alert = book.State.Outbox.Should().ContainSingle(a => a.Kind == AlertKinds.RechargeLimitExceeded).Subject;
        alert.Escalations.Should().Equal("boss@example.com");
        alert.Detail.Should().Contain("5 recharges");
        book.State.Recharges!.Pause.Should().Be(new RechargePause(RechargePauseReason.Limit, book.Clock));
        book.At("2026-04-02T00:00Z").Wake();
        book.Charge(0, mode: ChargeMode.Record);
        Started(book).Should().HaveCount(5, "a new month does not end a pause: a person does");
    }

    [Fact]
    public void Resumed_at_the_cap_as_many_again_are_allowed_once()
    {
        var book = Seed(0, r => r with { CooldownSeconds = 0, MaxPerMonth = 2 });
        void Use(int from, int to)
        {
            for (var i = from; i <= to; i++)
            {
                book.End(i);
                book.Later(1).Charge(100);
            }
        }

        Use(1, 2);
        book.State.Recharges!.Pause.Should().NotBeNull();
        book.Resume();
        Use(3, 4);
        book.State.Recharges.Pause.Should().NotBeNull();
        Started(book).Should().HaveCount(4);
        book.Resume(additional: 1);
        Use(5, 5);
        book.State.Recharges.Pause.Should().NotBeNull();
        Started(book).Should().HaveCount(5);
    }

    [Fact]
    public void A_new_month_begins_to_count_anew_also_in_the_budgets_own_zone()
    {
        var book = Seed(0, r => r with { CooldownSeconds = 0, MaxPerMonth = 1 });
        book.At("2026-03-31T23:00Z").End(1);
        book.At("2026-04-01T00:00Z").Charge(100);
        Started(book).Should().HaveCount(2);
        book.Now.RechargeView().ThisMonth.Should().Be(1);
    }

    [Theory]
    [InlineData(PaymentStatus.Declined)]
    [InlineData(PaymentStatus.ActionRequired)]
    [InlineData(PaymentStatus.Failed)]
    public void One_that_brings_nothing_pauses_until_a_person_resumes(PaymentStatus status)
    {
        var book = Seed();
        book.Configure(c => c with { EscalationEmail = Change.To<string?>("boss@example.com") });
        book.Charge(95);
        book.End(1, status, 0, "card_declined");

        book.State.Recharges!.Pause!.Reason.Should().Be(RechargePauseReason.Failed);
        book.State.Outbox.Should().ContainSingle(a => a.Kind == AlertKinds.RechargeFailed).Which.Detail.Should().Contain("card_declined");
        book.Later(3_600).Charge(1);
        Started(book).Should().HaveCount(1);
        book.Resume();
        Started(book).Should().HaveCount(2);
        book.Now.RechargeView().ThisMonth.Should().Be(2, "resuming below the cap grants nothing on top");
        book.Now.RechargeView().AllowedThisMonth.Should().Be(5);
    }

    /// <summary>Reports come late, twice, and the wrong way round.</summary>
    [Fact]
    public void A_success_is_credited_once_whatever_was_told_before_and_after()
    {
        var book = Seed();
        book.Charge(95);
        book.End(1, PaymentStatus.Failed, 0);
        book.End(1, PaymentStatus.Declined, 0);
        var before = book.Entries.Count;
        book.End(1);
        book.End(1);
        book.End(1, PaymentStatus.Declined, 0);

        book.Now.WalletView()!.Balance.Should().Be(Usd(105));
        book.Entries.Should().HaveCount(before + 1);
        book.State.Recharges!.Pause.Should().NotBeNull("only a person ends it");
        book.Invoking(b => b.End(2)).Should().Throw<ArgumentException>("that was never ordered");
    }

    [Fact]
    public void An_order_stands_as_it_was_decided_whatever_is_set_meanwhile()
    {
        var book = Seed(100, r => r with { PaymentMethod = Change.To<string?>("pm_1") });
        book.Charge(95);
        book.Recharge(r => r with { Enabled = false, Amount = Usd(7), PaymentMethod = Change.To<string?>("pm_2") });

        book.State.Recharges!.Open.Should().BeEquivalentTo(new { Amount = Usd(100), PaymentMethod = "pm_1" });
        book.End(1);
        book.Now.WalletView()!.Balance.Should().Be(Usd(105));
        book.Later(60).Charge(100);
        Started(book).Should().HaveCount(1, "they are off");
    }

    [Fact]
    public void Whose_card_it_is_is_the_operators_to_say_and_what_the_operator_set_can_only_be_lowered()
    {
        var book = Seed();
        RechargeRequest None(RechargeRequest r) => r;
        book.Recharge(r => None(r) with { PaymentMethod = Change.To<string?>("pm_other") }, "agent:manage").Should().BeEquivalentTo(new { Result = ConfigureResult.WouldWiden, Field = "payment_method" });
        book.Recharge(r => r with { MaxPerMonth = 6 }, "agent:manage").Field.Should().Be("max_recharges_per_month");
        book.Recharge(r => r with { Amount = Usd(101) }, "agent:manage").Field.Should().Be("recharge_amount");
        book.Recharge(r => r with { MaxAmount = Change.To<Money?>(Usd(101)) }, "agent:manage").Field.Should().Be("max_recharge_amount");
        book.Recharge(r => r with { MaxPerMonth = 2, Amount = Usd(50) }, "agent:manage").Result.Should().Be(ConfigureResult.Done);
        book.Recharge(r => r with { MaxPerMonth = 5, Amount = Usd(100) }, "agent:manage").Result.Should().Be(ConfigureResult.Done, "up to what the operator set");
        book.Recharge(r => r with { Enabled = false });
        book.Recharge(r => r, "agent:manage").Field.Should().Be("enabled");
    }

    [Fact]
    public void A_frozen_agent_orders_nothing_until_it_goes_on()
    {
        var book = Seed();
        book.Freeze();
        book.Charge(95, mode: ChargeMode.Record);
        Started(book).Should().BeEmpty();
        book.Unfreeze();
        Started(book).Should().ContainSingle();
    }

    [Fact]
    public void Switched_on_without_credits_an_agent_is_prepaid_from_zero_and_recharged_at_once()
    {
        var book = Of();
        book.Charge(50);
        book.Recharge(r => r with { Amount = Usd(100), TriggerThreshold = Change.To<Money?>(Usd(10)) });

        Started(book).Single().Available.Should().Be(Usd(0));
        book.Charge(1).Outcome.Should().Be(Outcome.InsufficientBalance);
        book.End(1);
        book.Charge(1).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void A_state_remembers_its_newest_orders_and_a_forgotten_one_is_credited_once_too()
    {
        var book = Seed(0, r => r with { CooldownSeconds = 0, MaxPerMonth = 100 });
        book.End(1, PaymentStatus.Failed, 0);
        book.Resume();
        var failed = book.Entries.OfType<RechargeEnded>().First();
        for (var i = 2; i <= RechargeView.MostKept + 3; i++)
        {
            book.End(i);
            book.Later(1).Charge(100);
        }

        book.State.Recharges!.Orders.Should().HaveCount(RechargeView.MostKept);
        book.State.Recharges.Find(1).Should().BeNull();
        var balance = book.Now.WalletView()!.Balance;
        var late = Recharging.End(book.State, book.Report(1), book.Clock, failed);
        var after = late.Aggregate(book.State, Fold.Apply);

        after.WalletView()!.Balance.Should().Be(balance + Usd(100));
        Recharging.End(after, book.Report(1), book.Clock, failed).Should().BeEmpty("whoever asked the index at the same time is told by the state");
        Recharging.End(after, book.Report(1), book.Clock, late.OfType<RechargeEnded>().Single()).Should().BeEmpty();
        after.Recharges!.Open.Should().Be(book.State.Recharges.Open);
    }

    /// <summary>$15 a day with ordinary variation, $20 left, 24 hours ahead: the seed's own numbers, through the whole ledger.</summary>
    [Fact]
    public void The_seeds_example_is_recharged_now()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var dice = new Random(seed);
            var book = Of();
            for (var day = 0; day < 21; day++)
            {
                var shares = Enumerable.Range(0, 24).Select(_ => dice.NextDouble()).ToArray();
                for (var hour = 0; hour < 24; hour++)
                {
                    book.Charge(Math.Round((decimal)(15 * shares[hour] / shares.Sum()), 6));
                    book.Later(3_600);
                }
            }

            book.Credit(30);
            book.Recharge(r => r with { Mode = RechargeMode.Predictive, Amount = Usd(100), PredictHoursAhead = 24 }).Result.Should().Be(ConfigureResult.Done);
            Started(book).Should().BeEmpty($"$30 lasts (seed {seed})");
            book.State.NextWake().Should().Be(book.Clock + Recharging.CheckInterval, "it looks again by itself");

            book.Credit(-10, source: CreditSource.Correction);

            Started(book).Should().ContainSingle($"$20 may not last (seed {seed})").Which.Reason.Should().Be(RechargeReason.Predictive);
        }
    }

    /// <summary>A look that finds enough is written with the next entry, and woken for it alone nothing is.</summary>
    [Fact]
    public void A_look_at_the_forecast_costs_an_entry_an_hour_at_most()
    {
        var book = Of();
        book.Charge(1);
        book.Credit(500);
        book.Recharge(r => r with { Mode = RechargeMode.Predictive, Amount = Usd(100) });
        var looks = book.Entries.OfType<RechargeChecked>().Count();
        for (var minute = 0; minute < 180; minute++)
        {
            book.Later(60).Charge(0.01m);
        }

        book.Entries.OfType<RechargeChecked>().Should().HaveCount(looks + 3);
        var before = book.Entries.Count;
        book.Later(3_600).Wake();
        book.Entries.Should().HaveCount(before);
        book.State.Unasked(book.Clock).Next.Should().BeAfter(book.Clock).And.BeOnOrBefore(book.Clock.AddHours(1));
    }

    [Fact]
    public void An_order_is_handed_over_at_once_and_again_while_it_is_open()
    {
        var book = Seed();
        book.Charge(95);
        book.State.NextWake().Should().Be(book.Clock, "nobody has it yet");
        var id = RechargeId.Of(Agent, 1);
        var taken = Fold.Apply(book.State, new RechargeTaken(book.Clock, id));
        taken.NextWake().Should().Be(book.Clock + Recharging.AskAgain);
        taken.At(book.Clock.AddMinutes(15)).State.NextWake().Should().Be(book.Clock.AddMinutes(20));
    }

    private static IEnumerable<RechargeStarted> Started(Passbook book) => book.Entries.OfType<RechargeStarted>();
}
