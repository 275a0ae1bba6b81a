using System.Text;
using System.Text.Json;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using static Budgets.Tests.Gateway.RoutedApi;

namespace Budgets.Tests.Gateway;

/// <summary>A call of a batch goes to the model that it would go to alone, and what that may lead to is held with all the rest.</summary>
[Collection(RoutedApi.Name)]
public sealed class RoutedBatchTests(RoutedApi api)
{
    private const string Broken = """{"error":{"message":"x"}}""";

    private static readonly TokenUsage s_used = new(11, 9);

    [Fact]
    public async Task Each_request_comes_to_the_model_that_its_task_needs_and_says_so()
    {
        var agent = await api.NewAgent();
        api.Answers();

        var answer = await Post(agent, [Chat("looks simple"), Chat("is complex", "complex"), Chat("is named", model: Middle)]);
        var headed = await Post(agent, [Chat("as all are"), Chat("but this", "simple")], complexity: "complex");

        Routes(answer).Should().Equal((Small, "auto:simple"), (Large, "auto:complex"), (Middle, null));
        Routes(headed).Should().Equal((Large, "auto:complex"), (Small, "auto:simple"));
        answer["results"].EnumerateArray().Should().OnlyContain(r => r.GetProperty("tried").GetArrayLength() == 0);
        var lines = await api.AtRest(agent);
        lines.Where(l => l.Kind == "settle").Select(l => (l.Model, l.Amount)).Should().BeEquivalentTo(
            new[] { Small, Large, Middle, Large, Small }.Select(m => (m, api.Price(m, s_used))));
        (await agent.Get("/v1/agents/usage"))["by_tag"].EnumerateArray().Select(t => t.GetProperty("tag").GetString()).Should().BeEquivalentTo("route:auto:simple", "route:auto:complex");
    }

