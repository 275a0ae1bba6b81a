using System.Collections.Concurrent;
using System.Diagnostics;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Two agents that know nothing of each other, and the operator whose keys both spend on: nothing of one is seen by another.</summary>
[Collection(GatewayApi.Name)]
public sealed class StrangersTests(GatewayApi api)
{
    private const string Unpriced = """{"model":"our-own-model","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""";

    [Fact]
    public async Task What_one_pays_has_left_or_was_refused_is_not_told_to_another()
    {
        var rich = await api.NewAgent("""{"daily_limit":77.77,"on_unknown_price":{"input_per_million":31.7,"output_per_million":41.9}}""");
        var poor = await api.NewAgent("""{"daily_limit":0.0001}""");
        api.Provider.Says(Said.Completion());

        var paid = await rich.Post("/v1/chat/completions", Unpriced, "the-same-key");
        var unpriced = await poor.Post("/v1/chat/completions", Unpriced, "the-same-key");
        var refused = await poor.Post("/v1/chat/completions", Said.Hello);
        var reservation = paid.Headers.GetValues("x-budget-reservation").Single();
        var asked = await poor.Get($"/v1/reservations/{reservation}");

        (paid.Status, unpriced.Status, refused.Status, asked.Status).Should().Be((200, 422, 402, 404), "a rate that one budget names is no price for another, and a key is its agent's");
        foreach (var answer in (Answer[])[unpriced, refused, asked])
        {
            $"{answer.Text} {answer.Headers}".Should().NotContainAny(rich.Id, rich.Key!, reservation, "77.7", "31.7", "41.9", paid.Headers.GetValues("x-budget-remaining").Single());
        }

        (await rich.Get("/v1/models?limit=5")).Text.Should().Be((await poor.Get("/v1/models?limit=5")).Text, "the catalogue is the same for all");
        (await api.AtRest(poor)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_provider_said_to_one_is_said_to_no_other()
    {
        var (one, other) = (await api.NewAgent(), await api.NewAgent());
        api.Provider.Answer = async (http, body) =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers["request-id"] = "req_of_one";
            http.Response.Headers["retry-after"] = "7";
            await http.Response.WriteAsync("""{"error":{"message":"canary of one"}}""");
        };
        var failed = await one.Post("/v1/chat/completions", Said.Hello);
        api.Provider.Says(Said.Completion());

        var answer = await other.Post("/v1/chat/completions", Said.Hello);

        failed.Text.Should().Contain("canary of one");
        answer.Status.Should().Be(200, answer.Text);
        $"{answer.Text} {answer.Headers}".Should().NotContainAny("canary", "req_of_one", "Retry-After", one.Id);
        answer.Headers.GetValues("x-budget-remaining").Single().Should().StartWith("99.999");
    }

    /// <summary>Every way that a call can end, and everything that it leaves behind.</summary>
    [Fact]
    public async Task Keys_are_in_no_answer_log_metric_or_trace()
    {
        var seen = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => seen.Enqueue($"{a.DisplayName} {a.StatusDescription} {string.Join(' ', a.TagObjects)} {string.Join(' ', a.Baggage)} {string.Join(' ', a.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        var agent = await api.NewAgent();
        var answers = new List<Answer>();
        api.Provider.Says(Said.Completion());
        answers.Add(await agent.Post("/v1/chat/completions", Said.Hello));
        api.Provider.Says(Said.Message("""{"input_tokens":1,"output_tokens":1}"""));
        answers.Add(await agent.Post("/v1/messages", Said.Claude));
        api.Provider.Says(Said.Completion(), 401);
        answers.Add(await agent.Post("/v1/chat/completions", Said.Hello));
        api.Provider.Says("<html>", 502);
        answers.Add(await agent.Post("/v1/messages", Said.Claude));
        answers.Add(await agent.Post("/v1/chat/completions", Said.Hello.Replace("gpt-4o", "mistral-large-latest", StringComparison.Ordinal)));
        answers.Add(await agent.Post("/v1/chat/completions", "{"));
        await api.AtRest(agent);

        var metrics = await api.Operator.Get("/metrics", accept: "text/plain");

        metrics.Status.Should().Be(200);
        var traces = string.Join('\n', seen);
        traces.Should().Contain("/v1/chat/completions");
        string[] keys = [GatewayApi.OpenAiKey, GatewayApi.AnthropicKey, agent.Key!, api.Operator.Key!];
        foreach (var left in (string[])[metrics.Text, traces, api.Log.Text, .. answers.Select(a => $"{a.Text} {a.Headers}")])
        {
            left.Should().NotContainAny(keys);
        }
    }
}
