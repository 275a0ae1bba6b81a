using System.Text.Json;
using Budgets.ApiHost.Gateway;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Gateway;

/// <summary>Texts to embed that come at the same time go to their provider together, and nobody notices.</summary>
[Collection(GatewayApi.Name)]
public sealed class JoiningTests(GatewayApi api)
{
    private const string Path = "/v1/embeddings";
    private const string Model = "text-embedding-3-small";

    [Fact]
    public async Task A_lone_text_goes_at_once_and_as_it_came()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, body) => http.Response.WriteAsync(Embeddings(body));
        const string body = """{ "input":"alone" ,"model":"text-embedding-3-small" }""";

        (await agent.Post(Path, body)).Status.Should().Be(200);

        api.Provider.Calls.Single().Body.Should().Be(body);
    }

    [Fact]
    public async Task Texts_that_come_while_another_is_under_way_go_together_and_each_pays_its_share_to_the_token()
    {
        var agent = await api.NewAgent();
        var child = await api.NewChild(agent);
        string[] texts = ["a", "four", "\\u0065ight hundred"];

        var (_, joint) = await Together(agent, [(agent, Text(texts[0])), (child, Text(texts[1])), (agent, $$"""{"model":"{{Model}}","input":["{{texts[2]}}"]}""")], (http, body) => http.Response.WriteAsync(Embeddings(body)));

        api.Provider.Calls.Should().HaveCount(2);
        var lengths = joint.Select(a => a["data"][0].GetProperty("embedding")[0].GetInt32());
        lengths.Should().Equal([1, 4, 13], "each gets its own");
        joint.Should().OnlyContain(a => a["data"].GetArrayLength() == 1 && a["data"][0].GetProperty("index").GetInt32() == 0);
        var told = joint.Select(a => a["usage"].GetProperty("prompt_tokens").GetInt64()).ToList();
        told.Sum().Should().Be(Tokens(3));
        var paid = (await api.AtRest(agent)).Concat(await api.AtRest(child)).Where(l => l.Kind == "settle").ToList();
        paid.Select(l => l.Tokens("input_tokens")).Order().Should().Equal(told.Append(Tokens(1)).Order());
        paid.Sum(l => l.Amount).Should().Be(told.Append(Tokens(1)).Sum(t => api.Price(Model, new TokenUsage(t))));
    }

    [Fact]
    public async Task Nobody_waits_for_a_slow_one_longer_than_the_moment_that_is_set()
    {
        var agent = await api.NewAgent();

        var (_, joint) = await Together(
            agent, [(agent, Text("one")), (agent, Text("two"))], (http, body) => http.Response.WriteAsync(Embeddings(body)), () => api.Clock.Advance(TimeSpan.FromMilliseconds(2)));

        joint.Should().OnlyContain(a => a.Status == 200);
        api.Provider.Calls.Should().HaveCount(2);
    }

    [Fact]
    public async Task Strangers_and_those_with_other_options_go_their_own_ways()
    {
        var (one, stranger) = (await api.NewAgent(), await api.NewAgent());
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        api.Provider.Answer = async (http, body) =>
        {
            if (asked.TrySetResult())
            {
                await goOn.Task;
            }

            await http.Response.WriteAsync(Embeddings(body));
        };
        var first = one.Post(Path, Text("first"));
        await asked.Task;

        // None of these waits for the first, which waits for them.
        (await stranger.Post(Path, Text("stranger"))).Status.Should().Be(200);
        (await one.Post(Path, $$"""{"model":"{{Model}}","input":"b","dimensions":3}""")).Status.Should().Be(200);
        (await one.Post(Path, $$"""{"model":"{{Model}}","input":"b","user":"u"}""")).Status.Should().Be(200);
        (await one.Post(Path, $$"""{"model":"{{Model}}","input":["b","c"]}""")).Status.Should().Be(200);
        goOn.SetResult();
        (await first).Status.Should().Be(200);
        api.Provider.Calls.Should().HaveCount(5);
    }

    [Fact]
    public async Task One_that_is_at_fault_spoils_it_for_nobody()
    {
        var agent = await api.NewAgent();

        var (_, joint) = await Together(agent, [(agent, Text("good")), (agent, Text("bad"))], (http, body) =>
        {
            http.Response.StatusCode = body.Contains("bad", StringComparison.Ordinal) ? 400 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode == 400 ? """{"error":{"message":"bad input"}}""" : Embeddings(body));
        });

        joint.Select(a => a.Status).Should().Equal(200, 400);
        api.Provider.Calls.Should().HaveCount(4, "the first, both together, each alone");
        (await api.AtRest(agent)).Count(l => l.Kind == "release").Should().Be(1);
    }

    [Theory]
    [InlineData(429, """{"error":{"message":"slow down"}}""", 429, "release")]
    [InlineData(503, """{"error":{"message":"overloaded"}}""", 503, "release")]
    [InlineData(200, """{"object":"list","data":[],"usage":{"prompt_tokens":5}}""", 502, "settle")]
    [InlineData(200, "{", 502, "settle")]
    public async Task What_fails_together_fails_for_each_and_is_never_free_if_it_was_answered(int status, string answer, int told, string end)
    {
        var agent = await api.NewAgent();

        var (_, joint) = await Together(agent, [(agent, Text("one")), (agent, Text("two"))], (http, body) =>
        {
            var isJoint = body.Contains("one", StringComparison.Ordinal);
            http.Response.StatusCode = isJoint ? status : 200;
            return http.Response.WriteAsync(isJoint ? answer : Embeddings(body));
        });

        joint.Select(a => a.Status).Should().Equal(told, told);
        var ends = (await api.AtRest(agent)).Where(l => l.Kind is "settle" or "release").ToList();
        ends.Should().HaveCount(3);
        ends.Count(l => l.Kind == end).Should().BeGreaterThanOrEqualTo(2);
        ends.Where(l => l.Kind == "settle").Should().OnlyContain(l => l.Amount > 0);
    }

    /// <summary>One call is kept under way until all the others wait, so that they go together.</summary>
    /// <param name="impatience">What sends them off while the first is still under way; null: that it is answered.</param>
    private async Task<(Answer First, Answer[] Joint)> Together(Agent first, (Agent Agent, string Body)[] others, Func<HttpContext, string, Task> answer, Action? impatience = null)
    {
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        api.Provider.Answer = async (http, body) =>
        {
            if (asked.TrySetResult())
            {
                await goOn.Task;
            }

            await answer(http, body);
        };
        var leading = first.Post(Path, Text("leading"));
        await asked.Task;
        var joining = api.App.Services.GetRequiredService<Joining>();
        var posted = new List<Task<Answer>>();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        foreach (var (agent, body) in others)
        {
            posted.Add(agent.Post(Path, body));
            while (joining.Waits < posted.Count && !posted[^1].IsCompleted)
            {
                await pause.WaitForNextTickAsync();
            }
        }

        if (impatience is not null)
        {
            impatience();
            await Task.WhenAll(posted);
        }

        goOn.SetResult();
        return (await leading, await Task.WhenAll(posted));
    }

    private static string Text(string text) => $$"""{"model":"{{Model}}","input":"{{text}}"}""";

    private static long Tokens(int texts) => texts == 1 ? 3 : (texts * 7) + 1;

    /// <summary>The embedding of a text is its length; the last comes first.</summary>
    private static string Embeddings(string body)
    {
        var input = JsonDocument.Parse(body).RootElement.GetProperty("input");
        string[] texts = input.ValueKind == JsonValueKind.String ? [input.GetString()!] : [.. input.EnumerateArray().Select(e => e.GetString()!)];
        var data = texts.Select((t, i) => $$"""{"object":"embedding","index":{{i}},"embedding":[{{t.Length}}]}""").Reverse();
        return $$"""{"object":"list","data":[{{string.Join(',', data)}}],"model":"{{Model}}","usage":{"prompt_tokens":{{Tokens(texts.Length)}},"total_tokens":{{Tokens(texts.Length)}} } }""";
    }
}
