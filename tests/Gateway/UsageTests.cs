namespace Budgets.Tests.Gateway;

/// <summary>Whatever a provider counts, the ledger costs to the nano-dollar what the catalogue says that it does; the SDKs for .NET ask for it.</summary>
[Collection(GatewayApi.Name)]
public sealed class UsageTests(GatewayApi api)
{
    /// <summary>By the model: what OpenAI tells of a chat and of a response, and what that is.</summary>
    private static readonly (string Model, string Input, string Output, string OfInput, string OfOutput, TokenUsage Is)[] s_openai =
    [
        ("gpt-4o", "1011", "209", "{}", "{}", new TokenUsage(1011, 209)),
        ("gpt-4o", "1011", "209", """{"cached_tokens":1000}""", "{}", new TokenUsage(1011, 209, CacheReadTokens: 1000)),
        ("gpt-4o", "1011", "1", """{"cached_tokens":1011,"audio_tokens":0}""", """{"audio_tokens":0,"reasoning_tokens":0}""", new TokenUsage(1011, 1, CacheReadTokens: 1011)),
        ("gpt-5.6-luna", "3011", "77", """{"cached_tokens":1000,"cache_write_tokens":1500}""", "{}", new TokenUsage(3011, 77, CacheReadTokens: 1000, CacheWriteTokens: 1500)),
        ("gpt-5", "50", "70", """{"cached_tokens":20}""", """{"reasoning_tokens":64}""", new TokenUsage(50, 70, 20, ReasoningTokens: 64)),
        ("gpt-5", "0", "0", """{"cached_tokens":0}""", """{"reasoning_tokens":0}""", new TokenUsage(0, 0)),
    ];

    private static readonly (string Usage, TokenUsage Is)[] s_anthropic =
    [
        ("""{"input_tokens":21,"output_tokens":77}""", new TokenUsage(21, 77)),
        ("""{"input_tokens":21,"cache_read_input_tokens":4000,"cache_creation_input_tokens":0,"output_tokens":77}""", new TokenUsage(21, 77, 4000)),
        ("""{"input_tokens":21,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":500,"ephemeral_1h_input_tokens":0},"output_tokens":77}""", new TokenUsage(21, 77, 0, 500)),
        ("""{"input_tokens":21,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":500},"output_tokens":77}""", new TokenUsage(21, 77, 0, 500, CacheWrite1hTokens: 500)),
        ("""{"input_tokens":0,"cache_read_input_tokens":3,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":300},"output_tokens":1}""",
            new TokenUsage(0, 1, 3, 500, CacheWrite1hTokens: 300)),
        ("""{"input_tokens":0,"output_tokens":0}""", new TokenUsage(0, 0)),
    ];

    [Fact]
    public async Task Every_count_of_OpenAIs_costs_what_it_says()
    {
        var agent = await api.NewAgent();
        using var sdks = new DotnetSdks(api.Address, agent.Key!);
        foreach (var (model, input, output, ofInput, ofOutput, _) in s_openai)
        {
            var chat = $$"""{"prompt_tokens":{{input}},"completion_tokens":{{output}},"prompt_tokens_details":{{ofInput}},"completion_tokens_details":{{ofOutput}}}""";
            var response = $$"""{"input_tokens":{{input}},"output_tokens":{{output}},"input_tokens_details":{{ofInput}},"output_tokens_details":{{ofOutput}}}""";
            api.Provider.Says(Said.Completion(chat));
            await sdks.Chat(model: model);
            api.Provider.Streams(Said.Chunk("Hi"), Said.UsageChunk(chat), Said.Done);
            await sdks.ChatStream(model: model);
            api.Provider.Says(Way.Response("completed", response));
            await sdks.Response(model: model);
            api.Provider.Streams(Way.ResponseEvents(response));
            await sdks.ResponseStream(model: model);
        }

        var settled = (await api.AtRest(agent)).Where(l => l.Kind == "settle");
        settled.Select(l => l.Amount).Should().Equal(s_openai.SelectMany(o => Enumerable.Repeat(api.Price(o.Model, o.Is), 4)));
    }

    [Fact]
    public async Task Every_count_of_Anthropics_costs_what_it_says()
    {
        var agent = await api.NewAgent();
        using var sdks = new DotnetSdks(api.Address, agent.Key!);
        foreach (var (usage, _) in s_anthropic)
        {
            api.Provider.Says(Said.Message(usage));
            await sdks.Message();
            api.Provider.Streams(Said.MessageEvents(usage.Replace("\"output_tokens\":77", "\"output_tokens\":1", StringComparison.Ordinal), usage));
            await sdks.MessageStream();
        }

        var settled = (await api.AtRest(agent)).Where(l => l.Kind == "settle");
        settled.Select(l => l.Amount).Should().Equal(s_anthropic.SelectMany(a => Enumerable.Repeat(api.Price("claude-haiku-4-5", a.Is), 2)));
    }
}
