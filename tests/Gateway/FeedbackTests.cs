using Budgets.Tests.Http;
using static Budgets.Tests.Gateway.RoutedApi;
using static Budgets.Tests.Gateway.RoutedCallTests;

namespace Budgets.Tests.Gateway;

/// <summary>What callers think of answers teaches, once for each call, and only theirs.</summary>
[Collection(RoutedApi.Name)]
public sealed class FeedbackTests(RoutedApi api)
{
    private const string Auto = """{"model":"auto","messages":[{"role":"user","content":"hello"}],"max_tokens":100}""";

    [Fact]
    public async Task A_model_that_is_said_to_be_bad_is_left_by_the_whole_tree_and_by_nobody_else()
    {
        var (root, stranger) = (await api.NewAgent(), await api.NewAgent());
        var made = await root.Post("/v1/agents/create-child", """{"child_name":"child","daily_budget":1}""");
        var child = api.Holder(made["api_key"].GetString()!, made["child_id"].GetString()!);
        api.Answers();
        var told = await Rate(root, await Called(root), "0.1");

        (told.Status, told["taught"].GetBoolean(), told["model"].GetString(), told["complexity"].GetString()).Should().Be((200, true, Small, "simple"), told.Text);
        Header(await Post(root, Auto, "simple"), "x-budget-model").Should().Be(Middle);
        Header(await Post(child, Auto, "simple"), "x-budget-model").Should().Be(Middle);
        Header(await Post(stranger, Auto, "simple"), "x-budget-model").Should().Be(Small);
    }

    [Fact]
    public async Task A_call_is_rated_once_however_often_and_at_once_it_is_told()
    {
        var agent = await api.NewAgent();
        api.Answers();
        var call = await Called(agent);

        var told = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Rate(agent, call, "0.75")));
        var other = await Rate(agent, call, "0.8");

        told.Should().OnlyContain(t => t.Status == 200);
        told.Count(t => Header(t, "Idempotent-Replayed") == "true").Should().Be(7);
        other.Status.Should().Be(409, other.Text);
        other.Code.Should().Be("feedback_given");
        other["detail"].GetString().Should().Contain("0.75");
    }

    [Fact]
    public async Task Only_the_agent_and_those_above_it_rate_its_calls()
    {
        var (parent, stranger) = (await api.NewAgent(), await api.NewAgent());
        var made = await parent.Post("/v1/agents/create-child", """{"child_name":"child","daily_budget":1}""");
        var child = api.Holder(made["api_key"].GetString()!, made["child_id"].GetString()!);
        api.Answers();
        var call = await Called(child);

        (await Rate(stranger, call, "1")).Status.Should().Be(404);
        (await Rate(parent, call, "1")).Status.Should().Be(404, "it is no call of its own");
        (await stranger.Post($"/v1/agents/{child.Id}/feedback", Body(call, "1"))).Status.Should().Be(404);
        (await parent.Post($"/v1/agents/{child.Id}/feedback", Body(call, "1"))).Status.Should().Be(200);
        (await api.Operator.Post($"/v1/agents/{child.Id}/feedback", Body(call, "1"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_call_that_named_its_model_teaches_nothing_and_one_that_came_to_nothing_cannot_be_rated()
    {
        var agent = await api.NewAgent();
        api.Answers((Large, 400, """{"error":{"message":"x"}}"""));
        var named = await agent.Post("/v1/chat/completions", Auto.Replace("auto", Small, StringComparison.Ordinal));
        var failed = await agent.Post("/v1/chat/completions", Auto.Replace("auto", Large, StringComparison.Ordinal));

        (await Rate(agent, Header(named, "x-budget-reservation"), "1"))["taught"].GetBoolean().Should().BeFalse();
        (await Rate(agent, Header(failed, "x-budget-reservation"), "1")).Code.Should().Be("reservation_released");
    }

    [Theory]
    [InlineData("""{"quality":1}""", "reservation_id")]
    [InlineData("""{"reservation_id":"res_0123456789abcdefghij","quality":1}""", "reservation_id")]
    [InlineData("""{"reservation_id":"gwr_0123456789abcdefghij"}""", "quality")]
    [InlineData("""{"reservation_id":"gwr_0123456789abcdefghij","quality":1.01}""", "quality")]
    [InlineData("""{"reservation_id":"gwr_0123456789abcdefghij","quality":-0.1}""", "quality")]
    [InlineData("""{"reservation_id":"gwr_0123456789abcdefghij","quality":1,"model":"x"}""", "model")]
    public async Task Feedback_that_is_none_is_refused(string body, string field) =>
        (await (await api.NewAgent()).Post("/v1/feedback", body)).FaultyFields.Should().Equal(field);

    private static async Task<string> Called(Agent agent) => Header(await Post(agent, Auto, "simple"), "x-budget-reservation");

    private static Task<Answer> Rate(Agent agent, string call, string quality) => agent.Post("/v1/feedback", Body(call, quality));

    private static string Body(string call, string quality) => $$"""{"reservation_id":"{{call}}","quality":{{quality}}}""";
}
