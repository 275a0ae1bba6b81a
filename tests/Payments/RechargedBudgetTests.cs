using System.Text.Json;
using Budgets.Tests.Alerts;
using Budgets.Tests.Http;
using Stripe;

namespace Budgets.Tests.Payments;

/// <summary>From a request that spends to the money at Stripe and back, over HTTP both ways.</summary>
public sealed class RechargedBudgetTests
{
    private const string Recharge = $$"""
        "trigger_threshold":10.00,"recharge_amount":25.00,"payment_method":"{{FakeStripe.Good}}"
        """;

    [Fact]
    public async Task A_thousand_charges_at_once_that_cross_the_threshold_are_one_payment_and_the_balance_is_the_sum()
    {
        const int charges = 1_000;
        await using var host = await StripeHost.Start();
        var agent = await host.Prepaid("20.00", Recharge);

        var answers = await Task.WhenAll(Enumerable.Range(0, charges).Select(i => agent.Charge("0.015", $"charge-{i}")));
        var recharges = await StripeHost.Recharged(agent);

        answers.Should().OnlyContain(a => a.Status == 201, "there was money enough, and whoever crossed the threshold did not wait");
        host.Stripe.Charges.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Succeeded = true, Amount = Money.FromDollars(25), Agent = agent.Id });
        recharges.Should().ContainSingle().Which.GetProperty("payment_id").GetString().Should().Be(host.Stripe.Charges[0].Payment);
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(20 + 25 - (charges * 0.015m));
    }

    [Fact]
    public async Task A_decline_pauses_tells_and_waits_for_a_person()
    {
        await using var box = await Postbox.Open(_ => 200);
        await using var host = await StripeHost.Start();
        var agent = await host.Prepaid("11.00", Recharge.Replace(FakeStripe.Good, FakeStripe.Declined, StringComparison.Ordinal));
        (await agent.Post("/v1/agents/alerts", $$"""{"webhook_url":"{{box.Address}}hook"}""")).Status.Should().Be(200);

        (await agent.Charge("2.00")).Status.Should().Be(201, "whoever triggers a recharge does not wait for it");
        var declined = await StripeHost.Recharged(agent);
        declined[0].GetProperty("status").GetString().Should().Be("declined");
        declined[0].GetProperty("detail").GetString().Should().Be("insufficient_funds");
        while (!box.Posted.Any(p => p.Body.Contains("recharge_failed", StringComparison.Ordinal)))
        {
            (await agent.Charge("0.10")).Status.Should().BeOneOf(201, 402);
        }

        box.Posted.Count(p => p.Body.Contains("recharge_failed", StringComparison.Ordinal)).Should().Be(1);
        (await agent.Get("/v1/agents/auto-recharge"))["status"].GetString().Should().Be("paused");
        host.Stripe.Charges.Should().ContainSingle("it is not tried again by itself").Which.Succeeded.Should().BeFalse();
        host.Stripe.Intents.Should().ContainSingle().Which.Status.Should().Be("canceled");

        (await host.Operator.Post($"/v1/agents/{agent.Id}/auto-recharge", $$"""{"enabled":true,{{Recharge}}}""")).Status.Should().Be(200);
        var resumed = await agent.Post("/v1/agents/auto-recharge/resume", """{"additional_recharges":1}""");
        resumed.Status.Should().Be(200, resumed.Text);
        await agent.Charge("0.10");
        (await StripeHost.Recharged(agent, 2))[0].GetProperty("status").GetString().Should().Be("succeeded");
        host.Stripe.Charges.Count(c => c.Succeeded).Should().Be(1);
    }

    [Fact]
    public async Task A_method_that_can_not_be_charged_is_not_saved()
    {
        await using var host = await StripeHost.Start();
        var agent = await host.Prepaid("20.00", Recharge);

        foreach (var method in (string[])["null", $"\"{FakeStripe.Loose}\"", "\"pm_unknown\"", "\"4242424242424242\""])
        {
            var refused = await host.Operator.Post($"/v1/agents/{agent.Id}/auto-recharge", $$"""{"enabled":true,"trigger_threshold":10,"recharge_amount":25,"payment_method":{{method}}}""");

            refused.Status.Should().Be(400, method);
            refused.FaultyFields.Should().Equal("payment_method");
        }
    }

    /// <summary>The payment's own answer says that it is processing; only news say when it is done.</summary>
    [Fact]
    public async Task News_from_Stripe_credit_a_payment_that_took_its_time()
    {
        await using var host = await StripeHost.Start();
        var agent = await host.Prepaid("11.00", Recharge.Replace(FakeStripe.Good, FakeStripe.Slow, StringComparison.Ordinal));
        await agent.Charge("2.00");
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (host.Stripe.Intents is not [(_, "processing")])
        {
            await pause.WaitForNextTickAsync();
        }

        var payment = host.Stripe.Intents[0].Id;
        var early = host.Stripe.Event(payment);
        (await host.News(early, EventUtility.GenerateSignatureHeader(early, FakeStripe.WebhookSecret))).Status.Should().Be(200);
        host.Stripe.Settle(payment);
        var news = host.Stripe.Event(payment);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.News(news, EventUtility.GenerateSignatureHeader(news, FakeStripe.WebhookSecret))));

        answers.Should().OnlyContain(a => a.Status == 200 && a["received"].GetBoolean());
        (await StripeHost.Recharged(agent)).Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("succeeded");
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(11 - 2 + 25);
    }

    [Fact]
    public async Task Whoever_is_not_Stripe_is_told_so_and_changes_nothing()
    {
        await using var host = await StripeHost.Start();
        var body = """{"object":"event","data":{"object":{"object":"payment_intent","id":"pi_1","metadata":{"agent_id":"agent_0123456789abcdefghij"}}}}""";
        var signed = EventUtility.GenerateSignatureHeader(body, FakeStripe.WebhookSecret);

        (await host.News(body, signed)).Status.Should().Be(200, "of an agent that there is not");
        foreach (var (text, signature) in (List<(string, string?)>)
            [(body, null), (body, ""), (body, "t=1,v1=00"), (body + " ", signed), (body, EventUtility.GenerateSignatureHeader(body, "whsec_another")), (body, signed.Replace("v1", "v0", StringComparison.Ordinal)),
             (body, EventUtility.GenerateSignatureHeader(body, FakeStripe.WebhookSecret, TimeProvider.System.GetUtcNow().AddMinutes(-10).ToUnixTimeSeconds())), (new string('x', 1_000_000), signed), (body, new string('x', 8_000))])
        {
            var refused = await host.News(text, signature);
            (refused.Status, refused.Code).Should().Be((400, "invalid_request"), signature);
            refused.FaultyFields.Should().Equal("Stripe-Signature");
        }

        (await host.News(new string('x', 1_100_000), signed)).Status.Should().Be(413);
        host.Stripe.Calls.Should().BeEmpty();
    }
}

/// <summary>Where payments are simulated, nobody has news of them.</summary>
[Collection(Api.Name)]
public sealed class SimulatedNewsTests(Api api)
{
    [Fact]
    public async Task A_host_without_Stripe_takes_no_news()
    {
        var answer = await api.Nobody.Send("POST", "/v1/stripe/webhook", new StringContent("{}"), r => r.Headers.TryAddWithoutValidation("Stripe-Signature", "t=1,v1=00"));

        (answer.Status, answer.Code).Should().Be((404, "not_found"));
    }
}
