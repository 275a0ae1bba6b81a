using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Budgets that hold what they expect: more calls at a time, for a limit that can be passed by what one of them costs more.</summary>
[Collection(GatewayApi.Name)]
public sealed class ExpectedTests(GatewayApi api)
{
    private const int AtOnce = 20;
    private const string Long = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"max_tokens":10000}""";

    [Fact]
    public async Task After_twenty_calls_less_is_held_and_more_calls_fit_at_a_time()
    {
        var strict = await api.NewAgent();
        var expected = await api.NewAgent("""{"daily_limit":100,"hold_mode":"expected"}""");
        api.Provider.Says(Said.Completion());
        for (var call = 0; call < 20; call++)
        {
            (await strict.Post("/v1/chat/completions", Long)).Status.Should().Be(200);
            (await expected.Post("/v1/chat/completions", Long)).Status.Should().Be(200);
        }

        var most = (await api.AtRest(strict)).Where(l => l.Kind == "hold").Select(l => l.Amount).Distinct().Should().ContainSingle().Subject;
        (await api.AtRest(expected)).Where(l => l.Kind == "hold").Select(l => l.Amount).Distinct().Should().Equal([most], "there was too little to go by");
        var spent = 20 * api.Price("gpt-4o", new TokenUsage(11, 9));
        await api.Operator.Post($"/v1/agents/{strict.Id}/budget", $$"""{"daily_limit":{{spent + (2 * most)}}}""");
        await api.Operator.Post($"/v1/agents/{expected.Id}/budget", $$"""{"daily_limit":{{spent + (2 * most)}}}""");

        (await Admitted(strict)).Should().Be(2);
        (await Admitted(expected)).Should().Be(AtOnce);

        var held = (await api.AtRest(expected)).Where(l => l.Kind == "hold").Last().Amount;
        held.Should().BeLessThan(most / 10).And.BeGreaterThanOrEqualTo(api.Price("gpt-4o", new TokenUsage(11, 9)));
    }

    [Fact]
    public async Task A_call_that_costs_more_than_was_expected_is_booked_as_it_is()
    {
        var agent = await api.NewAgent("""{"daily_limit":100,"hold_mode":"expected"}""");
        api.Provider.Says(Said.Completion());
        for (var call = 0; call < 20; call++)
        {
            await agent.Post("/v1/chat/completions", Long);
        }

        api.Provider.Says(Said.Completion("""{"prompt_tokens":11,"completion_tokens":9000,"total_tokens":9011}"""));
        (await agent.Post("/v1/chat/completions", Long)).Status.Should().Be(200);

        var settled = (await api.AtRest(agent))[^1];
        settled.Amount.Should().Be(api.Price("gpt-4o", new TokenUsage(11, 9_000)));
        settled.Overage.Should().BeTrue();
    }

    [Fact]
    public async Task The_mode_is_set_from_above_and_not_got_round_through_a_child()
    {
        var agent = await api.NewAgent();
        var child = await agent.Post("/v1/agents/create-child", """{"child_name":"c"}""");
        var path = $"/v1/agents/{child["child_id"].GetString()}/budget";

        (await agent.Post("/v1/agents/budget", """{"hold_mode":"expected"}""")).Status.Should().BeOneOf(403, 409, 422);
        (await agent.Post(path, """{"hold_mode":"expected"}""")).Status.Should().Be(403);
        var set = await api.Operator.Post($"/v1/agents/{agent.Id}/budget", """{"hold_mode":"expected"}""");
        (set.Status, set["hold_mode"].GetString()).Should().Be((200, "expected"));
        (await agent.Post(path, """{"hold_mode":"expected"}""")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Whoever_is_made_strict_again_has_nobody_below_it_who_is_not()
    {
        var agent = await api.NewAgent("""{"daily_limit":100,"hold_mode":"expected"}""");
        var child = await api.NewChild(agent);
        var grandchild = await api.NewChild(child, "g");
        (await agent.Post($"/v1/agents/{child.Id}/budget", """{"hold_mode":"expected"}""")).Status.Should().Be(200);
        (await child.Post($"/v1/agents/{grandchild.Id}/budget", """{"hold_mode":"expected"}""")).Status.Should().Be(200);
        api.Provider.Says(Said.Completion());
        for (var call = 0; call < 21; call++)
        {
            (await grandchild.Post("/v1/chat/completions", Long)).Status.Should().Be(200);
        }

        (await agent.Post("/v1/agents/budget", """{"hold_mode":"strict"}"""))["hold_mode"].GetString().Should().Be("strict");
        (await grandchild.Post("/v1/chat/completions", Long)).Status.Should().Be(200);

        var held = (await api.AtRest(grandchild)).Where(l => l.Kind == "hold").Select(l => l.Amount).ToList();
        held[20].Should().BeLessThan(held[0], "it was expected to be short");
        held[21].Should().Be(held[0], "a limit above it must hold");
        (await child.Get("/v1/agents/budget"))["hold_mode"].GetString().Should().Be("strict");
        (await child.Post($"/v1/agents/{grandchild.Id}/budget", """{"hold_mode":"expected"}""")).Status.Should().Be(403);

        (await agent.Post("/v1/agents/budget", """{"hold_mode":null}"""))["hold_mode"].GetString().Should().Be("expected");
        (await grandchild.Get("/v1/agents/budget"))["hold_mode"].GetString().Should().Be("strict", "it is set anew, or stays");
    }

    private async Task<int> Admitted(Agent agent)
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = 0;
        api.Provider.Calls.Clear();
        api.Provider.Answer = async (http, _) =>
        {
            if (Interlocked.Increment(ref answered) == AtOnce)
            {
                goOn.TrySetResult();
            }

            await goOn.Task;
            http.Response.ContentType = "application/json";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, Said.Completion());
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            var answer = await agent.Post("/v1/chat/completions", Long);
            if (answer.Status == 402 && Interlocked.Increment(ref answered) == AtOnce)
            {
                goOn.TrySetResult();
            }

            return answer;
        }));
        return answers.Count(a => a.Status == 200);
    }
}