    [Fact]
    public async Task A_model_that_fails_makes_room_for_the_next_tier_out_of_the_same_hold_and_what_it_cost_is_booked()
    {
        string[] texts = ["limited", "broken", "empty", "fine"];
        var measured = await api.NewAgent();
        Fail();
        var most = (await Post(measured, texts.Select(t => Chat(t))))["held"].GetDecimal();

        // Not a nano-dollar more than what the batch holds.
        var agent = await api.NewAgent($$"""{"daily_limit":{{most}}}""");
        var answer = await Post(agent, texts.Select(t => Chat(t)));

        Routes(answer).Should().Equal((Middle, "auto:simple:fallback"), (Middle, "auto:simple:fallback"), (Large, "auto:simple:fallback"), (Small, "auto:simple"));
        Tried(answer, 0).Should().Equal((Small, "rate_limited", 0m));
        Tried(answer, 1).Should().Equal((Small, "error", 0m));
        Tried(answer, 2).Should().Equal((Small, "empty", api.Price(Small, s_used)), (Middle, "empty", api.Price(Middle, s_used)));
        Tried(answer, 3).Should().BeEmpty();
        var costs = answer["results"].EnumerateArray().Select(r => r.GetProperty("cost").GetDecimal()).ToList();
        costs[2].Should().Be(api.Price(Small, s_used) + api.Price(Middle, s_used) + api.Price(Large, s_used));
        answer["cost"].GetDecimal().Should().Be(costs.Sum());
        var lines = await api.AtRest(agent);
        lines[0].Should().BeEquivalentTo(new { Kind = "hold", Amount = most });
        lines.Count(l => l.Kind == "hold").Should().Be(1 + 8, "every try has its own part");
        await Spent(agent, costs.Sum());

        void Fail() => api.Provider.Answer = (http, body) =>
        {
            var model = ModelOf(body);
            var isEmpty = body.Contains("empty", StringComparison.Ordinal) && model != Large;
            http.Response.StatusCode = model != Small ? 200 : body.Contains("limited", StringComparison.Ordinal) ? 429 : body.Contains("broken", StringComparison.Ordinal) ? 500 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode != 200 ? Broken : Completion(model, isEmpty ? "\"\"" : "\"Hi\""));
        };
    }

    [Theory]
    [InlineData("daily_limit")]
    [InlineData("per_call_limit")]
    [InlineData("max_spend_per_minute")]
    [InlineData("approval_threshold")]
    public async Task Where_a_fallback_does_not_fit_the_batch_is_made_without_it_and_the_poor_answer_is_what_there_is(string limit)
    {
        var agent = await api.NewAgent($$"""{"{{limit}}":0.0002}""");
        api.Answers((Small, 200, Completion(Small, "\"\"")));

        var answer = await Post(agent, [Chat("hello")]);
        var again = await Post(agent, [Chat("hello again")]);

        (answer.Status, again.Status).Should().Be((200, 200), answer.Text + again.Text);
        Routes(answer).Should().Equal((Small, "auto:simple"));
        answer["completed"].GetInt32().Should().Be(1, answer.Text);
        again["completed"].GetInt32().Should().Be(1, "what was never begun has tripped nothing");
        api.Provider.Calls.Should().HaveCount(2);
        await Spent(agent, 2 * api.Price(Small, s_used));
    }

    [Fact]
    public async Task Where_a_fallback_does_not_fit_above_the_agent_nothing_of_it_is_held_there()
    {
        var root = await api.NewAgent("""{"daily_limit":0.0002}""");
        var child = await api.NewChild(root);
        api.Answers((Small, 200, Completion(Small, "\"\"")));

        var answer = await Post(child, [Chat("hello")]);

        Routes(answer).Should().Equal([(Small, "auto:simple")], answer.Text);
        answer["held"].GetDecimal().Should().BeLessThan(0.0002m);
        await Spent(child, api.Price(Small, s_used));
    }

    [Fact]
    public async Task When_all_models_fail_the_last_one_s_error_is_told_and_nothing_stays_held()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, body) =>
        {
            http.Response.StatusCode = body.Contains("fails", StringComparison.Ordinal) ? 503 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode == 503 ? Broken : Completion(ModelOf(body)));
        };

        var answer = await Post(agent, [Chat("fails"), Chat("works")]);

        answer["results"].EnumerateArray().Select(r => r.GetProperty("status").GetInt32()).Should().Equal(503, 200);
        Tried(answer, 0).Should().Equal((Small, "error", 0m), (Middle, "error", 0m));
        (await api.AtRest(agent)).Count(l => l.Kind == "release").Should().Be(1 + 3, "three tries and the rest of the whole");
        await Spent(agent, api.Price(Small, s_used));
    }

    [Fact]
    public async Task An_agent_that_is_frozen_in_mid_batch_falls_back_no_more()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, body) =>
        {
            (await api.Operator.Post($"/v1/agents/{agent.Id}/freeze", """{"reason":"stop"}""")).Status.Should().Be(200);
            await http.Response.WriteAsync(Completion(ModelOf(body), "\"\""));
        };

        var answer = await Post(agent, [Chat("hello")]);

        answer["results"][0].GetProperty("body").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().Should().BeEmpty(answer.Text);
        answer["cost"].GetDecimal().Should().Be(api.Price(Small, s_used), "it is paid for once, though it was tried and told");
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task In_economy_a_batch_is_made_of_cheaper_models_and_goes_down_another_tier_before_it_is_refused()
    {
        var agent = await api.NewAgent("""{"daily_limit":1,"economy_at_percent":50}""");
        api.Answers();
        await agent.Post("/v1/charges", """{"amount":0.5}""");

        var cheaper = await Post(agent, [Chat("named", model: Large), Chat("auto", "complex"), Chat("the least", model: Small)]);
        await agent.Post("/v1/charges", """{"amount":0.4995}""");
        var cheapest = await Post(agent, [Chat("named", model: Large), Chat("named too", model: Large)]);
        await agent.Post("/v1/charges", """{"amount":0.0004,"mode":"record"}""");
        var refused = await Post(agent, [Chat("one", model: Large), Chat("two", model: Large)]);

        Routes(cheaper).Should().Equal((Middle, "economy"), (Small, "auto:complex:economy"), (Small, null));
        Routes(cheapest).Should().Equal([(Small, "economy"), (Small, "economy")], cheapest.Text);
        (refused.Status, refused.Code, refused["affordable_requests"].GetInt32()).Should().Be((402, "budget_exceeded", 0));
        (await api.AtRest(agent)).Where(l => l.Kind == "settle").Select(l => l.Model).Should().BeEquivalentTo(Middle, Small, Small, Small, Small);
    }

    [Fact]
    public async Task What_is_refused_says_how_many_of_the_first_would_fit_the_cheapest_way_and_so_many_do()
    {
        var measured = await api.NewAgent("""{"per_call_limit":0.0002}""");
        api.Answers();
        var least = (await Post(measured, [Chat("hello 0")]))["held"].GetDecimal();
        var agent = await api.NewAgent($$"""{"daily_limit":{{least * 3}}}""");

        var refused = await Post(agent, Enumerable.Range(0, 5).Select(i => Chat($"hello {i}")));
        var made = await Post(agent, Enumerable.Range(0, 3).Select(i => Chat($"hello {i}")));

        (refused.Status, refused["affordable_requests"].GetInt32(), refused["requested"].GetDecimal()).Should().Be((402, 3, least * 5), refused.Text);
        made["completed"].GetInt32().Should().Be(3, made.Text);
    }

    [Fact]
    public async Task Requests_that_say_the_same_are_routed_and_paid_once_and_another_complexity_is_another_request()
    {
        var agent = await api.NewAgent();
        api.Answers((Small, 500, Broken));

        var answer = await Post(agent, [Chat("same"), Chat("same"), Chat("same", "complex")]);

        Routes(answer).Should().Equal((Middle, "auto:simple:fallback"), (Middle, "auto:simple:fallback"), (Large, "auto:complex"));
        answer["results"][1].GetProperty("duplicate_of").GetInt32().Should().Be(0);
        api.Provider.Calls.Select(c => ModelOf(c.Body)).Should().BeEquivalentTo(Small, Middle, Large);
        await Spent(agent, api.Price(Middle, s_used) + api.Price(Large, s_used));
    }

    [Fact]
    public async Task What_is_said_of_a_request_of_a_batch_teaches()
    {
        var agent = await api.NewAgent();
        api.Answers();
        var call = (await Post(agent, [Chat("hello"), Chat("hello too")]))["results"][0].GetProperty("reservation_id").GetString();

        var told = await agent.Post("/v1/feedback", $$"""{"reservation_id":"{{call}}","quality":0.1}""");

        (told.Status, told["taught"].GetBoolean(), told["model"].GetString()).Should().Be((200, true, Small), told.Text);
        Routes(await Post(agent, [Chat("hello")])).Should().Equal((Middle, "auto:simple"));
    }

    [Fact]
    public async Task The_same_batch_under_the_same_key_is_made_once_whatever_it_would_be_made_of_now()
    {
        var agent = await api.NewAgent();
        api.Answers((Small, 500, Broken));

        var first = await Post(agent, [Chat("a"), Chat("b")], key: "mine");
        var again = await Post(agent, [Chat("a"), Chat("b")], key: "mine", complexity: "complex");

        first["completed"].GetInt32().Should().Be(2, first.Text);
        (again.Status, again.Code).Should().Be((409, "call_made_before"), again.Text);
        api.Provider.Calls.Should().HaveCount(4);
    }

    [Fact]
    public async Task A_complexity_that_is_none_is_refused_and_what_no_tier_serves_is_not_made()
    {
        var agent = await api.NewAgent();

        (await Post(agent, [Chat("a", "hard")])).FaultyFields.Should().Equal("requests[0].task_complexity");
        (await Post(agent, [Chat("a")], complexity: "hard")).FaultyFields.Should().Equal("x-task-complexity");
        var embedded = await Post(agent, [Chat("a"), """{"url":"/v1/embeddings","body":{"model":"auto","input":"x"}}"""]);
        (embedded.Status, embedded.Code).Should().Be((404, "model_not_served"), embedded.Text);
        embedded.FaultyFields.Should().Equal("requests[1].body.model");
        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_told_of_routed_requests_has_the_shape_that_the_contract_promises()
    {
        var agent = await api.NewAgent();
        var contract = new OpenApiContract((await agent.Get("/openapi/v1.json")).Json);
        api.Answers((Small, 500, Broken));

        var answer = await Post(agent, [Chat("a"), Chat("b", "complex"), Chat("a")]);

        answer["results"][0].GetProperty("tried").GetArrayLength().Should().Be(1, answer.Text);
        contract.Faults(answer, "POST", "/v1/agents/batch").Should().BeEmpty(answer.Text);
    }

    private static string Chat(string text, string? complexity = null, string model = "auto") =>
        $$$"""{{{{(complexity is null ? "" : $"\"task_complexity\":\"{complexity}\",")}}}"url":"/v1/chat/completions","body":{"model":"{{{model}}}","messages":[{"role":"user","content":"{{{text}}}"}],"max_tokens":100}}""";

    private static Task<Answer> Post(Agent agent, IEnumerable<string> requests, string? complexity = null, string? key = null) =>
        agent.Send("POST", "/v1/agents/batch", new StringContent($$"""{"requests":[{{string.Join(",", requests)}}]}""", Encoding.UTF8, "application/json"), r =>
        {
            if (complexity is not null)
            {
                r.Headers.Add("x-task-complexity", complexity);
            }

            if (key is not null)
            {
                r.Headers.Add("Idempotency-Key", key);
            }
        });

    private static IEnumerable<(string?, string?)> Routes(Answer answer) =>
        answer["results"].EnumerateArray().Select(r => (r.GetProperty("model").GetString(), r.GetProperty("route").GetString()));

    private static IEnumerable<(string?, string?, decimal)> Tried(Answer answer, int index) =>
        answer["results"][index].GetProperty("tried").EnumerateArray().Select(t => (t.GetProperty("model").GetString(), t.GetProperty("why").GetString(), t.GetProperty("cost").GetDecimal()));

    private static async Task Spent(Agent agent, decimal spent) =>
        (await agent.Get("/v1/agents/usage?period=today"))["amount_spent"].GetDecimal().Should().Be(spent);
}
