using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>aimock's own faults, as it means them: the hold ends once, nothing that was made is free, and only what was not made is asked for again.</summary>
[Collection(AimockApi.Name)]
public sealed class AimockFaultTests(AimockApi api)
{
    private static readonly Way[] s_ways = [Way.Chat, Way.ChatStreamed, Way.ResponsesStreamed, Way.MessagesStreamed, Way.Embeddings];

    [Theory]
    [InlineData("""{"dropRate":1}""", "release", 1)]
    [InlineData("""{"rateLimitRate":1}""", "release", 1 + AimockApi.Retries)]
    [InlineData("""{"malformedRate":1}""", "settle", 1)]
    [InlineData("""{"disconnectRate":1}""", "settle", 1)]
    [InlineData("""{"latencyMs":20}""", "settle", 1)]
    public async Task Chaos_costs_what_was_made(string chaos, string end, int asked)
    {
        await api.Journal();
        await api.Chaos(chaos);
        try
        {
            await Task.WhenAll(s_ways.Select(way => Call(way, way.Body, end, isWhole: chaos.Contains("latency", StringComparison.Ordinal))));
        }
        finally
        {
            await api.Chaos(null);
        }

        (await api.Journal()).Select(e => e.Path).Should().BeEquivalentTo(s_ways.SelectMany(w => Enumerable.Repeat(w.Path, asked)));
    }

    [Fact]
    public async Task A_stream_that_aimock_cuts_costs_what_went_by()
    {
        await api.Journal();
        Way[] streams = [Way.ChatStreamed, Way.ResponsesStreamed, Way.MessagesStreamed];

        await Task.WhenAll(streams.Select(way => Call(way, way.Body.Replace("hello", "cut", StringComparison.Ordinal), "settle", isWhole: false)));

        (await api.Journal()).Should().HaveCount(streams.Length);
    }

    private async Task Call(Way way, string body, string end, bool isWhole)
    {
        var agent = await api.NewAgent();
        try
        {
            await agent.Post(way.Path, body);
        }
        catch (HttpRequestException)
        {
            isWhole.Should().BeFalse("only half an answer looks like one");
        }

        List<Line> lines = [];
        await LeavingTests.Until(async () => (lines = await GatewayApi.Lines(agent)).Count > 1);
        lines.Select(l => l.Kind).Should().Equal(["hold", end], way.Name);
        if (end == "settle" && isWhole)
        {
            lines[1].Amount.Should().Be(way == Way.Embeddings ? 0m : AimockApi.Price(way.Model, 11, 9), way.Name);
        }
        else if (end == "settle")
        {
            lines[1].Amount.Should().BePositive(way.Name).And.BeLessThanOrEqualTo(lines[0].Amount, way.Name);
        }
    }
}
