using System.Text;
using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>What does not fit is not made, and is told in words that the provider's SDKs read.</summary>
[Collection(GatewayApi.Name)]
public sealed class RefusedCallTests(GatewayApi api)
{
    [Fact]
    public async Task A_call_that_does_not_fit_is_never_made_and_says_what_would()
    {
        var agent = await api.NewAgent("""{"daily_limit":0.001}""");

        var answer = await agent.Post("/v1/chat/completions", Said.Hello.Replace("100", "10000", StringComparison.Ordinal));

        answer.Status.Should().Be(402);
        answer.MediaType.Should().Be("application/json");
        answer.Headers.GetValues("x-should-retry").Should().Equal("false");
        var error = answer["error"];
        error.GetProperty("type").GetString().Should().Be("insufficient_quota");
        error.GetProperty("code").GetString().Should().Be("budget_exceeded");
        error.GetProperty("affordable")[0].GetProperty("model").GetString().Should().Be("gpt-4o");
        error.GetProperty("refusal").GetProperty("limit_amount").GetDecimal().Should().Be(0.001m);
        error.GetProperty("refusal").GetProperty("refused_by").GetString().Should().Be(agent.Id);
        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_call_above_the_approval_threshold_is_made_once_a_person_said_yes_and_not_again()
    {
        var agent = await api.NewAgent("""{"approval_threshold":0}""");
        api.Provider.Says(Said.Completion());
        var refused = await agent.Post("/v1/chat/completions", Said.Hello);
        (refused.Status, refused["error"].GetProperty("code").GetString()).Should().Be((402, "approval_required"));
        api.Provider.Calls.Should().BeEmpty();
        var asked = await agent.Post("/v1/agents/approvals/request", refused["error"].GetProperty("refusal").GetProperty("approval_request").GetRawText());
        var id = asked["approval_id"].GetString()!;
        (await api.Operator.Post($"/v1/approvals/{id}/approve")).Status.Should().Be(200);

        Task<Answer> Call(string approval) => agent.Send(
            "POST", "/v1/chat/completions", new StringContent(Said.Hello, Encoding.UTF8, "application/json"), r => r.Headers.TryAddWithoutValidation("x-budget-approval", approval));

        (await Call(id)).Status.Should().Be(200);
        (await Call(id)).Status.Should().Be(409);
        (await Call("apr_x")).Status.Should().Be(400);
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task Anthropics_SDKs_read_a_billing_error()
    {
        var agent = await api.NewAgent("""{"daily_limit":0}""");

        var answer = await agent.Post("/v1/messages", Said.Claude);

        answer.Status.Should().Be(402);
        answer["type"].GetString().Should().Be("error");
        answer["error"].GetProperty("type").GetString().Should().Be("billing_error");
        answer["error"].GetProperty("message").GetString().Should().Contain("daily limit");
        api.Provider.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task An_output_that_nobody_bounded_is_made_to_fit_and_the_caller_is_told()
    {
        var agent = await api.NewAgent("""{"daily_limit":0.01}""");
        api.Provider.Says(Said.Completion());
        const string body = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}""";

        var answer = await agent.Post("/v1/chat/completions", body);

        answer.Status.Should().Be(200, answer.Text);
        var most = long.Parse(answer.Headers.GetValues("x-budget-max-tokens").Single(), System.Globalization.CultureInfo.InvariantCulture);
        api.Provider.Calls.Single().Body.Should().Be($"{body[..^1]},\"max_completion_tokens\":{most}}}");
        most.Should().BeInRange(16, 1000, "a million output tokens cost ten dollars");
        (await api.AtRest(agent))[0].Amount.Should().BeInRange(0.0099m, 0.01m);
    }

    [Fact]
    public async Task An_output_that_the_model_bounds_is_left_as_it_is_where_there_is_room()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        const string body = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}""";

        (await agent.Post("/v1/chat/completions", body)).Headers.Contains("x-budget-max-tokens").Should().BeFalse();

        api.Provider.Calls.Single().Body.Should().Be(body);
        (await api.AtRest(agent))[0].Tokens("output_tokens").Should().Be(16_384);
    }

    [Theory]
    [InlineData("""{"model":"never-heard-of","max_tokens":5,"messages":[]}""", 422, "unknown_model_price")]
    [InlineData("""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[]}""", 404, "model_not_served")]
    [InlineData("""{"model":"gpt-4o","model":"gpt-4","messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","max_tokens":-1,"messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","max_tokens":1e2,"messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","n":0,"messages":[]}""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","stream":"yes","messages":[]}""", 400, "invalid_request")]
    [InlineData("""[]""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","messages":[]""", 400, "invalid_request")]
    [InlineData("""{"model":"gpt-4o","service_tier":"priority","messages":[]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o","web_search_options":{},"messages":[]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o","modalities":["text","audio"],"messages":[]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":[{"t\u0079pe":"input_audio","input_audio":{}}]}]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o-search-preview","messages":[]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o","background":true,"messages":[]}""", 422, "unpriced_feature")]
    [InlineData("""{"model":"gpt-4o","tools":[{"type":"code_interpreter"}],"messages":[]}""", 422, "unpriced_feature")]
    public async Task What_cannot_be_priced_or_understood_is_never_forwarded(string body, int status, string code)
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/chat/completions", body);

        (answer.Status, answer.Code).Should().Be((status, code), answer.Text);
        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
    }

    [Fact]
    public async Task Pictures_cost_at_most_a_flat_count_and_their_bytes_are_no_text()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":1500,"output_tokens":5}"""));
        var picture = Convert.ToBase64String(new byte[600_000]);

        var answer = await agent.Post("/v1/messages", $$$"""{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{picture}}}"}},{"type":"text","text":"what?"}]}]}""");

        answer.Status.Should().Be(200, answer.Text);
        (await api.AtRest(agent))[0].Tokens("cache_write_tokens").Should().BeInRange(4_784, 5_784);
    }

    [Fact]
    public async Task What_is_not_in_the_request_is_bounded_by_the_window_only()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Message("""{"input_tokens":1500,"output_tokens":5}"""));

        (await agent.Post("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":5,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://example.com/x.pdf"}}]}]}""")).Status.Should().Be(200);

        (await api.AtRest(agent))[0].Tokens("cache_write_tokens").Should().Be(200_000);
    }

    [Fact]
    public async Task A_key_has_one_effect_and_another_body_under_it_is_refused()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());

        (await agent.Post("/v1/chat/completions", Said.Hello, "one")).Status.Should().Be(200);
        var again = await agent.Post("/v1/chat/completions", Said.Hello, "one");
        var other = await agent.Post("/v1/chat/completions", Said.Hello.Replace("hello", "hullo", StringComparison.Ordinal), "one");

        (again.Status, again.Code).Should().Be((409, "call_made_before"));
        again.Headers.GetValues("x-should-retry").Should().Equal("false");
        (other.Status, other.Code).Should().Be((422, "idempotency_key_reused"));
        api.Provider.Calls.Should().ContainSingle();
        (await api.AtRest(agent)).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_key_whose_call_came_to_nothing_may_try_again()
    {
        var agent = await api.NewAgent();
        api.Provider.Says("""{"error":{"message":"overloaded","type":"server_error"}}""", 503);
        (await agent.Post("/v1/chat/completions", Said.Hello, "k")).Status.Should().Be(503);
        (await agent.Post("/v1/chat/completions", Said.Hello, "k")).Status.Should().Be(503);
        api.Provider.Says(Said.Completion());

        (await agent.Post("/v1/chat/completions", Said.Hello, "k")).Status.Should().Be(200);
        (await agent.Post("/v1/chat/completions", Said.Hello, "k")).Status.Should().Be(409);

        api.Provider.Calls.Should().HaveCount(3);
        (await api.AtRest(agent)).Select(l => l.Kind).Should().Equal("hold", "release", "hold", "release", "hold", "settle");
    }

    [Fact]
    public async Task The_same_key_many_times_at_once_makes_one_call()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => agent.Post("/v1/chat/completions", Said.Hello, "same")));

        answers.Count(a => a.Status == 200).Should().Be(1);
        answers.Where(a => a.Status != 200).Should().OnlyContain(a => a.Status == 409);
        api.Provider.Calls.Should().ContainSingle();
        (await api.AtRest(agent)).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stranger_is_told_so_in_the_dialect()
    {
        using var http = new HttpClient { BaseAddress = api.Address };
        var nobody = new Party(http, "abk_nothing");

        (await nobody.Post("/v1/messages", Said.Claude))["error"].GetProperty("type").GetString().Should().Be("authentication_error");
        (await nobody.Post("/v1/chat/completions", Said.Hello)).Code.Should().Be("unauthenticated");
        (await api.Operator.Post("/v1/chat/completions", Said.Hello)).Code.Should().Be("invalid_request");
        (await (await api.NewAgent()).Send("POST", "/v1/messages", new StringContent("x", Encoding.UTF8, "text/plain"))).Status.Should().Be(415);
    }

    [Fact]
    public async Task A_frozen_agent_calls_nobody()
    {
        var agent = await api.NewAgent();
        await api.Operator.Post($"/v1/agents/{agent.Id}/freeze", """{"reason":"stop"}""");

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        (answer.Status, answer.Code).Should().Be((402, "frozen"));
        api.Provider.Calls.Should().BeEmpty();
    }
}
