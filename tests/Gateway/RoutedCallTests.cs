using System.Text;
using Budgets.Tests.Http;
using static Budgets.Tests.Gateway.RoutedApi;

namespace Budgets.Tests.Gateway;

/// <summary>"auto" is a model that is good enough; when it fails the next one up is called, and what it cost is booked.</summary>
[Collection(RoutedApi.Name)]
public sealed class RoutedCallTests(RoutedApi api)
{
    private const string CutOff = """
        ,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]
        """;

    private const string Auto = """{ "model": "auto","messages":[{"role":"user","content":"hello"}],"max_tokens":100}""";

    [Fact]
    public async Task Auto_is_the_cheapest_that_is_expected_to_be_good_enough_for_so_hard_a_task()
    {
        var agent = await api.NewAgent();
        api.Answers();

        var simple = await agent.Post("/v1/chat/completions", Auto);
        var complex = await Post(agent, Auto, "complex");
        var wrong = await Post(agent, Auto, "hard");

        Header(simple, "x-budget-route").Should().Be("auto:simple");
        Header(simple, "x-budget-model").Should().Be(Small);
        Header(complex, "x-budget-route").Should().Be("auto:complex");
        api.Provider.Calls.Select(c => c.Body).Should().Equal(Forwarded(Small), Forwarded(Large));
        (wrong.Status, wrong["error"].GetProperty("param").GetString()).Should().Be((400, "x-task-complexity"));
        var lines = await api.AtRest(agent);
        lines.Select(l => l.Model).Should().Equal(Small, Small, Large, Large);
        lines[1].Amount.Should().Be(api.Price(Small, new TokenUsage(11, 9)));
        (await agent.Get("/v1/agents/usage"))["by_tag"].EnumerateArray().Select(t => t.GetProperty("tag").GetString()).Should().BeEquivalentTo("route:auto:simple", "route:auto:complex");

        static string Forwarded(string model) => "{" + Auto[2..].Replace("auto", model, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "auto:simple")]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f"}}]""", "auto:medium")]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f"}}],"response_format":{"type":"json_schema","json_schema":{}},"x":"LONG" """, "auto:complex")]
    [InlineData(""","reasoning_effort":"high","x":"LONG" """, "auto:complex")]
    public async Task Who_does_not_say_how_hard_a_task_is_has_it_judged_by_what_can_be_seen(string more, string route)
    {
        var agent = await api.NewAgent();
        api.Answers();

        var answer = await agent.Post("/v1/chat/completions", Auto[..^1] + more.Replace("LONG", new string('a', 2_500), StringComparison.Ordinal) + "}");

        Header(answer, "x-budget-route").Split(":fallback")[0].Should().Be(route, answer.Text);
    }

    [Fact]
    public async Task Auto_speaks_every_dialect_with_models_that_are_served_in_it()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":21,"output_tokens":7}"""));

        var message = await agent.Post("/v1/messages", Auto);
        var embedded = await agent.Post("/v1/embeddings", """{"model":"auto","input":"x"}""");

        Header(message, "x-budget-route").Should().Be("auto:simple");
        ModelOf(api.Provider.Calls.Single().Body).Should().Be("claude-haiku-4-5");
        (embedded.Status, embedded["error"].GetProperty("code").GetString()).Should().Be((404, "model_not_served"));
    }

    [Theory]
    [InlineData(500, """{"error":{"message":"x"}}""", "error", false)]
    [InlineData(503, "not of the provider", "error", true)]
    [InlineData(429, """{"error":{"message":"x"}}""", "rate_limited", false)]
    [InlineData(404, """{"error":{"message":"x"}}""", "unknown_model", false)]
    [InlineData(401, """{"error":{"message":"x"}}""", "turned_away", false)]
    [InlineData(200, """{"error":{"message":"x"}}""", "error", false)]
    [InlineData(200, "EMPTY", "empty", true)]
    [InlineData(200, "REFUSED", "refused", true)]
    [InlineData(200, "FILTERED", "filtered", true)]
    [InlineData(200, "BAD ARGUMENTS", "not_json", true)]
    [InlineData(200, "NO JSON", "not_json", true)]
    [InlineData(200, "{\"choices\":[{\"message\":{\"content\":\"cut", "malformed", true)]
    public async Task A_model_that_fails_makes_room_for_the_next_tier_and_what_it_cost_is_booked(int status, string said, string fault, bool costs)
    {
        var agent = await api.NewAgent();
        said = said switch
        {
            "EMPTY" => Completion(Small, "\" \""),
            "REFUSED" => Completion(Small, "null", ",\"refusal\":\"I will not\""),
            "FILTERED" => Completion(Small, finish: "content_filter"),
            "BAD ARGUMENTS" => Completion(Small, "null", CutOff, "length"),
            "NO JSON" => Completion(Small, "\"Sure! Here it is\""),
            _ => said,
        };
        api.Answers((Small, status, said), (Middle, 200, Completion(Middle, "\"{}\"")));

        var answer = await Post(agent, Auto[..^1] + ",\"response_format\":{\"type\":\"json_object\"}}", "simple");

        answer.Status.Should().Be(200, answer.Text);
        Header(answer, "x-budget-route").Should().Be("auto:simple:fallback");
        Header(answer, "x-budget-model").Should().Be(Middle);
        Header(answer, "x-budget-tried").Should().StartWith($"{Small};{fault};");
        api.Provider.Calls.Select(c => ModelOf(c.Body)).Should().Equal(Small, Middle);
        var lines = await api.AtRest(agent);
        lines.Select(l => (l.Kind, l.Model)).Should().Equal(("hold", Small), (costs ? "settle" : "release", Small), ("hold", Middle), ("settle", Middle));
        (lines[1].Amount > 0).Should().BeTrue();
    }

    [Fact]
    public async Task A_caller_s_own_mistake_is_told_at_once()
    {
        var agent = await api.NewAgent();
        api.Answers((Small, 400, """{"error":{"message":"temperature must be at most 2"}}"""));

        (await agent.Post("/v1/chat/completions", Auto)).Status.Should().Be(400);
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task When_all_fail_the_last_one_s_error_is_told_and_nothing_stays_held()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"error":{"message":"overloaded"}}""", 503);

        var answer = await agent.Post("/v1/chat/completions", Auto);

        (answer.Status, answer["error"].GetProperty("message").GetString()).Should().Be((503, "overloaded"));
        Header(answer, "x-budget-tried").Split(',').Should().HaveCount(2);
        api.Provider.Calls.Select(c => ModelOf(c.Body)).Should().Equal(Small, Middle, Large);
        (await api.AtRest(agent)).Should().OnlyContain(l => l.Kind == "hold" || l.Kind == "release");
    }

    [Fact]
    public async Task Where_the_next_tier_does_not_fit_the_poor_answer_is_what_there_is()
    {
        var agent = await api.NewAgent("""{"daily_limit":0.0002}""");
        api.Answers((Small, 200, Completion(Small, "\"\"")));

        var answer = await agent.Post("/v1/chat/completions", Auto);

        answer.Status.Should().Be(200, answer.Text);
        Header(answer, "x-budget-route").Should().Be("auto:simple");
        answer["choices"][0].GetProperty("message").GetProperty("content").GetString().Should().BeEmpty();
        api.Provider.Calls.Should().ContainSingle();
        (await api.Ended(agent)).Kind.Should().Be("settle");
    }

    [Fact]
    public async Task A_stream_goes_to_the_next_model_only_before_its_first_byte()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, body) =>
        {
            if (ModelOf(body) == Small)
            {
                http.Response.StatusCode = 429;
                return;
            }

            await FakeProvider.Stream(http, [Said.Chunk("Hi"), Said.UsageChunk(), Said.Done]);
        };

        var fallen = await agent.Post("/v1/chat/completions", Auto[..^1] + ",\"stream\":true}");
        api.Provider.Streams(Said.UsageChunk(), Said.Done);
        var empty = await agent.Post("/v1/chat/completions", Auto[..^1] + ",\"stream\":true}");

        fallen.Text.Should().Contain("Hi").And.EndWith(Said.Done + "\n\n");
        Header(fallen, "x-budget-route").Should().Be("auto:simple:fallback");
        Header(empty, "x-budget-route").Should().Be("auto:simple");
        api.Provider.Calls.Should().HaveCount(3);
    }

    [Fact]
    public async Task A_named_model_of_a_tier_falls_back_where_the_operator_wants_that_and_any_other_stays_itself()
    {
        var agent = await api.NewAgent();
        api.Answers((Small, 500, """{"error":{"message":"x"}}"""), ("gpt-4.1", 500, """{"error":{"message":"x"}}"""));

        var fallen = await agent.Post("/v1/chat/completions", Auto.Replace("auto", Small, StringComparison.Ordinal));
        var stayed = await agent.Post("/v1/chat/completions", Auto.Replace("auto", "gpt-4.1", StringComparison.Ordinal));

        (fallen.Status, Header(fallen, "x-budget-route"), Header(fallen, "x-budget-model")).Should().Be((200, "fallback", Middle));
        stayed.Status.Should().Be(500);
        stayed.Headers.Contains("x-budget-route").Should().BeFalse();
    }

    [Fact]
    public async Task A_model_that_cannot_be_reached_costs_nothing_and_the_next_is_called()
    {
        var agent = await api.NewAgent();
        api.Answers();

        var answer = await agent.Post("/v1/chat/completions", Auto.Replace("auto", "mistral-large-latest", StringComparison.Ordinal));

        (answer.Status, Header(answer, "x-budget-route"), Header(answer, "x-budget-tried")).Should().Be((200, "fallback", "mistral-large-latest;unreachable;0.00"), answer.Text);
        (await api.AtRest(agent)).Select(l => (l.Kind, l.Model)).Should().Equal(("hold", "mistral-large-latest"), ("release", "mistral-large-latest"), ("hold", Large), ("settle", Large));
    }

    [Fact]
    public async Task The_same_call_under_its_key_is_made_once_whatever_model_it_would_go_to_now()
    {
        var agent = await api.NewAgent();
        api.Answers((Small, 500, """{"error":{"message":"x"}}"""));

        var first = await Post(agent, Auto, "simple", "a key");
        var again = await Post(agent, Auto, "complex", "a key");

        first.Status.Should().Be(200, first.Text);
        (again.Status, again["error"].GetProperty("code").GetString()).Should().Be((409, "call_made_before"), again.Text);
        (await api.AtRest(agent)).Count(l => l.Kind == "settle").Should().Be(1);
    }

    internal static string Header(Answer answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";

    internal static Task<Answer> Post(Agent agent, string body, string complexity, string? key = null) =>
        agent.Send("POST", "/v1/chat/completions", new StringContent(body, Encoding.UTF8, "application/json"), r =>
        {
            r.Headers.Add("x-task-complexity", complexity);
            if (key is not null)
            {
                r.Headers.Add("Idempotency-Key", key.Replace(' ', '-'));
            }
        });
}
