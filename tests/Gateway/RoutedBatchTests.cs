using System.Text;
using System.Text.Json;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using static Budgets.Tests.Gateway.RoutedApi;

namespace Budgets.Tests.Gateway;

/// <summary>A call of a batch goes to the model that it would go to alone, and its first model is paid out of the hold of all.</summary>
[Collection(RoutedApi.Name)]
public sealed class RoutedBatchTests(RoutedApi api)
{
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
            new[] { Small, Large, Middle, Large, Small }.Select(m => (m, api.Price(m, Used))));
        (await agent.Get("/v1/agents/usage"))["by_tag"].EnumerateArray().Select(t => t.GetProperty("tag").GetString()).Should().BeEquivalentTo("route:auto:simple", "route:auto:complex");
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
        var measured = await api.NewAgent();
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
        await Spent(agent, api.Price(Middle, Used) + api.Price(Large, Used));
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

    internal static string Chat(string text, string? complexity = null, string model = "auto") =>
        $$$"""{{{{(complexity is null ? "" : $"\"task_complexity\":\"{complexity}\",")}}}"url":"/v1/chat/completions","body":{"model":"{{{model}}}","messages":[{"role":"user","content":"{{{text}}}"}],"max_tokens":100}}""";

    internal static Task<Answer> Post(Agent agent, IEnumerable<string> requests, string? complexity = null, string? key = null, string? approval = null) =>
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

            if (approval is not null)
            {
                r.Headers.Add("x-budget-approval", approval);
            }
        });

    internal static IEnumerable<(string?, string?)> Routes(Answer answer) =>
        answer["results"].EnumerateArray().Select(r => (r.GetProperty("model").GetString(), r.GetProperty("route").GetString()));

    internal static IEnumerable<(string?, string?, decimal)> Tried(Answer answer, int index) =>
        answer["results"][index].GetProperty("tried").EnumerateArray().Select(t => (t.GetProperty("model").GetString(), t.GetProperty("why").GetString(), t.GetProperty("cost").GetDecimal()));

    internal static async Task Spent(Agent agent, decimal spent) =>
        (await agent.Get("/v1/agents/usage?period=today"))["amount_spent"].GetDecimal().Should().Be(spent);
}
