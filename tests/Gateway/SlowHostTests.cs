using System.Globalization;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>A host that stood still for longer than a call was held for: its hold booked itself, and the truth comes after that.</summary>
[Collection(GatewayApi.Name)]
public sealed class SlowHostTests(GatewayApi api)
{
    [Fact]
    public async Task What_a_call_really_cost_corrects_what_was_assumed()
    {
        var (agent, ended) = await StandsStill(http => FakeProvider.Stream(http, [Said.Chunk("Hi"), Said.UsageChunk(), Said.Done]));

        var cost = api.Price("gpt-4o", new TokenUsage(11, 9));
        await ended();

        var lines = await Lines(agent, 3);
        lines.Select(l => l.Kind).Should().Equal("hold", "settle", "correction");
        lines[1].Amount.Should().Be(lines[0].Amount).And.BeGreaterThan(cost);
        lines[2].Amount.Should().Be(cost - lines[1].Amount);
        lines[2].Tokens("input_tokens").Should().Be(11);
        var usage = await agent.Get("/v1/agents/usage");
        usage["amount_spent"].GetDecimal().Should().Be(cost);
        var tokens = usage["tokens"];
        (usage["operation_count"].GetInt64(), tokens.GetProperty("input").GetInt64(), tokens.GetProperty("output").GetInt64()).Should().Be((1, 11, 9));
        (await agent.Get("/v1/agents/ledger/verify"))["verified"].GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task What_cost_nothing_takes_it_all_back()
    {
        var (agent, ended) = await StandsStill(async http =>
        {
            http.Response.StatusCode = 500;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("""{"error":{"message":"oops","type":"server_error"}}""");
        });

        await ended();

        var lines = await Lines(agent, 3);
        lines[2].Should().BeEquivalentTo(new { Kind = "correction", Amount = -lines[0].Amount });
        (await agent.Get("/v1/agents/usage"))["amount_spent"].GetDecimal().Should().Be(0);
    }

    /// <summary>A bill that comes before the truth is the truth.</summary>
    [Fact]
    public async Task What_is_billed_corrects_it_and_is_not_taken_back_again()
    {
        var midnight = api.Clock.GetUtcNow().UtcDateTime.Date.AddDays(1);
        api.Clock.Advance(midnight.AddMinutes(-5) - api.Clock.GetUtcNow().UtcDateTime);
        var (agent, ended) = await StandsStill(http => FakeProvider.Stream(http, [Said.Chunk("Hi"), Said.UsageChunk(), Said.Done]));
        var day = midnight.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var cost = api.Price("gpt-4o", new TokenUsage(11, 9));

        var booked = await agent.Post(
            "/v1/agents/reconcile?book=true", $$"""{"rows":[{"model":"gpt-4o","date":"{{day}}","cost":{{cost.ToString(CultureInfo.InvariantCulture)}},"input_tokens":11,"output_tokens":9}]}""", "bill");
        booked.Status.Should().Be(200, booked.Text);
        await ended();

        var lines = await Lines(agent, 3);
        lines.Select(l => l.Kind).Should().Equal("hold", "settle", "correction");
        (await agent.Get("/v1/agents/usage?period=yesterday"))["amount_spent"].GetDecimal().Should().Be(cost);
    }

    /// <summary>
    /// A call whose host stands still until its hold has booked itself; what is given back goes on with it to its end. The answer has not begun: a stream that is silent
    /// for so long is given up.
    /// </summary>
    private async Task<(Agent Agent, Func<Task> Ended)> StandsStill(Func<HttpContext, Task> end)
    {
        var agent = await api.NewAgent();
        var (begun, goOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        api.Provider.Answer = async (http, _) =>
        {
            begun.SetResult();
            await goOn.Task;
            await end(http);
        };
        var call = agent.Post("/v1/chat/completions", Said.HelloStreamed);
        await begun.Task;

        // All of it at once: a host that runs extends its holds in time.
        api.Clock.Advance(TimeSpan.FromSeconds(HoldRequest.DefaultTtlSeconds + 10));
        await Lines(agent, 2);
        return (agent, async () =>
        {
            goOn.SetResult();
            await call;
        });
    }

    /// <summary>Waits for so many lines about calls, and gives them, oldest first.</summary>
    private static async Task<List<Line>> Lines(Agent agent, int count)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var page = await agent.Get("/v1/agents/ledger?limit=100");
            List<Line> lines = [.. page["data"].EnumerateArray().Select(Line.Of).Where(l => l.Kind != "config").Reverse()];
            if (lines.Count >= count)
            {
                return lines;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }
}
