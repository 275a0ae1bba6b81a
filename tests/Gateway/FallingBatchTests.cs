using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using static Budgets.Tests.Gateway.RoutedApi;
using static Budgets.Tests.Gateway.RoutedBatchTests;

namespace Budgets.Tests.Gateway;

/// <summary>Where a call of a batch has a poor answer the next model is asked, if there is money for that at that moment: nobody is refused beforehand for what may never be needed.</summary>
[Collection(RoutedApi.Name)]
public sealed class FallingBatchTests(RoutedApi api)
{
    [Fact]
    public async Task A_model_that_fails_makes_room_for_the_next_tier_with_a_hold_of_its_own_and_what_it_cost_is_booked()
    {
        string[] texts = ["limited", "broken", "empty", "fine"];
        var agent = await api.NewAgent();
        Fail();

        var answer = await Post(agent, texts.Select(t => Chat(t)));

        Routes(answer).Should().Equal((Middle, "auto:simple:fallback"), (Middle, "auto:simple:fallback"), (Large, "auto:simple:fallback"), (Small, "auto:simple"));
        Tried(answer, 0).Should().Equal((Small, "rate_limited", 0m));
        Tried(answer, 1).Should().Equal((Small, "error", 0m));
        Tried(answer, 2).Should().Equal((Small, "empty", api.Price(Small, Used)), (Middle, "empty", api.Price(Middle, Used)));
        Tried(answer, 3).Should().BeEmpty();
        var costs = answer["results"].EnumerateArray().Select(r => r.GetProperty("cost").GetDecimal()).ToList();
        costs[2].Should().Be(api.Price(Small, Used) + api.Price(Middle, Used) + api.Price(Large, Used));
        answer["cost"].GetDecimal().Should().Be(costs.Sum());
        var lines = await api.AtRest(agent);
        var held = lines.Where(l => l.Kind == "hold").ToList();
        held[0].Amount.Should().Be(answer["held"].GetDecimal());
        held[0].Amount.Should().Be(held.Skip(1).Where(l => l.Model == Small).Sum(l => l.Amount), "all first tries come out of it");
        held.Should().HaveCount(1 + 4 + 4, "and what follows them has holds of its own");
        await Spent(agent, costs.Sum());

        void Fail() => api.Provider.Answer = (http, body) =>
        {
            var model = ModelOf(body);
            var isEmpty = body.Contains("empty", StringComparison.Ordinal) && model != Large;
            http.Response.StatusCode = model != Small ? 200 : body.Contains("limited", StringComparison.Ordinal) ? 429 : body.Contains("broken", StringComparison.Ordinal) ? 500 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode != 200 ? Broken : Completion(model, isEmpty ? "\"\"" : "\"Hi\""));
        };
    }

    [Theory]
    [InlineData("daily_limit")]
    [InlineData("per_call_limit")]
    [InlineData("max_spend_per_minute")]
    [InlineData("approval_threshold")]
    public async Task Where_a_fallback_does_not_fit_the_poor_answer_is_what_there_is(string limit)
    {
        var agent = await api.NewAgent($$"""{"{{limit}}":0.0002}""");
        api.Answers((Small, 200, Completion(Small, "\"\"")));

        var answer = await Post(agent, [Chat("hello")]);
        var again = await Post(agent, [Chat("hello again")]);

        (answer.Status, again.Status).Should().Be((200, 200), answer.Text + again.Text);
        Routes(answer).Should().Equal((Small, "auto:simple"));
        answer["completed"].GetInt32().Should().Be(1, answer.Text);
        again["completed"].GetInt32().Should().Be(1, "what was never begun has tripped nothing");
        api.Provider.Calls.Should().HaveCount(2);
        await Spent(agent, 2 * api.Price(Small, Used));
    }

    [Fact]
    public async Task Where_a_fallback_does_not_fit_above_the_agent_nothing_of_it_is_held_there()
    {
        var root = await api.NewAgent("""{"daily_limit":0.0002}""");
        var child = await api.NewChild(root);
        api.Answers((Small, 200, Completion(Small, "\"\"")));

        var answer = await Post(child, [Chat("hello")]);

        Routes(answer).Should().Equal([(Small, "auto:simple")], answer.Text);
        answer["held"].GetDecimal().Should().BeLessThan(0.0002m);
        await Spent(child, api.Price(Small, Used));
    }

    [Fact]
    public async Task When_all_models_fail_the_last_one_s_error_is_told_and_nothing_stays_held()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, body) =>
        {
            http.Response.StatusCode = body.Contains("fails", StringComparison.Ordinal) ? 503 : 200;
            return http.Response.WriteAsync(http.Response.StatusCode == 503 ? Broken : Completion(ModelOf(body)));
        };

        var answer = await Post(agent, [Chat("fails"), Chat("works")]);

        answer["results"].EnumerateArray().Select(r => r.GetProperty("status").GetInt32()).Should().Equal(503, 200);
        Tried(answer, 0).Should().Equal((Small, "error", 0m), (Middle, "error", 0m));
        (await api.AtRest(agent)).Count(l => l.Kind == "release").Should().Be(1 + 3, "three tries and the rest of the whole");
        await Spent(agent, api.Price(Small, Used));
    }

    [Fact]
    public async Task An_agent_that_is_frozen_in_mid_batch_falls_back_no_more()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = async (http, body) =>
        {
            (await api.Operator.Post($"/v1/agents/{agent.Id}/freeze", """{"reason":"stop"}""")).Status.Should().Be(200);
            await http.Response.WriteAsync(Completion(ModelOf(body), "\"\""));
        };

        var answer = await Post(agent, [Chat("hello")]);

        answer["results"][0].GetProperty("body").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().Should().BeEmpty(answer.Text);
        answer["cost"].GetDecimal().Should().Be(api.Price(Small, Used), "it is paid for once, though it was tried and told");
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task Who_can_pay_for_the_first_models_is_not_refused_for_what_they_might_have_led_to()
    {
        var named = await api.NewAgent();
        api.Answers();
        var requests = Enumerable.Range(0, 5).Select(i => Chat($"hello {i}")).ToList();
        var most = (await Post(named, requests))["held"].GetDecimal();
        var agent = await api.NewAgent($$"""{"daily_limit":{{most}}}""");

        var answer = await Post(agent, requests);

        answer["completed"].GetInt32().Should().Be(5, answer.Text);
        most.Should().Be((await api.AtRest(agent)).Skip(1).Where(l => l.Kind == "hold").Sum(l => l.Amount));
        Routes(answer).Distinct().Should().Equal([(Small, "auto:simple")]);
    }

    [Fact]
    public async Task Fallbacks_that_come_at_the_same_time_trip_no_breaker_and_those_that_fit_are_made()
    {
        const int calls = 8;
        var requests = Enumerable.Range(0, calls).Select(i => Chat($"hello {i}")).ToList();
        var measured = await api.NewAgent();
        api.Answers((Small, 200, Completion(Small, "\"\"")));
        var first = (await Post(measured, requests))["held"].GetDecimal();
        var next = (await api.AtRest(measured)).First(l => l.Kind == "hold" && l.Model == Middle).Amount;
        var agent = await api.NewAgent($$"""{"max_spend_per_minute":{{first + next}}}""");
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = 0;
        api.Provider.Answer = async (http, body) =>
        {
            var model = ModelOf(body);
            if (model == Small && Interlocked.Increment(ref answered) == calls)
            {
                all.SetResult();
            }

            await all.Task;
            await http.Response.WriteAsync(Completion(model, model == Small ? "\"\"" : "\"Hi\""));
        };

        var answer = await Post(agent, requests);
        var again = await Post(agent, [Chat("hello again")]);

        answer["completed"].GetInt32().Should().Be(calls, answer.Text);
        Routes(answer).Should().Contain((Middle, "auto:simple:fallback"));
        again["completed"].GetInt32().Should().Be(1, "the agent is not frozen: " + again.Text);
        answer["cost"].GetDecimal().Should().Be((await api.AtRest(agent)).Where(l => l.Kind == "settle").Sum(l => l.Amount) - again["cost"].GetDecimal());
    }

    [Fact]
    public async Task A_provider_that_fails_for_all_of_a_batch_is_no_loop_of_the_agent()
    {
        var agent = await api.NewAgent("""{"daily_limit":100,"loop_detection":{"repeats":2,"action":"freeze"}}""");
        api.Answers((Small, 503, Broken));

        var answer = await Post(agent, Enumerable.Range(0, 6).Select(i => Chat($"as long as the others {i}")));

        Routes(answer).Should().Equal(Enumerable.Repeat<(string?, string?)>((Middle, "auto:simple:fallback"), 6), answer.Text);
    }

    [Fact]
    public async Task What_a_person_has_approved_is_the_batch_and_a_fallback_stands_for_itself()
    {
        var requests = Enumerable.Range(0, 5).Select(i => Chat($"hello {i}")).ToList();
        var agent = await api.NewAgent("""{"approval_threshold":0.0004}""");
        api.Answers((Small, 500, Broken), (Middle, 200, Completion(Middle, "\"\"")));
        var refused = await Post(agent, requests);
        refused.Code.Should().Be("approval_required", refused.Text);
        var asked = await agent.Post("/v1/agents/approvals/request", refused["approval_request"].GetRawText());
        (await api.Operator.Post($"/v1/approvals/{asked["approval_id"].GetString()}/approve")).Status.Should().Be(200);

        var answer = await Post(agent, requests, approval: asked["approval_id"].GetString());

        // One of the large model is above the threshold, and nobody was asked about that.
        answer.Status.Should().Be(200, answer.Text);
        Routes(answer).Distinct().Should().Equal([(Middle, "auto:simple:fallback")], answer.Text);
        answer["completed"].GetInt32().Should().Be(5);
    }

    [Fact]
    public async Task A_batch_whose_first_models_are_free_is_made_once_under_its_key_though_it_leaves_no_trace_in_its_hold()
    {
        var agent = await api.NewAgent();
        (await Price("""{"input_per_million":0,"output_per_million":0}""")).Status.Should().Be(200);
        try
        {
            api.Provider.Answer = (http, body) =>
            {
                http.Response.StatusCode = ModelOf(body).Contains("haiku", StringComparison.Ordinal) ? 500 : 200;
                return http.Response.WriteAsync(http.Response.StatusCode == 500 ? Broken : Said.Message("""{"input_tokens":21,"output_tokens":7}"""));
            };
            string[] batch = [$$"""{"url":"/v1/messages","body":{{Said.Claude}}}"""];

            var first = await Post(agent, batch, key: "mine");
            var again = await Post(agent, batch, key: "mine");

            (first["held"].GetDecimal(), first["completed"].GetInt32()).Should().Be((0m, 1), first.Text);
            first["cost"].GetDecimal().Should().BePositive();
            (again.Status, again.Code).Should().Be((409, "call_made_before"), again.Text);
            api.Provider.Calls.Should().HaveCount(2);
        }
        finally
        {
            (await Price(null)).Status.Should().Be(200);
        }

        async Task<Answer> Price(string? price)
        {
            const string path = "/v1/models/claude-haiku-4-5";
            var answer = await (price is null ? api.Operator.Delete(path) : api.Operator.Send("PUT", path, new StringContent(price, Encoding.UTF8, "application/json")));
            api.Clock.Advance(TimeSpan.FromSeconds(2));
            return answer;
        }
    }
}
