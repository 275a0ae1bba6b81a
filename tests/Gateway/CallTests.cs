using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>A call goes through, costs what its provider counted, and cannot go where it likes.</summary>
[Collection(GatewayApi.Name)]
public sealed class CallTests(GatewayApi api)
{
    [Fact]
    public async Task A_call_is_forwarded_byte_for_byte_and_costs_what_the_provider_counted()
    {
        var agent = await api.NewAgent();
        const string body = """{ "model":"gpt-4o","n":1,"unknown":{"a":[1.50,1e3,"\u00e9"]}, "messages":[{"role":"user","content":"hello"}] ,"max_tokens":100}""";
        api.Provider.Says(Said.Completion("""{"prompt_tokens":1011,"completion_tokens":209,"total_tokens":1220,"prompt_tokens_details":{"cached_tokens":1000},"completion_tokens_details":{"reasoning_tokens":0}}"""));

        var answer = await agent.Post("/v1/chat/completions", body);

        answer.Status.Should().Be(200, answer.Text);
        answer["choices"][0].GetProperty("message").GetProperty("content").GetString().Should().Be("Hi there");
        var call = api.Provider.Calls.Should().ContainSingle().Subject;
        call.Body.Should().Be(body);
        call.Path.Should().Be("/v1/chat/completions");
        call.Headers["authorization"].Should().Be("Bearer " + GatewayApi.OpenAiKey);
        var cost = api.Price("gpt-4o", new TokenUsage(1011, 209, CacheReadTokens: 1000));
        var settled = await api.Ended(agent);
        settled.Amount.Should().Be(cost);
        settled.PriceVersion.Should().StartWith("gpt-4o@");
        settled.Tokens("cache_read_tokens").Should().Be(1000);
        Header(answer, "x-budget-cost").Should().Be(Money.FromDollars(cost).ToString());
        Header(answer, "x-budget-remaining").Should().Be(Money.FromDollars(100m - cost).ToString());
        Header(answer, "x-budget-model").Should().Be("gpt-4o-2024-08-06");
        (await agent.Get($"/v1/reservations/{Header(answer, "x-budget-reservation")}"))["status"].GetString().Should().Be("settled");
    }

    [Fact]
    public async Task What_no_header_can_carry_costs_nobody_the_answer()
    {
        using var liberal = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = api.Address };
        var agent = await api.NewAgent();
        var body = Said.Completion().Replace("gpt-4o-2024-08-06", "\u6a21 100%", StringComparison.Ordinal);
        api.Provider.Answer = (http, _) =>
        {
            (http.Response.ContentType, http.Response.Headers["x-request-id"], http.Response.Headers["request-id"]) = ("application/json", "caf\u00e9", "req_1");
            return http.Response.WriteAsync(body);
        };

        var answer = await new Agent(liberal, agent.Key!, agent.Id).Send(
            "POST", "/v1/chat/completions", new StringContent(Said.Hello, Encoding.UTF8, "application/json"), r => r.Headers.TryAddWithoutValidation("User-Agent", "M\u00fcllers agent"));

