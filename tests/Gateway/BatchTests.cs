using System.Text;
using System.Text.Json;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Many calls in one request: one hold, each asked and paid once, one's failure its own.</summary>
[Collection(GatewayApi.Name)]
public sealed class BatchTests(GatewayApi api)
{
    private const int Requests = 1_000;
    private const int Duplicates = 300;

    private static readonly TokenUsage s_used = new(11, 9);

    private int _known;

    [Fact]
    public async Task A_thousand_requests_with_duplicates_and_failures_cost_what_the_provider_made()
    {
        var agent = await api.NewAgent("""{"daily_limit":100,"per_call_limit":1}""");
        api.Provider.Answer = (http, body) =>
        {
            // One in ten of those that differ.
            var fails = body.Contains("0 hello", StringComparison.Ordinal);
            http.Response.StatusCode = fails ? 500 : 200;
            return http.Response.WriteAsync(fails ? """{"error":{"message":"broken","type":"server_error"}}""" : Said.Completion());
        };

        // The last three hundred say what the first said.
        var answer = await Post(agent, Enumerable.Range(0, Requests).Select(i => Chat($"{i % (Requests - Duplicates)} hello", $"r{i}")), concurrency: 32);

        answer.Status.Should().Be(200, answer.Text);
        var results = answer["results"].EnumerateArray().ToList();
        results.Select(r => r.GetProperty("index").GetInt32()).Should().Equal(Enumerable.Range(0, Requests));
        results.Select(r => r.GetProperty("custom_id").GetString()).Should().Equal(Enumerable.Range(0, Requests).Select(i => $"r{i}"));
        results.Where((r, i) => (r.GetProperty("status").GetInt32() == 200) != (i % 10 > 0)).Should().BeEmpty();
        results[^1].GetProperty("duplicate_of").GetInt32().Should().Be(Duplicates - 1);
        results[^1].GetProperty("body").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().Should().Be("Hi there");
        results[0].GetProperty("body").GetProperty("error").GetProperty("message").GetString().Should().Be("broken");
        var made = api.Provider.Calls.Select(c => c.Body).Distinct().ToList();
        made.Should().HaveCount(Requests - Duplicates);
        var paid = made.Count(b => !b.Contains("0 hello", StringComparison.Ordinal)) * api.Price("gpt-4o", s_used);
        answer["cost"].GetDecimal().Should().Be(paid);
        results.Sum(r => r.GetProperty("cost").GetDecimal()).Should().Be(paid);
        (answer["total"].GetInt32(), answer["completed"].GetInt32(), answer["failed"].GetInt32(), answer["duplicates"].GetInt32()).Should().Be((1_000, 900, 100, 300));

        var lines = await api.AtRest(agent);
        lines[0].Should().BeEquivalentTo(new { Kind = "hold", Amount = answer["held"].GetDecimal() });
        lines.Count(l => l.Kind == "hold").Should().Be(1 + Requests - Duplicates);
        lines.Where(l => l.Kind == "settle").Sum(l => l.Amount).Should().Be(paid);
        lines.Count(l => l.Kind == "settle").Should().Be(630);
        await Spent(agent, paid);
    }

