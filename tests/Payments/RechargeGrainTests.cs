using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Budgets.Journal;
using Budgets.Recharge;
using Budgets.Tests.Grains;
using Stripe;

namespace Budgets.Tests.Payments;

/// <summary>Real grains, Stripe's real client, and a Stripe that does as it is told.</summary>
public sealed class RechargeGrainTests
{
    private static readonly TimeSpan s_day = TimeSpan.FromHours(24);

    [Fact]
    public async Task An_order_is_paid_once_off_session_and_told_with_what_was_really_taken()
    {
        await using var bank = await Bank.Start();
        var order = bank.Order(dollars: 12.34m);

        var told = await bank.Paid(order);

        told.Should().ContainSingle().Which.Should().BeEquivalentTo(new PaymentReport(
            order.Id, PaymentStatus.Succeeded, "stripe", bank.Stripe.Intents.Single().Id, Ask.Usd(12.34m), null, bank.Now));
        bank.Stripe.Charges.Should().Equal(new StripeCharge(told[0].Payment!, order.Agent.Value, order.Id.Value, Ask.Usd(12.34m), true));
        bank.Stripe.Calls.Select(c => c.What).Should().Equal("method", "create", "confirm");
    }

    [Fact]
    public async Task The_same_order_again_pays_nothing_and_is_told_again()
    {
        await using var bank = await Bank.Start();
        var order = bank.Order();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bank.Begin(order)));
        await bank.Ended(order);
        var before = bank.Fates.ToldOf(order.Id).Count;

        await bank.Deactivate(order.Agent);
        var told = await bank.Paid(order);

        told.Should().HaveCount(before + 1);
        told.Distinct().Should().ContainSingle();
        bank.Stripe.Charges.Should().ContainSingle();
    }

    [Fact]
    public async Task Whoever_owns_a_store_twice_pays_once()
    {
        var journals = new MemoryJournalStore();
        await using var one = await Bank.Start(journals);
        await using var other = await Bank.Start(journals, one.Stripe);
        one.Stripe.RemembersKeys = false;
        for (var i = 0; i < 20; i++)
        {
            // Two that take turns let hours pass for each other, and a day without an answer would be given up: this is not about that.
            var order = one.Order() with { At = one.Now.AddYears(1) };

            await Task.WhenAll(one.Paid(order), other.Paid(order));

            one.Stripe.Charges.Count(c => c.Agent == order.Agent.Value).Should().Be(1);
            one.Fates.ToldOf(order.Id).Concat(other.Fates.ToldOf(order.Id)).Select(t => (t.Status, t.Amount, t.Payment)).Distinct().Should().ContainSingle();
        }
    }

    [Theory]
    [InlineData(null, PaymentStatus.Declined, "payment_method_missing")]
    [InlineData("tok_visa", PaymentStatus.Declined, "payment_method_malformed")]
    [InlineData("pm_/../x", PaymentStatus.Declined, "payment_method_malformed")]
    [InlineData("pm_unknown", PaymentStatus.Declined, "resource_missing")]
    [InlineData(FakeStripe.Loose, PaymentStatus.Declined, "payment_method_without_customer")]
    [InlineData(FakeStripe.Poor, PaymentStatus.Declined, "customer_without_payment_method")]
    [InlineData(FakeStripe.Declined, PaymentStatus.Declined, "insufficient_funds")]
    [InlineData(FakeStripe.NeedsOwner, PaymentStatus.ActionRequired, "authentication_required")]
    public async Task What_can_not_be_charged_is_refused_for_good_and_says_why(string? method, PaymentStatus status, string reason)
    {
        await using var bank = await Bank.Start();

        var told = await bank.Paid(bank.Order(method));

        told.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Status = status, Reason = reason, Amount = Money.Zero });
        bank.Stripe.Charges.Should().NotContain(c => c.Succeeded);
        bank.Stripe.Intents.Should().NotContain(i => i.Status != "canceled", "nobody can confirm it afterwards");
    }

    [Theory]
    [InlineData(12.345, "amount_not_in_whole_cents")]
    [InlineData(0.10, "amount_too_small")]
    public async Task An_amount_that_Stripe_can_not_take_is_refused(decimal dollars, string reason)
    {
        await using var bank = await Bank.Start();

        (await bank.Paid(bank.Order(dollars: dollars))).Should().ContainSingle().Which.Reason.Should().Be(reason);
    }

    /// <summary>Stripe repeats a failure for as long as it remembers the key; another try has another.</summary>
    [Theory]
    [InlineData(Mishap.TooMany)]
    [InlineData(Mishap.Broken)]
    [InlineData(Mishap.BrokenAfter)]
    [InlineData(Mishap.Cut)]
    [InlineData(Mishap.CutAfter)]
    internal async Task A_call_without_an_answer_of_use_is_made_again_until_it_has_one(Mishap mishap)
    {
        await using var bank = await Bank.Start();
        var seen = new ConcurrentDictionary<string, int>();
        bank.Stripe.Mishaps = c => seen.AddOrUpdate(c.What, 1, (_, n) => n + 1) <= 3 ? mishap : Mishap.None;

        var told = await bank.Paid(bank.Order());

        told.Should().ContainSingle().Which.Status.Should().Be(PaymentStatus.Succeeded);
        bank.Stripe.Charges.Should().ContainSingle();
        bank.Stripe.Intents.Where(i => i.Id != told[0].Payment).Should().NotContain(i => i.Status != "requires_confirmation");
    }

    [Fact]
    public async Task Stripe_is_left_alone_for_as_long_as_it_asks()
    {
        await using var bank = await Bank.Start();
        bank.Stripe.Mishaps = c => Mishap.TooMany;
        var order = bank.Order();
        var began = bank.Now;
        await bank.Begin(order);

        (await bank.Settled(order.Agent)).NextTry().Should().Be(began + TimeSpan.FromSeconds(7), "it said 7 s, and the first wait is 5 s");
    }

    [Fact]
    public async Task After_a_day_of_silence_it_has_failed_and_nothing_was_or_will_be_charged()
    {
        await using var bank = await Bank.Start();
        bank.Stripe.Mishaps = _ => Mishap.Cut;
        var order = bank.Order();

        var told = await bank.Paid(order);

        told.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Status = PaymentStatus.Failed, Reason = "no_answer_in_24_hours", Payment = (string?)null });
        told[0].At.Should().BeOnOrAfter(order.At + s_day).And.BeBefore(order.At + s_day + TimeSpan.FromHours(2));
        bank.Stripe.Calls.Count.Should().BeLessThan(40, "it is asked more and more slowly");
        bank.Stripe.Mishaps = _ => Mishap.None;
        await bank.Pass(order.Agent, s_day);
        bank.Stripe.Charges.Should().BeEmpty();
        (await bank.Paid(bank.Order(agent: order.Agent, number: 2))).Should().ContainSingle().Which.Status.Should().Be(PaymentStatus.Succeeded);
    }

    /// <summary>The money is gone, and nobody says so for two days: that is no reason to say that it is not.</summary>
    [Fact]
    public async Task A_payment_that_succeeded_in_the_dark_is_told_when_there_is_light()
    {
        await using var bank = await Bank.Start();
        var isDark = false;
        bank.Stripe.Mishaps = c =>
        {
            (var mishap, isDark) = (isDark ? Mishap.Cut : c.What == "confirm" ? Mishap.CutAfter : Mishap.None, isDark || c.What == "confirm");
            return mishap;
        };
        var order = bank.Order();
        await bank.Begin(order);

        var state = await bank.Pass(order.Agent, 2 * s_day);

        bank.Fates.ToldOf(order.Id).Should().BeEmpty("it is not known how it ended");
        (state.NextTry() - bank.Now).Should().BeLessThanOrEqualTo(TimeSpan.FromHours(1));
        bank.Stripe.Mishaps = _ => Mishap.None;
        (await bank.Ended(order)).Should().ContainSingle().Which.Should().BeEquivalentTo(new { Status = PaymentStatus.Succeeded, order.Amount });
        bank.Stripe.Charges.Should().ContainSingle();
    }

    /// <summary>A confirmation that arrives long after we have stopped waiting for its answer.</summary>
    [Fact]
    public async Task A_confirmation_that_arrives_late_is_found()
    {
        await using var bank = await Bank.Start();
        var arrived = new TaskCompletionSource();
        bank.Stripe.Mishaps = c =>
        {
            if (c.What == "confirm" && arrived.TrySetResult())
            {
                return Mishap.LateAfter;
            }

            return Mishap.None;
        };
        var order = bank.Order();
        await bank.Begin(order);
        await arrived.Task;
        bank.Advance(Cashier.Patience);

        var told = await bank.Ended(order);

        told.Should().ContainSingle().Which.Status.Should().Be(PaymentStatus.Succeeded);
        bank.Stripe.Charges.Should().ContainSingle();
    }

    [Fact]
    public async Task What_was_confirmed_and_given_up_is_a_success_if_it_can_not_be_cancelled_any_more()
    {
        await using var bank = await Bank.Start();
        var order = bank.Order(FakeStripe.Slow);
        await bank.Begin(order);
        await bank.Pass(order.Agent, s_day + TimeSpan.FromHours(3));
        bank.Fates.ToldOf(order.Id).Should().BeEmpty("a payment that is processing is neither paid nor cancelled");

        bank.Stripe.Settle(bank.Stripe.Intents.Single().Id);

        (await bank.Ended(order)).Should().ContainSingle().Which.Status.Should().Be(PaymentStatus.Succeeded);
    }

    [Fact]
    public async Task News_of_a_payment_have_it_looked_at_at_once_and_are_not_believed()
    {
        await using var bank = await Bank.Start();
        var order = bank.Order(FakeStripe.Slow);
        await bank.Begin(order);
        await bank.Settled(order.Agent);
        var payment = bank.Stripe.Intents.Single().Id;
        var claimed = bank.Stripe.Event(payment);
        (await bank.News(claimed, Signed(bank, claimed))).Should().Be(PaymentNews.Taken);
        await bank.Settled(order.Agent);
        bank.Fates.ToldOf(order.Id).Should().BeEmpty("it says that it has succeeded, and Stripe says that it has not");

        bank.Stripe.Settle(payment);
        var asked = bank.Stripe.Calls.Count;
        var news = bank.Stripe.Event(payment);
        var now = bank.Now;
        for (var i = 0; i < 3; i++)
        {
            (await bank.News(news, Signed(bank, news))).Should().Be(PaymentNews.Taken);
        }

        while (bank.Fates.ToldOf(order.Id).Count == 0)
        {
            await Task.Yield();
        }

        bank.Now.Should().Be(now, "nobody had to wait for the next try");
        await bank.News(claimed, Signed(bank, claimed));
        await bank.Settled(order.Agent);
        bank.Fates.ToldOf(order.Id).Should().ContainSingle();
        bank.Stripe.Calls.Count.Should().BeInRange(asked + 1, asked + 3, "of what is over, nobody asks");
    }

    [Fact]
    public async Task News_that_are_not_ours_or_not_Stripes_change_nothing()
    {
        await using var bank = await Bank.Start();
        var order = bank.Order();
        await bank.Paid(order);
        var asked = bank.Stripe.Calls.Count;
        var ours = bank.Stripe.Event(bank.Stripe.Intents.Single().Id);
        foreach (var body in (string[])
            [ours, ours.Replace(bank.Stripe.Intents.Single().Id, "pi_unknown", StringComparison.Ordinal), ours.Replace(order.Agent.Value, BudgetCluster.NewAgent().Value, StringComparison.Ordinal),
             ours.Replace(order.Agent.Value, "agent_x", StringComparison.Ordinal), """{"object":"event","data":{"object":{"object":"charge","id":"ch_1"}}}""", "[]", "{}", "null", "{", "\u0000"])
        {
            (await bank.News(body, Signed(bank, body))).Should().Be(PaymentNews.Taken, body);
        }

        foreach (var signature in (string[])
            [Signed(bank, ours + " "), Signed(bank, ours, TimeSpan.FromSeconds(301)), Signed(bank, ours, secret: "whsec_another"), "t=,v1=", "t=1", "v1=x", "t=99999999999999999999,v1=00", "x", "=", ",",
             "t=a,v1=b"])
        {
            (await bank.News(ours, signature)).Should().Be(PaymentNews.NotSigned, signature);
        }

        (await bank.News(ours, Signed(bank, ours, TimeSpan.FromSeconds(299)))).Should().Be(PaymentNews.Taken);
        await bank.Settled(order.Agent);
        bank.Stripe.Calls.Should().HaveCount(asked);
        bank.Fates.Told.Should().ContainSingle();
    }

    [Fact]
    public async Task A_payment_of_Stripes_is_not_asked_of_anybody_else()
    {
        var journals = new MemoryJournalStore();
        RechargeOrder order;
        await using (var stripe = await Bank.Start(journals))
        {
            stripe.Stripe.Mishaps = c => c.What == "confirm" ? Mishap.Cut : Mishap.None;
            order = stripe.Order();
            await stripe.Begin(order);
            await stripe.Settled(order.Agent);
        }

        await using var simulated = await Bank.Start(journals, payments: new SimulatedPayments());
        simulated.Advance(TimeSpan.FromMinutes(1));

        (await simulated.Pass(order.Agent, s_day)).Open.Should().ContainSingle("whoever simulates would say that it was paid");
        simulated.Fates.Told.Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, PaymentStatus.Succeeded, null)]
    [InlineData("pm_card_visa", PaymentStatus.Succeeded, null)]
    [InlineData("pm_card_chargeDeclined", PaymentStatus.Declined, "card_declined")]
    [InlineData("pm_card_authenticationRequired", PaymentStatus.ActionRequired, "authentication_required")]
    public async Task Simulated_payments_say_that_they_are_and_end_as_their_method_says(string? method, PaymentStatus status, string? reason)
    {
        await using var bank = await Bank.Start(payments: new SimulatedPayments());
        var order = bank.Order(method);

        var told = await bank.Paid(order);

        told.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Status = status, Reason = reason, Provider = "simulated", Payment = $"sim_{order.Id}" });
        (await bank.Of(order.Agent).GetProvider(null)).Should().Be(new PaymentProvider("simulated", null));
        bank.Stripe.Calls.Should().BeEmpty();
        (await bank.News("{}", "t=1,v1=00")).Should().Be(PaymentNews.NotExpected);
    }

    [Theory]
    [InlineData(FakeStripe.Good, null)]
    [InlineData(FakeStripe.Customer, null)]
    [InlineData(null, "must be set")]
    [InlineData("4242424242424242", "must be the id at Stripe")]
    [InlineData("pm_unknown", "is not known to Stripe")]
    [InlineData(FakeStripe.Loose, "belongs to no customer")]
    [InlineData(FakeStripe.Poor, "without a default payment method")]
    public async Task Who_wants_to_save_a_payment_method_is_told_whether_it_could_be_charged(string? method, string? fault)
    {
        await using var bank = await Bank.Start();

        var provider = await bank.Of(BudgetCluster.NewAgent()).GetProvider(method);

        provider.Name.Should().Be("stripe");
        if (fault is null)
        {
            provider.Fault.Should().BeNull();
        }
        else
        {
            provider.Fault.Should().Contain(fault);
        }
    }

    [Fact]
    public async Task What_Stripe_can_not_be_asked_about_is_not_saved()
    {
        await using var bank = await Bank.Start();
        bank.Stripe.Mishaps = _ => Mishap.LateAfter;

        (await bank.Of(BudgetCluster.NewAgent()).GetProvider(FakeStripe.Good)).Fault.Should().Contain("could not be asked");
    }

    [Fact]
    public async Task No_key_is_in_a_log_a_report_or_a_journal_also_when_Stripe_repeats_it()
    {
        await using var bank = await Bank.Start();
        bank.Stripe.KnowsOurKey = false;
        var order = bank.Order();
        await bank.Begin(order);
        await bank.Pass(order.Agent, TimeSpan.FromHours(1));
        bank.Logged.Said.Should().Contain("does not accept our key");
        bank.Stripe.KnowsOurKey = true;

        var told = await bank.Ended(order);

        told.Should().ContainSingle().Which.Status.Should().Be(PaymentStatus.Succeeded, "an operator has a day to mend it");
        var said = $"{bank.Logged.Said} {told[0]} {await bank.State(order.Agent)} {Bank.SettingsOf(bank.Stripe)}";
        said.Should().NotContain(FakeStripe.Key).And.NotContain(FakeStripe.WebhookSecret).And.NotContain("sk_test");
    }

    [Fact]
    public async Task What_becomes_of_recharges_is_counted_and_no_figure_names_an_agent()
    {
        var counted = new ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == RechargeMetrics.MeterName)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((i, _, tags, _) => counted.Add($"{i.Name} {string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))}"));
        listener.Start();
        await using var bank = await Bank.Start();
        var creates = 0;
        bank.Stripe.Mishaps = c => c.What == "create" && Interlocked.Increment(ref creates) == 1 ? Mishap.Broken : Mishap.None;

        foreach (var method in (string[])[FakeStripe.Good, FakeStripe.Declined, FakeStripe.NeedsOwner])
        {
            await bank.Paid(bank.Order(method));
        }

        counted.Should().Contain(
            ["budgets.recharges outcome=succeeded provider=stripe", "budgets.recharges outcome=declined provider=stripe", "budgets.recharges outcome=action_required provider=stripe",
             "budgets.payments.unanswered step=create"]).And.OnlyContain(c => Regex.IsMatch(c, "^budgets[a-z._]+( [a-z]+=[a-z_]+)+$"));
    }

    [Fact]
    public async Task An_order_that_ended_too_long_ago_to_be_remembered_is_not_paid_again()
    {
        await using var bank = await Bank.Start(payments: new SimulatedPayments());
        var agent = BudgetCluster.NewAgent();
        for (var i = 1; i <= RechargeState.MostEnded + 1; i++)
        {
            await bank.Paid(bank.Order(agent: agent, number: i));
        }

        var told = bank.Fates.Told.Count;
        await bank.Begin(bank.Order(agent: agent, number: 1));
        await bank.Settled(agent);

        bank.Fates.Told.Should().HaveCount(told);
        bank.Logged.Said.Should().Contain("Nothing is paid");
    }

    private static string Signed(Bank bank, string body, TimeSpan ago = default, string secret = FakeStripe.WebhookSecret) =>
        EventUtility.GenerateSignatureHeader(body, secret, (bank.Now - ago).ToUnixTimeSeconds());
}
