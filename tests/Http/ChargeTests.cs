namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class ChargeTests(Api api)
{
    [Fact]
    public async Task A_charge_within_the_limit_is_booked()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");

        var answer = await agent.Charge("18.45");

        answer.Status.Should().Be(201);
        answer.Dollars("charged").Should().Be(18.45m);
        answer["balances"][0].GetProperty("remaining").GetRawText().Should().Be("6.55");
    }

    [Fact]
    public async Task A_charge_over_the_limit_is_refused_with_every_figure_and_changes_nothing()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        await agent.Charge("18.00");
        await agent.Reserved("2.80");
        var before = await agent.Standing();

        var refusal = await agent.Charge("5.00");

        refusal.Status.Should().Be(402);
        refusal.MediaType.Should().Be("application/problem+json");
        refusal.Code.Should().Be("budget_exceeded");
        refusal["type"].GetString().Should().Be("urn:budgets:problem:budget_exceeded");
        refusal["agent_id"].GetString().Should().Be(agent.Id);
        refusal["refused_by"].GetString().Should().Be(agent.Id);
        refusal["limit_type"].GetString().Should().Be("daily");
        refusal.Dollars("limit_amount").Should().Be(25m);
        refusal.Dollars("amount_spent").Should().Be(18m);
        refusal.Dollars("amount_held").Should().Be(2.80m);
        refusal.Dollars("amount_remaining").Should().Be(4.20m);
        refusal.Dollars("requested").Should().Be(5m);
        refusal["resets_at"].GetString().Should().EndWith("T00:00:00Z");
        refusal["how_to_continue"].EnumerateArray().Select(w => w.GetString()).Should().Contain("Ask for 4.20 or less.");
        refusal["detail"].GetString().Should().StartWith("$5.00 does not fit the daily limit of $25.00: $18.00 is spent and $2.80 is held, so $4.20 is left");
        refusal.Header("x-should-retry").Should().Be("false");
        refusal.Header("Cache-Control").Should().Be("no-store");
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task Retry_After_is_told_only_where_the_end_of_a_window_will_cure_the_refusal()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        var untilMidnight = (api.Clock.GetUtcNow().Date.AddDays(1) - api.Clock.GetUtcNow().DateTime).TotalSeconds;
        await agent.Charge("25.00");

        (await agent.Charge("1.00")).Header("Retry-After").Should().Be($"{Math.Ceiling(untilMidnight)}");
        (await agent.Charge("26.00")).Header("Retry-After").Should().BeNull("it will not fit tomorrow either");
    }

    [Fact]
    public async Task The_same_key_again_answers_the_same_bytes_and_has_one_effect()
    {
        var agent = await api.NewAgent();
        var first = await agent.Charge("1.00", "order-17");
        await agent.Charge("2.00");
        var before = await agent.Standing();

        var again = await agent.Charge("1.00", "order-17");

        again.Status.Should().Be(first.Status);
        again.Bytes.Should().Equal(first.Bytes);
        (first.Header("Idempotent-Replayed"), again.Header("Idempotent-Replayed")).Should().Be((null, "true"));
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused_and_changes_nothing()
    {
        var agent = await api.NewAgent();
        await agent.Charge("1.00", "order-17");
        var before = await agent.Standing();

        var answer = await agent.Charge("1.01", "order-17");

        (answer.Status, answer.Code).Should().Be((422, "idempotency_key_reused"));
        (await agent.Standing()).Should().Be(before);
    }

    [Theory]
    [InlineData("\"a \\\"quoted\\\" key\"", 400)]
    [InlineData("\"order-17\"", 201)]
    [InlineData("\"or\\\"der\"", 201)]
    [InlineData("\"order", 400)]
    [InlineData("\"or\"der\"", 400)]
    [InlineData("two words", 400)]
    public async Task The_header_is_a_structured_string_or_bare(string header, int status)
    {
        var agent = await api.NewAgent();

        (await agent.Charge("1.00", header)).Status.Should().Be(status);
    }

    [Fact]
    public async Task A_quoted_and_a_bare_key_are_the_same_key()
    {
        var agent = await api.NewAgent();
        await agent.Charge("1.00", "order-17");

        (await agent.Charge("1.00", "\"order-17\"")).Header("Idempotent-Replayed").Should().Be("true");
        (await agent.Post("/v1/charges", """{"amount":1.00,"idempotency_key":"order-17"}""")).Header("Idempotent-Replayed").Should().Be("true");
    }

    [Fact]
    public async Task Header_and_body_must_name_the_same_key()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/charges", """{"amount":1,"idempotency_key":"a"}""", "b");

        (answer.Status, answer.FaultyFields.Single()).Should().Be((400, "Idempotency-Key"));
    }

    [Fact]
    public async Task A_key_that_was_made_for_the_caller_can_be_used_again()
    {
        var agent = await api.NewAgent();
        var first = await agent.Charge("1.00");

        var again = await agent.Charge("1.00", first["idempotency_key"].GetString());

        again.Header("Idempotent-Replayed").Should().Be("true");
    }

    [Fact]
    public async Task Money_already_spent_is_recorded_whatever_the_limit_and_flagged()
    {
        var agent = await api.NewAgent("""{"daily_limit":1.00}""");

        var answer = await agent.Post("/v1/charges", """{"amount":3.00,"mode":"record","occurred_at":"2026-03-04T11:00:00+01:00"}""");

        (answer.Status, answer["overage"].GetBoolean()).Should().Be((201, true));
    }

    [Fact]
    public async Task A_limit_of_zero_blocks_everything()
    {
        var agent = await api.NewAgent("""{"monthly_limit":0}""");

        (await agent.Charge("0")).Code.Should().Be("budget_exceeded");
    }

    [Fact]
    public async Task A_soft_limit_never_refuses_and_warns()
    {
        var agent = await api.NewAgent("""{"daily_limit":10.00,"hard_stop":false,"alert_at_80_percent":true}""");

        (await agent.Charge("8.50"))["warnings"][0].GetProperty("percent_used").GetInt32().Should().Be(80);
        (await agent.Charge("3.00"))["warnings"][0].GetProperty("percent_used").GetInt32().Should().Be(115);
    }

    [Fact]
    public async Task The_breaker_trips_freezes_and_resumes_by_itself()
    {
        var agent = await api.NewAgent("""{"max_spend_per_minute":1.00,"resume_after_seconds":300}""");

        (await agent.Charge("1.01")).Code.Should().Be("rate_exceeded");
        (await agent.Charge("0.01")).Code.Should().Be("frozen");
        (await agent.Charge("0.01")).Header("Retry-After").Should().Be("300");
        api.Clock.Advance(TimeSpan.FromSeconds(301));
        (await agent.Charge("0.01")).Status.Should().Be(201);
    }

    [Fact]
    public async Task Usage_without_a_price_is_never_free()
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        (await agent.Post("/v1/charges", """{"model":"gpt-9","usage":{"input_tokens":1000}}""")).Code.Should().Be("unknown_model_price");
        (await agent.Post("/v1/charges", """{"usage":{"input_tokens":1000}}""")).FaultyFields.Should().Equal("model");
        (await agent.Post("/v1/charges", "{}")).FaultyFields.Should().Equal("amount");
        (await agent.Standing()).Should().Be(before);
    }

    [Theory]
    [InlineData("1e-05", "0.00001")]
    [InlineData("2.5e1", "25.00")]
    [InlineData("0.000000001", "0.000000001")]
    [InlineData("1000000", "1000000.00")]
    [InlineData("1.10000000000000000", "1.10")]
    public async Task Amounts_are_exact(string sent, string charged)
    {
        var agent = await api.NewAgent();

        (await agent.Charge(sent))["charged"].GetRawText().Should().Be(charged);
    }
}
