using System.Text.Json;

namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class OptimizationTests(Api api)
{
    private const string Claude = "claude-4-5-sonnet";
    private const string Flash = "gemini/gemini-2.5-flash";

    /// <summary>What the seed document's agent reads: "72% of Claude calls could use Gemini Flash instead. Potential savings: $8.78/day".</summary>
    [Fact]
    public async Task Advice_comes_with_its_evidence_and_usage_has_it_as_a_sentence()
    {
        var agent = await api.NewAgent();
        await Charge(agent, 72, Claude, "summarise");
        await Charge(agent, 28, Claude, "plan");
        await Charge(agent, 25, Flash, "summarise");

        var answer = await agent.Get("/v1/agents/optimization");

        answer.Status.Should().Be(200, answer.Text);
        answer["advice"][0].GetRawText().Should().Be(
            """{"kind":"cheaper_model","from_model":"claude-4-5-sonnet","to_model":"gemini/gemini-2.5-flash","calls":72,"share_of_calls":0.72,"potential_savings_per_day":8.388,"confidence":"medium","evidence":"gemini/gemini-2.5-flash served 25 calls of 'summarise' before","apply":{"operations":["summarise"],"model":"gemini/gemini-2.5-flash"}}""");
        answer["advice"].EnumerateArray().Sum(a => a.GetProperty("potential_savings_per_day").GetDecimal()).Should().Be(answer.Dollars("potential_savings_per_day"));
        (await agent.Get("/v1/agents/usage"))["optimization_suggestion"].GetString().Should().Be("72% of claude-4-5-sonnet calls could use gemini/gemini-2.5-flash instead. Potential savings: $8.38/day");
    }

    [Fact]
    public async Task Where_nothing_was_measured_nothing_is_said()
    {
        var agent = await api.NewAgent();
        await agent.Charge("5.00");

        var answer = await agent.Get("/v1/agents/optimization");

        (answer["advice"].GetArrayLength(), answer["suggestion"].GetString(), answer["calls"].GetInt64()).Should().Be((0, "", 0L));
        (await agent.Get("/v1/agents/usage"))["optimization_suggestion"].GetString().Should().BeEmpty();
    }

    [Fact]
    public async Task The_same_prompt_again_is_what_a_cache_could_have_answered()
    {
        var agent = await api.NewAgent();
        await Charge(agent, 10, Claude, "faq", """ "prompt_hash":"abc", """);

        var advice = (await agent.Get("/v1/agents/optimization"))["advice"][0];

        (advice.GetProperty("kind").GetString(), advice.GetProperty("calls").GetInt32()).Should().Be(("cache", 9));
        advice.GetProperty("apply").GetRawText().Should().Be("""{"operations":["faq"],"cache_seconds":86400}""");
        (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("prompt_hash").GetString().Should().Be("abc");
    }

    [Fact]
    public async Task A_prompt_hash_is_short_and_a_part_of_what_is_said()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"amount":1,"prompt_hash":"a"}""", "k");

        (await agent.Post("/v1/charges", """{"amount":1,"prompt_hash":"b"}""", "k")).Code.Should().Be("idempotency_key_reused");
        (await agent.Post("/v1/charges", $$"""{"amount":1,"prompt_hash":"{{new string('x', 65)}}"}""")).FaultyFields.Should().Equal("prompt_hash");
        (await agent.Post("/v1/charges", """{"prompt_hash":"a","charges":[{"amount":1}]}""")).Status.Should().Be(400);
    }

    private static async Task Charge(Agent agent, int times, string model, string operation, string more = "")
    {
        var charge = $$$"""{{{{more}}}"model":"{{{model}}}","operation":"{{{operation}}}","usage":{"input_tokens":20000,"output_tokens":5000}}""";
        var answer = await agent.Post("/v1/charges", $$"""{"charges":[{{string.Join(',', Enumerable.Repeat(charge, times))}}]}""");
        answer.Status.Should().Be(200, answer.Text);
    }
}

[Collection(Api.Name)]
public sealed class PreviewTests(Api api)
{
    [Fact]
    public async Task Other_limits_are_tried_on_what_happened_and_nothing_changes()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"charges":[{"amount":10,"model":"a"},{"amount":10,"model":"b","operation":"o"},{"amount":10,"model":"c"}]}""");
        var before = await agent.Standing();

        var answer = await agent.Post("/v1/agents/budget/preview", """{"daily_limit":25}""");

        answer.Status.Should().Be(200, answer.Text);
        (answer["calls"].GetInt64(), answer["blocked_calls"].GetInt64(), answer.Dollars("amount_spent"), answer.Dollars("amount_saved")).Should().Be((3L, 1L, 30m, 10m));
        var blocked = answer["blocked"][0];
        (blocked.GetProperty("model").GetString(), blocked.GetProperty("code").GetString(), blocked.GetProperty("limit_type").GetString(), blocked.GetProperty("amount_spent").GetDecimal())
            .Should().Be(("c", "budget_exceeded", "daily", 20m));
        answer["blocked_by_limit"][0].GetProperty("blocked_amount").GetDecimal().Should().Be(10m);
        (await agent.Standing()).Should().Be(before);
        (await agent.Get("/v1/agents/budget"))["windows"].GetArrayLength().Should().Be(0);
    }

    /// <summary>The replay is beside the budget's turns.</summary>
    [Fact]
    public async Task Whoever_wants_to_spend_does_not_wait_for_a_preview_and_sees_none_of_it()
    {
        var agent = await api.NewAgent("""{"daily_limit":1000}""");
        for (var i = 0; i < 5; i++)
        {
            await agent.Post("/v1/charges", $$"""{"charges":[{{string.Join(',', Enumerable.Repeat("""{"amount":0.01}""", 1000))}}]}""");
        }

        var preview = agent.Post("/v1/agents/budget/preview", """{"daily_limit":10}""");
        var charges = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => agent.Charge("1.00")));
        var answer = await preview;

        charges.Should().OnlyContain(c => c.Status == 201);
        answer.Status.Should().Be(200, answer.Text);
        (answer["blocked_calls"].GetInt64() - answer["calls"].GetInt64() + 1000).Should().Be(0L, "a thousand cents fit ten dollars, and nothing after them");
        answer["blocked"].GetArrayLength().Should().Be(100);
    }

    [Fact]
    public async Task A_spend_key_may_ask_and_a_limit_above_the_ceiling_is_refused()
    {
        var agent = await api.NewAgent("""{"daily_limit":25}""");
        var spender = await api.KeyFor(agent, """["spend"]""");

        (await spender.Post("/v1/agents/budget/preview", """{"daily_limit":5}""")).Status.Should().Be(200);
        (await spender.Post("/v1/agents/budget/preview", """{"daily_limit":50}""")).Code.Should().Be("forbidden");
        (await api.Operator.Post($"/v1/agents/{agent.Id}/budget/preview", """{"daily_limit":50}""")).Status.Should().Be(200);
        (await spender.Post("/v1/agents/budget/preview", """{"dayly_limit":5}""")).FaultyFields.Should().Equal("dayly_limit");
    }
}