        (answer.Status, answer.Text).Should().Be((200, body));
        Uri.UnescapeDataString(Header(answer, "x-budget-model")).Should().Be("\u6a21 100%");
        (answer.Header("x-request-id"), answer.Header("request-id")).Should().Be((null, "req_1"));
        (await api.Ended(agent)).Amount.Should().Be(api.Price("gpt-4o", new TokenUsage(11, 9)));
        api.Provider.Calls.Single().Headers.Keys.Should().NotContain("user-agent");
    }

    [Fact]
    public async Task Cache_tokens_cost_what_they_cost_in_Anthropics_count()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":21,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":300},"cache_read_input_tokens":4000,"output_tokens":77}"""));

        var answer = await agent.Post("/v1/messages", Said.Claude);

        answer.Status.Should().Be(200, answer.Text);
        (await api.Ended(agent)).Amount.Should().Be(api.Price("claude-haiku-4-5", new TokenUsage(21, 77, 4000, 500, CacheWrite1hTokens: 300)));
        api.Provider.Calls.Single().Headers["x-api-key"].Should().Be(GatewayApi.AnthropicKey);
        api.Provider.Calls.Single().Headers["anthropic-version"].Should().Be("2023-06-01");
    }

    [Fact]
    public async Task The_usage_of_a_stream_is_asked_for_and_taken_out_again_when_the_caller_did_not_ask()
    {
        var agent = await api.NewAgent();
        string[] events = [Said.Chunk("Hel"), Said.Chunk("lo"), Said.UsageChunk(), Said.Done];
        api.Provider.Streams(events);

        var quiet = await agent.Post("/v1/chat/completions", Said.HelloStreamed);
        var asked = await agent.Post("/v1/chat/completions", Said.HelloStreamed.Replace("\"max_tokens\"", "\"stream_options\":{\"include_usage\":true},\"max_tokens\"", StringComparison.Ordinal));

        quiet.Text.Should().Be(string.Concat(new[] { events[0], events[1], events[3] }.Select(e => e + "\n\n")));
        asked.Text.Should().Be(string.Concat(events.Select(e => e + "\n\n")));
        var bodies = api.Provider.Calls.Select(c => c.Body).ToArray();
        bodies[0].Should().Be(Said.HelloStreamed[..^1] + ",\"stream_options\":{\"include_usage\":true}}");
        bodies[1].Should().Contain("\"stream_options\":{\"include_usage\":true},\"max_tokens\"");
        var lines = await api.AtRest(agent);
        lines.Where(l => l.Kind == "settle").Select(l => l.Amount).Should().Equal(Enumerable.Repeat(api.Price("gpt-4o", new TokenUsage(11, 9)), 2));
    }

    [Fact]
    public async Task Events_are_passed_on_while_the_provider_is_still_making_the_next()
    {
        var agent = await api.NewAgent();
        var firstSeen = new TaskCompletionSource();
        api.Provider.Answer = async (http, _) =>
        {
            await FakeProvider.Stream(http, [Said.Chunk("first")]);
            await firstSeen.Task;
            await FakeProvider.Stream(http, [Said.Chunk("second"), Said.UsageChunk(), Said.Done]);
        };

        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Said.HelloStreamed, Encoding.UTF8, "application/json") };
        request.Headers.Add("Authorization", "Bearer " + agent.Key);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        (await reader.ReadLineAsync()).Should().Contain("first");
        firstSeen.SetResult();

        (await reader.ReadToEndAsync()).Should().Contain("second").And.EndWith("[DONE]\n\n");
        (await api.Ended(agent)).Kind.Should().Be("settle");
    }

    [Fact]
    public async Task A_stream_of_Anthropics_costs_what_its_last_word_says()
    {
        var agent = await api.NewAgent();
        var events = Said.MessageEvents("""{"input_tokens":21,"cache_read_input_tokens":100,"output_tokens":1}""", """{"output_tokens":9}""");
        api.Provider.Streams(events);

        var answer = await agent.Post("/v1/messages", Said.ClaudeStreamed);

        answer.Text.Should().Be(string.Concat(events.Select(e => e + "\n\n")));
        (await api.Ended(agent)).Amount.Should().Be(api.Price("claude-haiku-4-5", new TokenUsage(21, 9, 100)));
    }

    [Fact]
    public async Task Responses_and_embeddings_cost_what_was_counted()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"id":"r","object":"response","error":null,"model":"gpt-5","status":"completed","output":[],"usage":{"input_tokens":50,"input_tokens_details":{"cached_tokens":20},"output_tokens":70,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":120}}""");
        (await agent.Post("/v1/responses", """{"model":"gpt-5","input":"hello","max_output_tokens":500}""")).Status.Should().Be(200);
        api.Provider.Streams(
            """data: {"type":"response.created","response":{"id":"r","model":"gpt-5","status":"in_progress","output":[],"usage":null}}""",
            """data: {"type":"response.output_text.delta","delta":"hi"}""",
            """data: {"type":"response.completed","response":{"id":"r","model":"gpt-5","status":"completed","output":[{"type":"message"}],"usage":{"input_tokens":5,"output_tokens":7}}}""");
        (await agent.Post("/v1/responses", """{"model":"gpt-5","input":"hello","stream":true,"max_output_tokens":500}""")).Status.Should().Be(200);
        api.Provider.Says("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}""");
        (await agent.Post("/v1/embeddings", """{"model":"text-embedding-3-small","input":["a","b"]}""")).Status.Should().Be(200);

        (await api.AtRest(agent)).Where(l => l.Kind == "settle").Select(l => l.Amount).Should().Equal(
            api.Price("gpt-5", new TokenUsage(50, 70, 20, ReasoningTokens: 64)),
            api.Price("gpt-5", new TokenUsage(5, 7)),
            api.Price("text-embedding-3-small", new TokenUsage(8)));
    }

    [Theory]
    [InlineData("dall-e-3", "\"size\":\"1024x1024\",\"quality\":\"standard\",\"n\":2", 0.08)]
    [InlineData("dall-e-3", "\"size\":\"1792x1024\",\"quality\":\"standard\"", 0.16)]
    [InlineData("dall-e-3", "\"quality\":\"hd\"", 0.24)]
    public async Task Pictures_are_paid_by_the_piece(string model, string members, decimal cost)
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"created":1,"data":[{"b64_json":"AAAA"},{"b64_json":"AAAA"}]}""");

        (await agent.Post("/v1/images/generations", $$"""{"model":"{{model}}","prompt":"a cat",{{members}}}""")).Status.Should().Be(200);

        (await api.Ended(agent)).Amount.Should().Be(cost);
    }

    [Fact]
    public async Task Pictures_made_of_tokens_cost_what_was_counted_and_all_that_was_held_when_nothing_was()
    {
        var agent = await api.NewAgent();
        const string body = """{"model":"gpt-image-1","prompt":"a cat","background":"transparent"}""";
        api.Provider.Says("""{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":10,"output_tokens":4160,"total_tokens":4170,"input_tokens_details":{"text_tokens":10,"image_tokens":0}}}""");
        await agent.Post("/v1/images/generations", body);
        api.Provider.Says("""{"created":1,"data":[{"b64_json":"AAAA"}]}""");
        await agent.Post("/v1/images/generations", body);

        var lines = await api.AtRest(agent);
        lines[1].Amount.Should().Be(api.Price("gpt-image-1", new TokenUsage(10, 4160)));
        lines[3].Amount.Should().Be(lines[2].Amount).And.BeGreaterThan(0.25m);
        (await agent.Post("/v1/images/generations", """{"model":"gpt-image-2","prompt":"x"}""")).Code.Should().Be("unpriced_feature", "nobody says how much one can cost");
    }

    [Fact]
    public async Task Counting_tokens_is_forwarded_and_free()
    {
        var agent = await api.NewAgent("""{"daily_limit":0}""");
        api.Provider.Says("""{"input_tokens":14}""");

        var answer = await agent.Post("/v1/messages/count_tokens", """{"model":"claude-haiku-4-5","messages":[]}""");

        answer.Text.Should().Be("""{"input_tokens":14}""");
        (await api.AtRest(agent)).Should().BeEmpty();
    }

    [Fact]
    public async Task Nobody_can_name_another_host_key_or_model_to_fall_back_to()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        const string evil = """{"api_base":"http://127.0.0.1:9/","base_url":"http://127.0.0.1:9/","api_key":"mine","organization":"theirs","fallbacks":[{"model":"gpt-4"}],"models":["gpt-4"],"extra_headers":{"Host":"evil"},"host":"evil","provider":{"order":["x"]}""";

        var answer = await agent.Send("POST", "/v1/chat/completions?api_base=http://127.0.0.1:9&base_url=x", new StringContent($"{evil},{Said.Hello[1..]}", Encoding.UTF8, "application/json"), request =>
        {
            foreach (var name in (string[])["x-portkey-custom-host", "x-api-base", "Helicone-Target-URL", "OpenAI-Organization", "OpenAI-Project", "X-Forwarded-Host", "Forwarded", "Cookie", "Proxy-Authorization", "api-key", "x-goog-api-key"])
            {
                request.Headers.TryAddWithoutValidation(name, "http://127.0.0.1:9");
            }
        });

        answer.Status.Should().Be(200, answer.Text);
        var call = api.Provider.Calls.Should().ContainSingle().Subject;
        call.Body.Should().Be(Said.Hello);
        call.Query.Should().BeEmpty();
        call.Headers.Keys.Should().BeSubsetOf(["host", "authorization", "content-type", "content-length", "accept", "user-agent"]);
        call.Headers["host"].Should().Be(api.Provider.Address.Authority);
    }

    [Fact]
    public async Task A_caller_may_bring_its_key_as_Anthropics_SDKs_do()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":1,"output_tokens":1}"""));
        using var http = new HttpClient { BaseAddress = api.Address };

        var answer = await new Party(http, null).Send("POST", "/v1/messages", new StringContent(Said.Claude, Encoding.UTF8, "application/json"), r => r.Headers.Add("x-api-key", agent.Key));

        answer.Status.Should().Be(200, answer.Text);
        (await api.Ended(agent)).Kind.Should().Be("settle");
    }

    [Fact]
    public async Task A_spend_key_cannot_take_back_what_a_call_is_being_made_with()
    {
        var agent = await api.NewAgent();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        api.Provider.Answer = async (http, _) =>
        {
            begun.SetResult();
            await goOn.Task;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, Said.Completion());
        };
        var call = agent.Post("/v1/chat/completions", Said.Hello);
        await begun.Task;
        var id = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("reservation_id").GetString();

        (await agent.Post($"/v1/reservations/{id}/release")).Status.Should().Be(404);
        (await agent.Post($"/v1/reservations/{id}/commit", """{"amount":0}""")).Status.Should().Be(404);
        goOn.SetResult();

        (await call).Status.Should().Be(200);
        (await api.Ended(agent)).Amount.Should().Be(api.Price("gpt-4o", new TokenUsage(11, 9)));
    }

    private static string Header(Answer answer, string name) => answer.Headers.GetValues(name).Single();
}