    [Fact]
    public async Task What_was_spent_on_each_model_is_booked_on_that_model()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, _) => http.Response.WriteAsync(http.Request.Path.Value switch
        {
            "/v1/messages" => Said.Message("""{"input_tokens":20,"output_tokens":5}"""),
            "/v1/embeddings" => """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":7,"total_tokens":7}}""",
            _ => Said.Completion(),
        });

        var answer = await Post(
            agent,
            [
                Chat("hello"),
                $$"""{"url":"/v1/messages","body":{{Said.Claude}}}""",
                """{"url":"/v1/embeddings","method":"POST","body":{"model":"text-embedding-3-small","input":"hello"}}""",
            ]);

        answer["completed"].GetInt32().Should().Be(3, answer.Text);
        string[] models = ["gpt-4o", "claude-haiku-4-5", "text-embedding-3-small"];
        var costs = answer["results"].EnumerateArray().Select(r => r.GetProperty("cost").GetDecimal());
        costs.Should().Equal(
            api.Price("gpt-4o", s_used), api.Price("claude-haiku-4-5", new TokenUsage(20, 5)), api.Price("text-embedding-3-small", new TokenUsage(7)));
        (await api.AtRest(agent)).Where(l => l.Kind == "settle").Select(l => (l.Model, l.Amount)).Should().BeEquivalentTo(
            models.Zip(costs));
    }

    [Fact]
    public async Task A_batch_that_does_not_fit_is_not_made_at_all_and_says_how_much_would()
    {
        var measured = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var most = (await Post(measured, [Chat("00 hello")]))["held"].GetDecimal();
        var agent = await api.NewAgent($$"""{"daily_limit":{{most * 5}}}""");

        // A duplicate costs nothing.
        var answer = await Post(agent, [Chat("00 hello"), .. Enumerable.Range(0, 10).Select(i => Chat($"0{i} hello"))], key: "mine");

        (answer.Status, answer.Code).Should().Be((402, "budget_exceeded"), answer.Text);
        answer["affordable_requests"].GetInt32().Should().Be(6);
        answer["requested"].GetDecimal().Should().Be(most * 10);
        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
        (await Post(agent, Enumerable.Range(0, 5).Select(i => Chat($"0{i} hello")), key: "mine"))["completed"].GetInt32().Should().Be(5, "a refusal uses no key up");
    }

    [Fact]
    public async Task The_same_batch_under_the_same_key_is_made_once()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());

        (await Post(agent, [Chat("a"), Chat("b")], key: "mine")).Status.Should().Be(200);
        var again = await Post(agent, [Chat("a"), Chat("b")], key: "mine");
        var other = await Post(agent, [Chat("a"), Chat("c")], key: "mine");

        (again.Status, again.Code).Should().Be((409, "call_made_before"));
        (other.Status, other.Code).Should().Be((422, "idempotency_key_reused"));
        api.Provider.Calls.Should().HaveCount(2);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_named_and_nothing_is_done()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/agents/batch", """
            {"max_concurrency":65,"max_concurency":1,"requests":[
              {"url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[]},"custom_id":"a"},
              {"url":"/v1/chat/completions","body":{"messages":[]}},
              {"url":"http://169.254.169.254/v1/chat/completions","body":{"model":"gpt-4o"}},
              {"url":"/v1/chat/completions","body":[]},
              {"url":"/v1/chat/completions","body":{"model":"gpt-4o","stream":true},"custom_id":"a"},
              {"url":"/v1/messages","body":{"model":"claude-haiku-4-5"},"method":"GET"},
              5]}
            """);

        answer.Status.Should().Be(400);
        answer.FaultyFields.Should().BeEquivalentTo(
            "max_concurrency", "max_concurency", "requests[1].body.model", "requests[2].url", "requests[3].body", "requests[4].body.stream", "requests[4].custom_id",
            "requests[5].method", "requests[5].body.max_tokens", "requests[6]");
        (await Post(agent, [])).FaultyFields.Should().Equal("requests");
        (await Post(agent, Enumerable.Repeat(Chat("a"), 1_001))).FaultyFields.Should().Equal("requests");
        (await Post(agent, [Chat("a"), Chat("b", model: "llama-of-nobody", home: false)])).Code.Should().Be("unknown_model_price");
        (await Post(agent, [Chat("a"), Chat("b", model: "claude-haiku-4-5")])).Code.Should().Be("model_not_served");
        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
    }

    [Fact]
    public async Task Results_come_as_events_as_soon_as_they_are_there()
    {
        var agent = await api.NewAgent();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Provider.Answer = async (http, body) =>
        {
            if (body.Contains("slow", StringComparison.Ordinal))
            {
                await goOn.Task;
            }

            await http.Response.WriteAsync(Said.Completion().Replace(",", ",\n", StringComparison.Ordinal));
        };
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = Request(agent, [Chat("slow", "first"), Chat("quick", "second"), Chat("quick", "third")]);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());

        var price = api.Price("gpt-4o", s_used);
        (await Next(events)).Should().Match<(string Name, JsonElement Data)>(e => e.Name == "result" && e.Data.GetProperty("custom_id").GetString() == "second" && e.Data.GetProperty("cost").GetDecimal() == price);
        (await Next(events)).Should().Match<(string Name, JsonElement Data)>(e => e.Name == "result" && e.Data.GetProperty("duplicate_of").GetInt32() == 1 && e.Data.GetProperty("cost").GetDecimal() == 0);
        (await Next(events)).Should().Match<(string Name, JsonElement Data)>(e => e.Name == "progress" && e.Data.GetProperty("completed").GetInt32() == 2 && e.Data.GetProperty("total").GetInt32() == 3);
        goOn.SetResult();
        (await Next(events)).Should().Match<(string Name, JsonElement Data)>(e => e.Name == "result" && e.Data.GetProperty("index").GetInt32() == 0);
        (await Next(events)).Name.Should().Be("progress");
        (await Next(events)).Should().Match<(string Name, JsonElement Data)>(e => e.Name == "done" && e.Data.GetProperty("cost").GetDecimal() == 2 * price);
        (await events.ReadToEndAsync()).Should().BeEmpty();
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json")]
    public async Task When_the_caller_goes_what_is_under_way_is_finished_and_paid_and_nothing_else_is_begun(string accept)
    {
        var agent = await api.NewAgent();
        _known = api.Log.Text.Split("has gone").Length;
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var under = 0;
        api.Provider.Answer = async (http, _) =>
        {
            if (Interlocked.Increment(ref under) == 2)
            {
                both.SetResult();
            }

            await goOn.Task;
            await http.Response.WriteAsync(Said.Completion());
        };
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = Request(agent, Enumerable.Range(0, 20).Select(i => Chat($"{i}")), concurrency: 2);
        request.Headers.Accept.ParseAdd(accept);
        using var gone = new CancellationTokenSource();
        var calling = http.SendAsync(request, gone.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await both.Task;
        await gone.CancelAsync();
        await calling;
        await HostKnows();
        goOn.SetResult();

        var lines = await api.AtRest(agent);

        api.Provider.Calls.Should().HaveCount(2);
        lines.Where(l => l.Kind == "settle").Select(l => l.Amount).Should().Equal(Enumerable.Repeat(api.Price("gpt-4o", s_used), 2));
        await Spent(agent, 2 * api.Price("gpt-4o", s_used));
    }

    [Fact]
    public async Task An_agent_that_is_frozen_in_mid_batch_makes_no_further_call_of_it()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, _) =>
        {
            (await api.Operator.Post($"/v1/agents/{agent.Id}/freeze", """{"reason":"stop"}""")).Status.Should().Be(200);
            await http.Response.WriteAsync(Said.Completion());
        };

        var answer = await Post(agent, [Chat("a"), Chat("b"), Chat("c")], concurrency: 1);

        answer["results"].EnumerateArray().Select(r => r.GetProperty("status").GetInt32()).Should().Equal(200, 402, 402);
        answer["results"][1].GetProperty("body").GetProperty("error").GetProperty("code").GetString().Should().Be("frozen");
        api.Provider.Calls.Should().ContainSingle();
        await Spent(agent, api.Price("gpt-4o", s_used));
    }

    [Fact]
    public async Task What_was_kept_is_answered_for_nothing_and_what_is_answered_is_kept()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var same = Chat("a").Replace("\"model\"", "\"temperature\":0,\"model\"", StringComparison.Ordinal);

        (await Post(agent, [same]))["results"][0].GetProperty("cached").GetBoolean().Should().BeFalse();
        var again = await Post(agent, [same, Chat("b")]);

        again["results"][0].GetProperty("cached").GetBoolean().Should().BeTrue(again.Text);
        again["results"].EnumerateArray().Select(r => r.GetProperty("cost").GetDecimal()).Should().Equal(0, api.Price("gpt-4o", s_used));
        again["results"][0].GetProperty("body").GetProperty("id").GetString().Should().Be("c1");
        api.Provider.Calls.Should().HaveCount(2);
        await Spent(agent, 2 * api.Price("gpt-4o", s_used));
    }

    [Fact]
    public async Task A_batch_below_other_agents_leaves_nothing_held_above()
    {
        var root = await api.NewAgent();
        var created = await root.Post("/v1/agents/create-child", """{"child_name":"c"}""");
        var child = api.Holder(created["api_key"].GetString()!, created["child_id"].GetString()!);
        api.Provider.Says(Said.Completion());

        var answer = await Post(child, Enumerable.Range(0, 20).Select(i => Chat($"{i}")));

        answer["completed"].GetInt32().Should().Be(20, answer.Text);
        await Spent(child, 20 * api.Price("gpt-4o", s_used));
        (await root.Post("/v1/agents/budget", """{"daily_limit":0}""")).Status.Should().Be(200);
        var refused = await Post(child, [Chat("again")]);
        (refused.Status, refused["refused_by"].GetString(), refused["amount_held"].GetDecimal(), refused["amount_spent"].GetDecimal()).Should().Be((402, root.Id, 0m, 20 * api.Price("gpt-4o", s_used)), refused.Text);
    }

    [Fact]
    public async Task What_is_answered_has_the_shape_that_the_contract_promises()
    {
        var agent = await api.NewAgent();
        var contract = new OpenApiContract((await agent.Get("/openapi/v1.json")).Json);
        api.Provider.Says(Said.Completion());

        foreach (var answer in new[]
        {
            await Post(agent, [Chat("a"), Chat("a"), Chat("b", "named")]),
            await Post(agent, [Chat("a", tokens: 10_000_000)]),
            await Post(await api.NewAgent("""{"daily_limit":0}"""), [Chat("a")]),
            await Post(agent, []),
        })
        {
            contract.Faults(answer, "POST", "/v1/agents/batch").Should().BeEmpty(answer.Text);
        }
    }

    [Fact]
    public async Task A_call_that_is_dearer_than_one_may_be_keeps_the_batch_from_being_made()
    {
        var agent = await api.NewAgent("""{"daily_limit":100,"per_call_limit":0.01}""");

        var answer = await Post(agent, [Chat("a"), Chat("b", tokens: 10_000)]);

        (answer.Status, answer["limit_type"].GetString()).Should().Be((402, "per_call"));
        api.Provider.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task Answers_that_are_no_json_are_texts_and_the_operators_account_is_hidden()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, body) =>
        {
            http.Response.StatusCode = body.Contains("key", StringComparison.Ordinal) ? 400 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode == 400 ? $$$"""{"error":{"message":"{{{GatewayApi.OpenAiKey}}} of org-abcdefgh"}}""" : "<html>\n</html>");
        };

        var answer = await Post(agent, [Chat("html"), Chat("key")]);

        answer["results"][0].GetProperty("body").GetString().Should().Be("<html>\n</html>");
        answer["results"][1].GetProperty("body").GetProperty("error").GetProperty("message").GetString().Should().Be("[hidden] of [hidden]");
        answer.Text.Should().NotContain("canary");
    }

    private static string Chat(string text, string? name = null, string model = "gpt-4o", int tokens = 100, bool home = true) =>
        $$$"""{{{{(name is null ? "" : $"\"custom_id\":\"{name}\",")}}}"url":"/v1/{{{(home ? "chat/completions" : "responses")}}}","body":{"model":"{{{model}}}","{{{(home ? "messages" : "input")}}}":[{"role":"user","content":"{{{text}}}"}],"{{{(home ? "max_tokens" : "max_output_tokens")}}}":{{{tokens}}} }}""";

    private static string Body(IEnumerable<string> requests, int? concurrency) =>
        $$"""{"requests":[{{string.Join(",", requests)}}]{{(concurrency is { } c ? $",\"max_concurrency\":{c}" : "")}}}""";

    private static Task<Answer> Post(Agent agent, IEnumerable<string> requests, int? concurrency = null, string? key = null) =>
        agent.Post("/v1/agents/batch", Body(requests, concurrency), key);

    private static HttpRequestMessage Request(Agent agent, IEnumerable<string> requests, int? concurrency = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/agents/batch") { Content = new StringContent(Body(requests, concurrency), Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {agent.Key}");
        return request;
    }

    private static async Task<(string Name, JsonElement Data)> Next(StreamReader events)
    {
        var name = await events.ReadLineAsync();
        var data = await events.ReadLineAsync();
        (await events.ReadLineAsync()).Should().BeEmpty();
        return (name!["event: ".Length..], JsonDocument.Parse(data!["data: ".Length..]).RootElement);
    }

    /// <summary>Waits until the host has noticed that a caller is no longer there.</summary>
    private async Task HostKnows()
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (api.Log.Text.Split("has gone").Length == _known)
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static async Task Spent(Agent agent, decimal spent) =>
        (await agent.Get("/v1/agents/usage?period=today"))["amount_spent"].GetDecimal().Should().Be(spent);
}
