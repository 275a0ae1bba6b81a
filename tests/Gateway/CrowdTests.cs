using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Many streams at once under one root that has room for some: as many as fit, and not one more.</summary>
[Collection(GatewayApi.Name)]
public sealed class CrowdTests(GatewayApi api)
{
    private const int Streams = 200;
    private const int Room = 50;

    [Fact]
    public async Task Two_hundred_streams_under_a_root_with_room_for_fifty_are_fifty_calls()
    {
        api.Provider.Streams(Said.Chunk("Hi"), Said.UsageChunk(), Said.Done);
        var measured = await api.NewAgent();
        await measured.Post("/v1/chat/completions", Said.HelloStreamed);
        var held = (await api.AtRest(measured))[0].Amount;
        var root = await api.NewAgent($$"""{"daily_limit":{{held * Room}}}""");
        var children = new List<Agent>();
        for (var i = 0; i < 10; i++)
        {
            var child = await root.Post("/v1/agents/create-child", $$"""{"child_name":"c{{i}}"}""");
            children.Add(api.Holder(child["api_key"].GetString()!, child["child_id"].GetString()!));
        }

        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refused = 0;
        api.Provider.Answer = async (http, _) =>
        {
            await goOn.Task;
            await FakeProvider.Stream(http, [Said.Chunk("Hi"), Said.UsageChunk(), Said.Done]);
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, Streams).Select(async i =>
        {
            var answer = await children[i % children.Count].Post("/v1/chat/completions", Said.HelloStreamed);

            // Nobody ends before everybody has asked.
            if (answer.Status == 402 && Interlocked.Increment(ref refused) == Streams - Room)
            {
                goOn.SetResult();
            }

            return answer;
        }));

        answers.Count(a => a.Status == 200).Should().Be(Room);
        answers.Where(a => a.Status != 200).Should().OnlyContain(a => a.Status == 402);
        api.Provider.Calls.Should().HaveCount(Room);
        var settled = new List<decimal>();
        foreach (var child in children)
        {
            settled.AddRange((await api.AtRest(child)).Where(l => l.Kind == "settle").Select(l => l.Amount));
        }

        settled.Should().HaveCount(Room).And.OnlyContain(a => a == api.Price("gpt-4o", new TokenUsage(11, 9)));
    }
}
