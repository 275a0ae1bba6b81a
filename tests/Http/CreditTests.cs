namespace Budgets.Tests.Http;

/// <summary>Credits, recharges and the forecast over REST, with the simulated provider.</summary>
[Collection(Api.Name)]
public sealed class CreditTests(Api api)
{
    [Fact]
    public async Task Credits_make_an_agent_prepaid_and_beyond_them_it_is_refused_with_the_balance()
    {
        var agent = await api.NewAgent();
        (await agent.Get("/v1/agents/balance"))["mode"].GetString().Should().Be("postpaid");

        var credit = await agent.Post("/v1/agents/credits", """{"amount":25.00,"source":"payment","note":"invoice 7"}""", "credit-1");

        credit.Status.Should().Be(201, credit.Text);
        (credit.Dollars("amount"), credit.Dollars("balance"), credit["source"].GetString()).Should().Be((25m, 25m, "payment"));
        await agent.Reserved("20");
        var refused = await agent.Charge("10");
        (refused.Status, refused.Code).Should().Be((402, "insufficient_balance"));
        (refused.Dollars("balance"), refused.Dollars("amount_held"), refused.Dollars("available"), refused.Dollars("requested")).Should().Be((25m, 20m, 5m, 10m));
        refused["how_to_continue"].EnumerateArray().Select(w => w.GetString()).Should().Contain(w => w!.Contains("/v1/agents/credits"));
        refused.Header("Retry-After").Should().BeNull();
        var balance = await agent.Get("/v1/agents/balance");
        (balance.Dollars("balance"), balance.Dollars("held"), balance.Dollars("available"), balance["mode"].GetString()).Should().Be((25m, 20m, 5m, "prepaid"));
        (await agent.Get("/v1/agents/usage"))["mode"].GetString().Should().Be("prepaid");
        var line = (await agent.Get("/v1/agents/ledger?kind=credit"))["data"][0];
        (line.GetProperty("amount").GetDecimal(), line.GetProperty("balance_after").GetDecimal(), line.GetProperty("idempotency_key").GetString()).Should().Be((25m, 25m, "credit-1"));
    }

    [Fact]
    public async Task A_credit_needs_a_key_of_its_own_and_has_one_effect()
    {
        var agent = await api.NewAgent();
        const string credit = """{"amount":5}""";
        (await agent.Post("/v1/agents/credits", credit)).FaultyFields.Should().Equal("Idempotency-Key");

        var first = await agent.Post("/v1/agents/credits", credit, "k");
        var again = await agent.Post("/v1/agents/credits", credit, "k");

        (again.Text, again.Header("Idempotent-Replayed")).Should().Be((first.Text, "true"));
        (await agent.Post("/v1/agents/credits", """{"amount":6}""", "k")).Code.Should().Be("idempotency_key_reused");
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(5m);
    }

    [Fact]
    public async Task Only_the_operator_undoes_entries_and_a_spend_key_makes_no_money()
    {
        var agent = await api.NewAgent();
        var spender = await api.KeyFor(agent, """["spend"]""");
        (await spender.Post("/v1/agents/credits", """{"amount":5}""", "a")).Status.Should().Be(403);
        (await spender.Post("/v1/agents/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100}""")).Status.Should().Be(403);
        (await spender.Post("/v1/agents/auto-recharge/resume")).Status.Should().Be(403);
        (await agent.Post("/v1/agents/credits", """{"amount":-5,"source":"correction"}""", "b")).Status.Should().Be(403);
        (await agent.Post("/v1/agents/credits", """{"amount":-5,"source":"refund"}""", "c")).Status.Should().Be(403);
        (await agent.Get("/v1/agents/balance"))["mode"].GetString().Should().Be("postpaid");

        await agent.Post("/v1/agents/credits", """{"amount":50}""", "d");
        var corrected = await api.Operator.Post($"/v1/agents/{agent.Id}/credits", """{"amount":-45,"source":"correction","note":"a zero too many"}""", "e");

        (corrected.Status, corrected["kind"].GetString(), corrected.Dollars("balance")).Should().Be((201, "correction", 5m));
    }

