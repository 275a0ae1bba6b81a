using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>The same call again costs nothing, and never anybody's secret.</summary>
[Collection(GatewayApi.Name)]
public sealed class CacheTests(GatewayApi api)
{
    private const string Cold = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"max_tokens":100,"temperature":0}""";
    private const string ColdStreamed = """{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}],"max_tokens":100,"temperature":0}""";
    private const string Embed = """{"model":"text-embedding-3-small","input":["hello"]}""";

    private static readonly string[] s_events = [Said.Chunk("Hel"), Said.Chunk("lo"), Said.UsageChunk(), Said.Done];

    [Fact]
    public async Task The_same_call_again_is_answered_for_nothing_and_counted_as_saved()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var first = await agent.Post("/v1/chat/completions", Cold);
        api.Provider.Says("another answer");

        var again = await agent.Post("/v1/chat/completions", """{ "temperature":0, "max_tokens":100, "messages":[{"content":"h\u0065llo", "role":"user"}], "model":"gpt-4o"}""");

        (first.Header("x-budget-cache"), again.Header("x-budget-cache")).Should().Be(("miss", "hit"));
        (again.Status, again.Text, again.MediaType).Should().Be((200, first.Text, "application/json"));
        (again.Header("x-budget-cost"), again.Header("x-budget-saved"), again.Header("x-budget-model")).Should().Be(("0.00", first.Header("x-budget-cost"), "gpt-4o-2024-08-06"));
        api.Provider.Calls.Should().ContainSingle();
        var price = api.Price("gpt-4o", new TokenUsage(11, 9));
        var usage = await agent.Get("/v1/agents/usage");
        usage.Dollars("amount_spent").Should().Be(price);
        usage["operation_count"].GetInt64().Should().Be(2);
        usage["cache_savings"].GetProperty("answered_calls").GetInt64().Should().Be(1);
        usage["cache_savings"].GetProperty("answered_amount").GetDecimal().Should().Be(price);
        var line = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0];
        (line.GetProperty("kind").GetString(), line.GetProperty("amount").GetDecimal(), line.GetProperty("saved").GetDecimal()).Should().Be(("charge", 0m, price));
        (await agent.Get("/v1/agents/optimization"))["calls"].GetInt64().Should().Be(1, "what was answered for nothing is nothing to advise on");
    }

    [Fact]
    public async Task A_stream_is_answered_as_the_stream_that_its_first_caller_saw()
    {
        var agent = await api.NewAgent();
        api.Provider.Streams(s_events);
        var told = ColdStreamed.Replace("\"max_tokens\"", "\"stream_options\":{\"include_usage\":true},\"max_tokens\"", StringComparison.Ordinal);
        var (first, withUsage) = (await agent.Post("/v1/chat/completions", ColdStreamed), await agent.Post("/v1/chat/completions", told));
        api.Provider.Says("another answer");

        var (again, againWithUsage) = (await agent.Post("/v1/chat/completions", ColdStreamed), await agent.Post("/v1/chat/completions", told));

        (again.Header("x-budget-cache"), again.Text, again.MediaType).Should().Be(("hit", first.Text, "text/event-stream"));
        (againWithUsage.Header("x-budget-cache"), againWithUsage.Text).Should().Be(("hit", withUsage.Text));
        (again.Text.Contains("prompt_tokens", StringComparison.Ordinal), againWithUsage.Text.Contains("prompt_tokens", StringComparison.Ordinal)).Should().Be((false, true));
        api.Provider.Calls.Should().HaveCount(2);
    }

    /// <summary>The canary is what the provider told the one; it is in nothing that the other ever hears.</summary>
    [Fact]
    public async Task Strangers_never_get_each_others_answers_and_a_child_gets_its_trees()
    {
        var (one, stranger) = (await api.NewAgent(), await api.NewAgent());
        var child = await api.NewChild(one);
        var grandchild = await api.NewChild(child);
        var number = 0;
        api.Provider.Answer = (http, _) =>
        {
            var canary = $"canary-{Interlocked.Increment(ref number)}";
            http.Response.ContentType = "application/json";
            http.Response.Headers["x-request-id"] = canary;
            return http.Response.WriteAsync(Said.Completion().Replace("Hi there", canary, StringComparison.Ordinal));
        };

        var first = await one.Post("/v1/chat/completions", Cold);
        var other = await stranger.Post("/v1/chat/completions", Cold);
        var below = await grandchild.Post("/v1/chat/completions", Cold);

        (first.Header("x-budget-cache"), other.Header("x-budget-cache"), below.Header("x-budget-cache")).Should().Be(("miss", "miss", "hit"));
        $"{other.Text}{other.Headers}{other.ContentHeaders}".Should().Contain("canary-2").And.NotContain("canary-1");
        below.Text.Should().Be(first.Text);
        below.Headers.Contains("x-request-id").Should().BeFalse("it was another's request");
        api.Provider.Calls.Should().HaveCount(2);
        (await GatewayApi.Lines(grandchild)).Should().ContainSingle().Which.Amount.Should().Be(0);
        (await stranger.Get("/v1/agents/usage"))["cache_savings"].GetProperty("answered_calls").GetInt64().Should().Be(0);
    }

    [Theory]
    [InlineData("it may be answered otherwise", Said.Hello, null)]
    [InlineData("nobody may keep it", Cold, "no-store")]
    [InlineData("it is wanted anew", Cold, "no-cache")]
    [InlineData("it is wanted newer", Cold, "max-age=0")]
    [InlineData("it is a picture", """{"model":"dall-e-3","prompt":"x","temperature":0}""", null)]
    [InlineData("it is kept elsewhere", """{"model":"gpt-4o","store":true,"messages":[],"max_tokens":100,"temperature":0}""", null)]
    public async Task A_call_is_made_again_when(string why, string body, string? cacheControl)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var path = body.Contains("dall-e", StringComparison.Ordinal) ? "/v1/images/generations" : "/v1/chat/completions";

        await Send(agent, path, body, cacheControl);
        api.Clock.Advance(TimeSpan.FromSeconds(1));
        var again = await Send(agent, path, body, cacheControl);

        again.Header("x-budget-cache").Should().NotBe("hit", why);
        api.Provider.Calls.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(200, """{"error":{"message":"canary","type":"server_error"}}""")]
    [InlineData(500, """{"error":{"message":"canary","type":"server_error"}}""")]
    [InlineData(200, """{"id":"c1","object":"chat.completion","choices":[{"message":{"content":"no usage: canary"}}]}""")]
    [InlineData(200, """{"id":"c1","choices":[{"message":{"content":"absurd: canary"}}],"usage":{"prompt_tokens":-1,"completion_tokens":5}}""")]
    [InlineData(200, """{"id":"c1","choices":[{"message":{"content":"damaged: canary"}}""")]
    public async Task What_is_no_whole_answer_is_not_kept(int status, string answer)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(answer, status);
        await agent.Post("/v1/chat/completions", Cold);
        api.Provider.Says(Said.Completion());

        var again = await agent.Post("/v1/chat/completions", Cold);

        (again.Status, again.Header("x-budget-cache")).Should().Be((200, "miss"));
        again.Text.Should().NotContain("canary");
    }

    [Fact]
    public async Task A_stream_that_was_cut_is_not_kept()
    {
        var agent = await api.NewAgent();
        api.Provider.Streams(Said.Chunk("canary"));
        await agent.Invoking(a => a.Post("/v1/chat/completions", ColdStreamed)).Should().ThrowAsync<HttpRequestException>();
        await api.AtRest(agent);
        api.Provider.Streams(s_events);

        var again = await agent.Post("/v1/chat/completions", ColdStreamed);

        again.Header("x-budget-cache").Should().Be("miss");
        again.Text.Should().NotContain("canary");
    }

    [Fact]
    public async Task An_answer_is_old_after_its_time()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":10,"output_tokens":20}"""));
        var cold = Said.Claude[..^1] + ",\"temperature\":0.0}";
        await agent.Post("/v1/messages", cold);

        api.Clock.Advance(TimeSpan.FromSeconds(599));
        var fresh = await agent.Post("/v1/messages", cold);
        api.Clock.Advance(TimeSpan.FromSeconds(1));
        var old = await agent.Post("/v1/messages", cold);

        (fresh.Header("x-budget-cache"), fresh.Header("age"), old.Header("x-budget-cache")).Should().Be(("hit", "599", "miss"));
    }

    [Fact]
    public async Task Whoever_is_over_the_limit_is_answered_and_whoever_may_not_spend_is_not()
    {
        var root = await api.NewAgent();
        var child = await api.NewChild(root);
        api.Provider.Says(Said.Completion());
        await child.Post("/v1/chat/completions", Cold);
        await api.Operator.Post($"/v1/agents/{child.Id}/budget", """{"daily_limit":0.000001}""");
        (await child.Post("/v1/chat/completions", Said.Hello)).Code.Should().Be("budget_exceeded");
        (await child.Post("/v1/chat/completions", Cold)).Header("x-budget-cache").Should().Be("hit", "it costs nothing");

        await api.Operator.Post($"/v1/agents/{root.Id}/freeze", """{"reason":"stop"}""");
        foreach (var frozen in (Agent[])[root, child])
        {
            var answer = await frozen.Post("/v1/chat/completions", Cold);
            (answer.Status, answer.Code).Should().Be((402, "frozen"), frozen.Id);
        }

        await api.Operator.Post($"/v1/agents/{root.Id}/unfreeze");
        await api.Operator.Post($"/v1/agents/{root.Id}/budget", """{"daily_limit":0}""");
        (await root.Post("/v1/chat/completions", Cold)).Code.Should().Be("budget_exceeded", "a limit of zero stops everything");
        await api.Operator.Delete($"/v1/agents/{child.Id}");
        (await child.Post("/v1/chat/completions", Cold)).Status.Should().Be(401);
    }

    [Fact]
    public async Task Many_that_ask_the_same_at_once_are_one_call()
    {
        var agent = await api.NewAgent();
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        api.Provider.Answer = async (http, _) =>
        {
            asked.TrySetResult();
            await goOn.Task;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Said.Completion());
        };
        var first = agent.Post("/v1/chat/completions", Cold);
        await asked.Task;
        var others = Enumerable.Range(0, 20).Select(_ => agent.Post("/v1/chat/completions", Cold)).ToList();
        goOn.SetResult();

        (await Task.WhenAll(others)).Select(a => (a.Status, a.Header("x-budget-cache"))).Should().AllBeEquivalentTo((200, "hit"));
        (await first).Header("x-budget-cache").Should().Be("miss");
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task Embeddings_are_the_same_every_time_and_kept()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}""");

        await agent.Post("/v1/embeddings", Embed);

        (await agent.Post("/v1/embeddings", Embed)).Header("x-budget-cache").Should().Be("hit");
        (await agent.Post("/v1/embeddings", Embed.Replace("hello", "other", StringComparison.Ordinal))).Header("x-budget-cache").Should().Be("miss");
    }

    [Fact]
    public async Task What_a_hit_is_for_is_counted_like_that_of_a_call()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        await agent.Post("/v1/chat/completions", Cold);

        await agent.Send("POST", "/v1/chat/completions", new StringContent(Cold, System.Text.Encoding.UTF8, "application/json"), r => r.Headers.Add("x-budget-tags", "night"));

        var line = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0];
        (line.GetProperty("kind").GetString(), line.GetProperty("tags")[0].GetString()).Should().Be(("charge", "night"));
    }

    private static Task<Answer> Send(Agent agent, string path, string body, string? cacheControl) =>
        agent.Send("POST", path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), r =>
        {
            if (cacheControl is not null)
            {
                r.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
            }
        });
}
