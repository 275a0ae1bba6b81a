using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Whatever a provider or a caller does: the hold ends once, nothing that was made is free, and nothing that was not is paid for.</summary>
[Collection(GatewayApi.Name)]
public sealed class FaultTests(GatewayApi api)
{
    [Theory]
    [InlineData(400, """{"error":{"message":"bad","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData(404, """{"error":{"message":"no such model","code":"model_not_found"}}""")]
    [InlineData(429, """{"error":{"message":"slow down","type":"rate_limit_error"}}""")]
    [InlineData(500, """{"error":{"message":"oops","type":"server_error"}}""")]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData(413, "<html>too large</html>")]
    public async Task A_providers_error_is_passed_on_and_costs_nothing(int status, string body)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(body, status);

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        (answer.Status, answer.Text).Should().Be((status, body));
        (await api.Ended(agent)).Kind.Should().Be("release");
        answer.Headers.GetValues("x-budget-remaining").Should().Equal("100.00");
    }

    [Fact]
    public async Task An_error_of_something_on_the_way_costs_the_input()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("<html>Bad gateway</html>", 502, "text/html");

        (await agent.Post("/v1/chat/completions", Said.Hello)).Status.Should().Be(502);

        var lines = await api.AtRest(agent);
        lines[1].Kind.Should().Be("settle");
        lines[1].Amount.Should().Be(api.Price("gpt-4o", new TokenUsage(lines[0].Tokens("input_tokens")))).And.BePositive();
    }

    [Theory]
    [InlineData(401)]
    [InlineData(302)]
    public async Task What_is_wrong_between_the_provider_and_the_operator_is_not_told(int status)
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, _) =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.Location = $"{api.Provider.Address}v1/elsewhere";
            await http.Response.WriteAsync($$$"""{"error":{"message":"Incorrect API key provided: {{{GatewayApi.OpenAiKey}}}"}}""");
        };

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        (answer.Status, answer.Code).Should().Be((502, "provider_refused"));
        answer.Text.Should().NotContain("sk-");
        answer.Headers.GetValues("x-should-retry").Should().Equal("false");
        api.Provider.Calls.Should().ContainSingle("redirects are not followed");
        (await api.Ended(agent)).Kind.Should().Be("release");
    }

    [Fact]
    public async Task Neither_keys_nor_accounts_of_the_operator_are_in_an_error_or_a_log()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, _) =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers["openai-organization"] = "org-canary123";
            http.Response.Headers["x-ratelimit-remaining-requests"] = "7";
            http.Response.Headers["Set-Cookie"] = "a=b";
            await http.Response.WriteAsync($$$"""{"error":{"message":"Limit for organization org-canary123 of project proj_canary456, key {{{GatewayApi.OpenAiKey}}} or sk-proj-*****xyz9."}}""");
        };

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        answer.Status.Should().Be(429);
        $"{answer.Text} {answer.Headers}".Should().NotContainAny("canary", "xyz9", "ratelimit", "Set-Cookie");
        api.Log.Text.Should().Contain("answered 429").And.NotContainAny(GatewayApi.OpenAiKey, GatewayApi.AnthropicKey, "hello", agent.Key!);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_costs_nothing()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/chat/completions", Said.Hello.Replace("gpt-4o", "mistral-large-latest", StringComparison.Ordinal));

        (answer.Status, answer.Code).Should().Be((502, "provider_unreachable"), answer.Text);
        (await api.Ended(agent)).Kind.Should().Be("release");
    }

    [Theory]
    [InlineData("""{"error":{"message":"quietly failed"}}""")]
    [InlineData("""{"type":"error","error":{"type":"api_error","message":"no"}}""")]
    public async Task Success_with_nothing_but_an_error_in_it_costs_nothing(string body)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(body);

        (await agent.Post("/v1/chat/completions", Said.Hello)).Text.Should().Be(body);

        (await api.Ended(agent)).Kind.Should().Be("release");
    }

    [Theory]
    [InlineData("""{"error":{"message":"late"},"choices":[{"message":{"content":"some"}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"no usage at all"}}]}""")]
    [InlineData("""{"choices":[],"usage":null}""")]
    [InlineData("""{"usage":{}}""")]
    [InlineData("""{"usage":{"prompt_tokens":5}}""")]
    [InlineData("""{"choices":[{"mess""")]
    [InlineData("")]
    [InlineData("""{"choices":[{"message":{"content":"\ud800"}}]}""")]
    public async Task What_the_provider_does_not_count_is_counted_and_never_free(string body)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(body);

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        answer.Text.Should().Be(body);
        var lines = await api.AtRest(agent);
        lines.Should().HaveCount(2);
        lines[1].Kind.Should().Be("settle");
        lines[1].Amount.Should().BePositive().And.BeLessThanOrEqualTo(lines[0].Amount);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":-5,"completion_tokens":9}""")]
    [InlineData("""{"prompt_tokens":5,"completion_tokens":-9}""")]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":9}""")]
    [InlineData("""{"prompt_tokens":"11","completion_tokens":9}""")]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":99999999999999999999}""")]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":5000000000}""")]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":12}}""")]
    [InlineData("""{"prompt_tokens":11,"completion_tokens":9,"completion_tokens_details":{"audio_tokens":3}}""")]
    public async Task Usage_that_cannot_be_costs_all_that_was_held(string usage)
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion(usage));

        (await agent.Post("/v1/chat/completions", Said.Hello)).Status.Should().Be(200);

        var lines = await api.AtRest(agent);
        lines.Should().HaveCount(2);
        (lines[1].Kind, lines[1].Amount).Should().Be(("settle", lines[0].Amount));
    }

    [Fact]
    public async Task An_explicit_zero_stays_zero_and_more_than_was_held_is_booked_as_it_is()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion("""{"prompt_tokens":0,"completion_tokens":0}"""));
        await agent.Post("/v1/chat/completions", Said.Hello);
        api.Provider.Says(Said.Completion("""{"prompt_tokens":1000000,"completion_tokens":1000000}"""));
        await agent.Post("/v1/chat/completions", Said.Hello);

        var settled = (await api.AtRest(agent)).Where(l => l.Kind == "settle").ToList();
        settled.Select(l => (l.Amount, l.Overage)).Should().Equal((0m, false), (12.5m, true));
    }

    [Fact]
    public async Task Thinking_that_nobody_saw_is_paid_for_as_if_it_had_been_all_it_could()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"choices":[{"message":{"content":"no usage"}}]}""");

        await agent.Post("/v1/chat/completions", """{"model":"gpt-5","max_completion_tokens":500,"messages":[]}""");

        var lines = await api.AtRest(agent);
        lines[1].Tokens("output_tokens").Should().Be(500);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_stream_that_the_provider_cuts_costs_what_went_by_and_does_not_look_whole(int events)
    {
        var agent = await api.NewAgent();
        await Cut(agent, "/v1/chat/completions", Said.HelloStreamed, [.. Enumerable.Range(0, events).Select(i => Said.Chunk($"1234{i}"))], $"1234{events - 1}");

        var lines = await api.AtRest(agent);
        lines.Should().HaveCount(2);
        lines[1].Kind.Should().Be("settle");
        lines[1].Tokens("output_tokens").Should().BeInRange((5 * events) + 1, 100, "each byte that went by may have been a token");
        lines[1].Tokens("input_tokens").Should().Be(lines[0].Tokens("input_tokens"));
    }

    [Fact]
    public async Task A_cut_stream_of_Anthropics_costs_the_input_it_told()
    {
        var agent = await api.NewAgent();
        await Cut(agent, "/v1/messages", Said.ClaudeStreamed, Said.MessageEvents("""{"input_tokens":3,"cache_read_input_tokens":7,"output_tokens":1}""", "{}")[..3], "Hello there");

        var settled = await api.Ended(agent);
        (settled.Tokens("input_tokens"), settled.Tokens("cache_read_tokens")).Should().Be((3, 7));
        settled.Tokens("output_tokens").Should().BeInRange(11, 100);
    }

    [Fact]
    public async Task A_stream_that_begins_with_an_error_costs_nothing_and_one_that_ends_with_one_does()
    {
        var agent = await api.NewAgent();
        const string error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
        api.Provider.Streams(error);
        await FluentActions.Awaiting(() => agent.Post("/v1/messages", Said.ClaudeStreamed)).Should().ThrowAsync<HttpRequestException>();
        (await api.Ended(agent)).Kind.Should().Be("release");

        var other = await api.NewAgent();
        api.Provider.Streams([.. Said.MessageEvents("""{"input_tokens":3,"output_tokens":1}""", "{}").Take(3), error]);
        await FluentActions.Awaiting(() => other.Post("/v1/messages", Said.ClaudeStreamed)).Should().ThrowAsync<HttpRequestException>();
        (await api.Ended(other)).Amount.Should().BePositive();
    }

    [Fact]
    public async Task A_last_word_that_does_not_count_is_no_last_word()
    {
        var agent = await api.NewAgent();
        api.Provider.Streams(Said.MessageEvents("""{"input_tokens":3,"output_tokens":1}""", """{"output_tokens":null}"""));

        await agent.Post("/v1/messages", Said.ClaudeStreamed);

        (await api.Ended(agent)).Tokens("output_tokens").Should().BeInRange("Hello there".Length, 100);
    }

    [Fact]
    public async Task A_stream_without_usage_is_counted()
    {
        var agent = await api.NewAgent();
        api.Provider.Streams(Said.Chunk("12345"), Said.Done);

        (await agent.Post("/v1/chat/completions", Said.HelloStreamed)).Text.Should().EndWith("[DONE]\n\n");

        (await api.Ended(agent)).Tokens("output_tokens").Should().BeInRange(5, 100);
    }

    [Fact]
    public async Task A_provider_that_says_nothing_is_held_for_then_left_and_all_it_can_have_made_is_booked()
    {
        var agent = await api.NewAgent();
        var begun = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        api.Provider.Answer = async (http, _) =>
        {
            http.RequestAborted.Register(left.SetResult);
            begun.SetResult();
            await left.Task;
        };
        var call = agent.Post("/v1/chat/completions", Said.Hello);
        await begun.Task;

        var id = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("reservation_id").GetString();
        for (var minutes = 5; minutes < 15; minutes += 5)
        {
            var before = (await agent.Get($"/v1/reservations/{id}"))["expires_at"].GetDateTimeOffset();
            api.Clock.Advance(TimeSpan.FromMinutes(5));
            await Until(async () => (await agent.Get($"/v1/reservations/{id}"))["expires_at"].GetDateTimeOffset() == before.AddMinutes(5));
        }

        api.Clock.Advance(TimeSpan.FromMinutes(5));
        (await call).Code.Should().Be("provider_broke_off");
        await left.Task;
        var settled = await api.Ended(agent);
        (settled.Kind, settled.Tokens("output_tokens")).Should().Be(("settle", 100));
    }

    /// <summary>A stream that breaks off when its caller has seen what there is of it.</summary>
    private async Task Cut(Agent agent, string path, string body, string[] events, string last)
    {
        var seen = api.Provider.Cuts(events);
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Authorization", "Bearer " + agent.Key);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var line = ""; events.Length > 0 && !line.Contains(last, StringComparison.Ordinal);)
        {
            line = (await reader.ReadLineAsync())!;
        }

        seen.SetResult();
        await FluentActions.Awaiting(() => reader.ReadToEndAsync()).Should().ThrowAsync<IOException>("half an answer must not look whole");
    }

    private static async Task Until(Func<Task<bool>> isSo)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }
}