    [Theory]
    [InlineData("""{"amount":0}""", "amount")]
    [InlineData("""{"amount":-1}""", "amount")]
    [InlineData("""{"amount":1,"source":"refund"}""", "amount")]
    [InlineData("""{"amount":1000000.01}""", "amount")]
    [InlineData("""{"source":"manual"}""", "amount")]
    [InlineData("""{"amount":1,"source":"gift"}""", "source")]
    public async Task A_credit_that_is_none_is_refused(string body, string field)
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/agents/credits", body, "k")).FaultyFields.Should().Equal(field);
        (await agent.Get("/v1/agents/balance"))["mode"].GetString().Should().Be("postpaid");
    }

    [Theory]
    [InlineData("""{}""", "enabled")]
    [InlineData("""{"enabled":true}""", "recharge_amount")]
    [InlineData("""{"enabled":true,"recharge_amount":100}""", "trigger_threshold")]
    [InlineData("""{"enabled":true,"recharge_amount":0.49,"trigger_threshold":1}""", "recharge_amount")]
    [InlineData("""{"enabled":true,"recharge_amount":1.005,"trigger_threshold":1}""", "recharge_amount")]
    [InlineData("""{"enabled":true,"recharge_amount":100,"trigger_threshold":-1}""", "trigger_threshold")]
    [InlineData("""{"enabled":true,"recharge_amount":100,"trigger_threshold":1,"max_recharges_per_month":101}""", "max_recharges_per_month")]
    [InlineData("""{"enabled":true,"recharge_amount":100,"mode":"predictive","predict_hours_ahead":0}""", "predict_hours_ahead")]
    [InlineData("""{"enabled":true,"recharge_amount":100,"mode":"clever"}""", "mode")]
    public async Task Recharges_that_could_not_be_are_refused(string body, string field)
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/agents/auto-recharge", body)).FaultyFields.Should().Equal(field);
        (await agent.Get("/v1/agents/auto-recharge"))["auto_recharge_configured"].GetBoolean().Should().BeFalse();
    }

    /// <summary>The seed's own walk: $100 each time the balance is below $10; the call that led to it completes.</summary>
    [Fact]
    public async Task The_seeds_basic_example_recharges_and_says_who_took_the_money()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/agents/credits", """{"amount":20}""", "start");
        var set = await agent.Post("/v1/agents/auto-recharge", """{"enabled":true,"trigger_threshold":10.00,"recharge_amount":100.00,"max_recharges_per_month":5}""");
        set.Status.Should().Be(200, set.Text);
        (set["auto_recharge_configured"].GetBoolean(), set["status"].GetString(), set["recharges_this_month"].GetInt32(), set["provider"].GetString()).Should().Be((true, "active", 0, "simulated"));

        (await agent.Charge("10.50")).Status.Should().Be(201, "the operation that triggers a recharge completes");
        var history = await UntilPaid(agent, 1);

        (history["provider"].GetString(), history["data"][0].GetProperty("provider").GetString(), history["data"][0].GetProperty("amount").GetDecimal()).Should().Be(("simulated", "simulated", 100m));
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(109.5m);
        (await agent.Get("/v1/agents/auto-recharge"))["recharges_this_month"].GetInt32().Should().Be(1);
        var lines = (await agent.Get("/v1/agents/ledger?kind=recharge"))["data"].EnumerateArray().Select(l => l.GetProperty("amount").GetDecimal());
        lines.Should().Equal(100m, 0m);
    }

    [Fact]
    public async Task The_seeds_smart_example_needs_no_threshold_and_says_when_it_looks_again()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/agents/credits", """{"amount":20}""", "start");
        var set = await agent.Post("/v1/agents/auto-recharge", """{"enabled":true,"mode":"predictive","recharge_amount":100.00,"predict_hours_ahead":24}""");

        set.Status.Should().Be(200, set.Text);
        (set["mode"].GetString(), set["trigger_threshold"].ValueKind).Should().Be(("predictive", System.Text.Json.JsonValueKind.Null));
        set["next_check_at"].GetDateTimeOffset().Should().BeAfter(api.Clock.GetUtcNow());
        set["forecast"].GetProperty("is_cautious").GetBoolean().Should().BeTrue();
        var forecast = await agent.Get("/v1/agents/forecast");
        (forecast.Dollars("spend_per_hour"), forecast["based_on_days"].GetDouble()).Should().Be((0m, 0d));
    }

    [Fact]
    public async Task The_sixth_of_a_month_does_not_happen_until_somebody_resumes()
    {
        var agent = await api.NewAgent();
        await api.Operator.Post($"/v1/agents/{agent.Id}/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100,"max_recharges_per_month":5,"cooldown_seconds":0}""");
        for (var i = 1; i <= 5; i++)
        {
            await UntilPaid(agent, i);
            (await agent.Charge("100")).Status.Should().Be(201);
        }

        var paused = await agent.Get("/v1/agents/auto-recharge");
        (paused["status"].GetString(), paused["paused_reason"].GetString(), paused["recharges_this_month"].GetInt32()).Should().Be(("paused", "limit", 5));
        (await agent.Charge("50")).Code.Should().Be("insufficient_balance");

        var resumed = await agent.Post("/v1/agents/auto-recharge/resume");

        (resumed["status"].GetString(), resumed["recharges_allowed_this_month"].GetInt32()).Should().Be(("active", 10));
        await UntilPaid(agent, 6);
        (await agent.Charge("50")).Status.Should().Be(201);
    }

    [Fact]
    public async Task A_decline_pauses_and_a_method_is_shown_to_the_operator_alone()
    {
        var agent = await api.NewAgent();
        await api.Operator.Post($"/v1/agents/{agent.Id}/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100,"payment_method":"pm_card_chargeDeclined"}""");

        var history = await UntilEnded(agent, 1);

        (history["data"][0].GetProperty("status").GetString(), history["data"][0].GetProperty("detail").GetString()).Should().Be(("declined", "card_declined"));
        var seen = await agent.Get("/v1/agents/auto-recharge");
        (seen["status"].GetString(), seen["paused_reason"].GetString(), seen["has_payment_method"].GetBoolean()).Should().Be(("paused", "failed", true));
        seen.Json.TryGetProperty("payment_method", out _).Should().BeFalse();
        (await api.Operator.Get($"/v1/agents/{agent.Id}/auto-recharge"))["payment_method"].GetString().Should().Be("pm_card_chargeDeclined");
        (await agent.Post("/v1/agents/auto-recharge", """{"enabled":true,"payment_method":"pm_of_somebody"}""")).FaultyFields.Should().Equal("payment_method");
    }

    [Fact]
    public async Task A_child_spends_its_roots_balance_and_has_none_of_its_own()
    {
        var root = await api.NewAgent();
        var child = await Family.Child(api, root);
        await root.Post("/v1/agents/credits", """{"amount":10}""", "c");

        (await child.Get("/v1/agents/balance"))["mode"].GetString().Should().Be("inherited");
        (await root.Post($"/v1/agents/{child.Id}/credits", """{"amount":10}""", "d")).Code.Should().Be("no_wallet");
        (await root.Post($"/v1/agents/{child.Id}/auto-recharge", """{"enabled":true,"trigger_threshold":1,"recharge_amount":1}""")).Code.Should().Be("no_wallet");
        (await child.Charge("4")).Status.Should().Be(201);
        var refused = await child.Charge("7");
        (refused.Code, refused["refused_by"].GetString()).Should().Be(("insufficient_balance", root.Id));
        refused["how_to_continue"].EnumerateArray().Select(w => w.GetString()).Should().Contain(w => w!.Contains("add credits"));
    }

    internal static Task<Answer> UntilPaid(Agent agent, int count) => Until(agent, data => data.Count(s => s == "succeeded") >= count);

    private static Task<Answer> UntilEnded(Agent agent, int count) => Until(agent, data => data.Count(s => s != "under_way") >= count);

    private static async Task<Answer> Until(Agent agent, Func<List<string?>, bool> isSo)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var history = await agent.Get("/v1/agents/auto-recharge/history");
            if (isSo([.. history["data"].EnumerateArray().Select(l => l.GetProperty("status").GetString())]))
            {
                return history;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }
}
