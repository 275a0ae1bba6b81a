using System.Text;
using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>What a call is for, as an SDK's default headers say.</summary>
[Collection(GatewayApi.Name)]
public sealed class PurposeTests(GatewayApi api)
{
    [Fact]
    public async Task A_call_is_booked_under_the_operation_and_the_tags_of_its_headers_which_go_no_further()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());

        (await Call(agent, ("x-budget-operation", "summarize"), ("x-budget-tags", "team=research, atlas,,"), ("x-budget-tags", "draft"))).Status.Should().Be(200);
        (await Call(agent)).Status.Should().Be(200);

        var entries = (await agent.Get("/v1/agents/ledger?kind=settle"))["data"].EnumerateArray().ToList();
        entries[1].GetProperty("operation").GetString().Should().Be("summarize");
        entries[1].GetProperty("tags").EnumerateArray().Select(t => t.GetString()).Should().Equal("team=research", "atlas", "draft");
        (entries[0].GetProperty("operation").GetString(), entries[0].TryGetProperty("tags", out _)).Should().Be(("chat/completions", false));
        var usage = await agent.Get("/v1/agents/usage?period=today");
        usage["by_operation"].EnumerateArray().Select(o => o.GetProperty("operation").GetString()).Should().BeEquivalentTo("summarize", "chat/completions");
        usage["by_tag"].EnumerateArray().Select(o => o.GetProperty("tag").GetString()).Should().Contain(["team=research", "atlas", "draft"]);
        api.Provider.Calls.SelectMany(c => c.Headers.Keys).Should().NotContain(h => h.StartsWith("x-budget", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_answered_again_for_nothing_is_for_something_too()
    {
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var sure = Said.Hello[..^1] + ",\"temperature\":0}";

        await Call(agent, "/v1/chat/completions", sure, [("x-budget-operation", "first")]);
        var again = await Call(agent, "/v1/chat/completions", sure, [("x-budget-operation", "again"), ("x-budget-tags", "draft")]);

        again.Headers.GetValues("x-budget-cache").Should().Equal("hit");
        (await Call(agent, "/v1/chat/completions", sure, [("x-budget-tags", new string('t', 65))])).Status.Should().Be(400);
        await Until(async () => (await agent.Get("/v1/agents/ledger?kind=charge"))["data"].EnumerateArray().Any());
        var entry = (await agent.Get("/v1/agents/ledger?kind=charge"))["data"][0];
        (entry.GetProperty("operation").GetString(), entry.GetProperty("tags")[0].GetString()).Should().Be(("again", "draft"));
    }

    [Fact]
    public async Task An_approval_is_asked_for_under_the_operation_that_the_call_names()
    {
        var agent = await api.NewAgent("""{"approval_threshold":0}""");

        var refused = await Call(agent, ("x-budget-operation", "summarize"));

        refused.Status.Should().Be(402);
        refused["error"].GetProperty("refusal").GetProperty("approval_request").GetProperty("operation").GetString().Should().Be("summarize");
    }

    [Fact]
    public async Task Headers_that_cannot_be_are_named_in_the_dialect_and_nothing_is_called()
    {
        var agent = await api.NewAgent();
        var many = string.Join(',', Enumerable.Range(0, 17));
        foreach (var (headers, message) in new ((string, string)[] Headers, string Message)[]
        {
            ([("x-budget-operation", new string('o', 129))], "x-budget-operation must have 1 to 128 characters"),
            ([("x-budget-tags", new string('t', 65))], "x-budget-tags must have 1 to 64 characters"),
            ([("x-budget-tags", many)], "x-budget-tags must be 16 at most"),
        })
        {
            foreach (var (path, body) in new[] { ("/v1/chat/completions", Said.Hello), ("/v1/messages", Said.Claude) })
            {
                var answer = await Call(agent, path, body, headers);

                answer.Status.Should().Be(400, answer.Text);
                answer["error"].GetProperty("message").GetString().Should().Contain(message);
            }
        }

        api.Provider.Calls.Should().BeEmpty();
        (await api.AtRest(agent)).Should().BeEmpty();
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

    private static Task<Answer> Call(Agent agent, params (string Name, string Value)[] headers) => Call(agent, "/v1/chat/completions", Said.Hello, headers);

    private static Task<Answer> Call(Agent agent, string path, string body, (string Name, string Value)[] headers) =>
        agent.Send("POST", path, new StringContent(body, Encoding.UTF8, "application/json"), r =>
        {
            foreach (var (name, value) in headers)
            {
                r.Headers.TryAddWithoutValidation(name, value);
            }
        });
}
