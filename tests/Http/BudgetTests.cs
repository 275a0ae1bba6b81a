namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class BudgetTests(Api api)
{
    [Fact]
    public async Task The_seeds_budget_call_gets_the_seeds_answer()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/agents/budget", """{"daily_limit": 25.00, "weekly_limit": 150.00, "monthly_limit": 500.00, "hard_stop": true}""");

        answer.Status.Should().Be(200);
        answer["budget_configured"].GetBoolean().Should().BeTrue();
        answer["limits_active"].GetRawText().Should().Be("""{"daily":25.00,"weekly":150.00,"monthly":500.00}""");
        answer["hard_stop"].GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task The_seeds_soft_and_hard_examples_are_stored_and_echoed()
    {
        var agent = await api.NewAgent();

        var soft = await agent.Post("/v1/agents/budget", """{"daily_limit":25.00,"hard_stop":false,"alert_at_80_percent":true}""");
        (soft["hard_stop"].GetBoolean(), soft["alert_at_80_percent"].GetBoolean(), soft["alert_at_50_percent"].GetBoolean()).Should().Be((false, true, false));
        var hard = await agent.Post("/v1/agents/budget", """{"hard_stop":true,"escalation_email":"human@company.com"}""");
        (hard["hard_stop"].GetBoolean(), hard["escalation_email"].GetString()).Should().Be((true, "human@company.com"));
    }

    [Fact]
    public async Task What_is_left_out_stays_null_removes_and_zero_blocks()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00,"total_limit":100}""");

        await api.Operator.Post($"/v1/agents/{agent.Id}/budget", """{"daily_limit":null,"per_call_limit":0}""");

        var budget = await agent.Get("/v1/agents/budget");
        budget["limits_active"].GetRawText().Should().Be("""{"total":100.00,"per_call":0.00}""");
        (await agent.Charge("0.01"))["limit_type"].GetString().Should().Be("per_call");
    }

    [Fact]
    public async Task A_limit_takes_effect_with_the_next_request_for_open_reservations_too()
    {
        var agent = await api.NewAgent();
        await agent.Reserved("10.00");

        await agent.Post("/v1/agents/budget", """{"daily_limit":10.00}""");

        (await agent.Charge("0.01")).Dollars("amount_held").Should().Be(10m);
    }

    [Fact]
    public async Task The_operators_limit_is_a_ceiling_for_the_agents_own()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");

        var above = await agent.Post("/v1/agents/budget", """{"daily_limit":25.01}""");
        var removed = await agent.Post("/v1/agents/budget", """{"daily_limit":null}""");

        (above.Status, above.Code, above.FaultyFields.Single()).Should().Be((403, "forbidden", "daily_limit"));
        removed["limits_active"].GetProperty("daily").GetDecimal().Should().Be(25m, "removing its own limit leaves the one from above");
        (await agent.Post("/v1/agents/budget", """{"daily_limit":5}"""))["limits_active"].GetProperty("daily").GetDecimal().Should().Be(5m);
    }

    [Fact]
    public async Task A_spend_key_can_only_tighten()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/agents/budget", """{"daily_limit":10}""");
        var spender = await api.KeyFor(agent, """["spend"]""");

        (await spender.Post("/v1/agents/budget", """{"daily_limit":9}""")).Status.Should().Be(200);
        (await spender.Post("/v1/agents/budget", """{"daily_limit":10}""")).FaultyFields.Should().Equal("daily_limit");
        (await spender.Post("/v1/agents/budget", """{"daily_limit":null}""")).Status.Should().Be(403);
        (await spender.Post("/v1/agents/budget", """{"hard_stop":false}""")).Status.Should().Be(403);
        (await spender.Post("/v1/agents/budget", """{"escalation_email":null}""")).Status.Should().Be(403);
    }

    [Fact]
    public async Task A_misspelt_limit_never_means_no_limit()
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        var answer = await agent.Post("/v1/agents/budget", """{"dayly_limit":25.00}""");

        (answer.Status, answer.FaultyFields.Single()).Should().Be((400, "dayly_limit"));
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task Every_fault_is_listed_with_its_field()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/agents/budget", """
            {"daily_limit":-1,"weekly_limit":"5","monthly_limit":1e10,"total_limit":0.0000000001,"hard_stop":1,"resume_after_seconds":0,
             "escalation_email":"nobody","time_zone":"Mars/Olympus","week_start":"noday","dayly_limit":1,"hard_stop":true,"per_call_limit":12345678901234567890123456789}
            """);

        answer.Status.Should().Be(400);
        answer.FaultyFields.Should().BeEquivalentTo(
            "daily_limit", "weekly_limit", "monthly_limit", "total_limit", "hard_stop", "resume_after_seconds",
            "escalation_email", "time_zone", "week_start", "dayly_limit", "per_call_limit");
    }

    [Fact]
    public async Task Windows_tell_what_is_used_and_when_they_reset()
    {
        var agent = await api.NewAgent("""{"daily_limit":20.00}""");
        await agent.Charge("5.00");

        var window = (await agent.Get("/v1/agents/budget"))["windows"][0];

        window.GetProperty("limit_type").GetString().Should().Be("daily");
        window.GetProperty("set_by").GetString().Should().Be("above");
        window.GetProperty("percent_used").GetDecimal().Should().Be(25m);
        window.GetProperty("remaining").GetRawText().Should().Be("15.00");
        window.GetProperty("resets_at").GetDateTimeOffset().Should().Be(window.GetProperty("window_start").GetDateTimeOffset().AddDays(1));
    }

    [Fact]
    public async Task Usage_has_the_seeds_fields_and_never_invents_advice()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        foreach (var (model, amount) in new[] { ("claude-4-5-sonnet", "12.20"), ("dall-e-3", "4.80"), ("gemini/gemini-2.5-flash", "1.45") })
        {
            await agent.Post("/v1/charges", $$$"""{"amount":{{{amount}}},"model":"{{{model}}}","operation":"write","tags":["blog"],"usage":{"input_tokens":10,"output_tokens":5}}""");
        }

        var usage = await agent.Get("/v1/agents/usage?period=today");

        (usage.Dollars("amount_spent"), usage.Dollars("daily_limit"), usage.Dollars("amount_remaining")).Should().Be((18.45m, 25m, 6.55m));
        usage["operation_count"].GetInt32().Should().Be(3);
        usage["top_models"].EnumerateArray().Select(m => $"{m.GetProperty("model")} {m.GetProperty("cost")} {m.GetProperty("calls")}")
            .Should().Equal("claude-4-5-sonnet 12.20 1", "dall-e-3 4.80 1", "gemini/gemini-2.5-flash 1.45 1");
        usage["optimization_suggestion"].GetString().Should().BeEmpty();
        usage["tokens"].GetRawText().Should().Be("""{"input":30,"output":15,"cache_read":0,"cache_write":0}""");
        usage["by_operation"][0].GetProperty("operation").GetString().Should().Be("write");
        usage["by_tag"][0].GetProperty("cost").GetDecimal().Should().Be(18.45m);
    }

    [Theory]
    [InlineData("today")]
    [InlineData("yesterday")]
    [InlineData("this_week")]
    [InlineData("this_month")]
    [InlineData("last_30_days")]
    public async Task Every_period_answers(string period)
    {
        var agent = await api.NewAgent();

        (await agent.Get($"/v1/agents/usage?period={period}"))["period"].GetString().Should().Be(period);
    }
}
