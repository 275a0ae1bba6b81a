using System.ClientModel;
using System.ClientModel.Primitives;
using Budgets.Client;
using Budgets.Client.AI;
using Budgets.Journal;
using Budgets.Tests.Gateway;
using Budgets.Tests.Grains;
using Budgets.Tests.Pricing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Client;

/// <summary>OpenAI's own client with a budget before it.</summary>
public sealed class ProviderClientTests : IAsyncLifetime
{
    private readonly AgentId _agent = BudgetCluster.NewAgent();
    private BudgetCluster _cluster = null!;
    private FakeProvider _provider = null!;
    private IBudgetGrain _budget = null!;

    public async Task InitializeAsync()
    {
        (_cluster, _provider) = (await BudgetCluster.Start(new MemoryJournalStore()), await FakeProvider.Start());
        _budget = await _cluster.Open(Usd(100), _agent);
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Its_answers_streams_and_errors_cost_what_the_provider_counted()
    {
        using var chat = Chat();
        var options = new ChatOptions { MaxOutputTokens = 100, Tools = [AIFunctionFactory.Create((string city) => city, "weather")] };

        _provider.Says(Said.Completion("""{"prompt_tokens":1011,"completion_tokens":209,"total_tokens":1220,"prompt_tokens_details":{"cached_tokens":1000},"completion_tokens_details":{"reasoning_tokens":0}}"""));
        (await chat.GetResponseAsync("hello", options)).Text.Should().Be("Hi there");
        _provider.Streams(Said.Chunk("Hel"), Said.Chunk("lo"), Said.UsageChunk(), Said.Done);
        (await chat.GetStreamingResponseAsync("hello", options).ToChatResponseAsync()).Text.Should().Be("Hello");
        _provider.Says("""{"error":{"message":"slow down","type":"rate_limit_error"}}""", 429);
        await chat.Awaiting(c => c.GetResponseAsync("hello", options)).Should().ThrowAsync<ClientResultException>();

        var ends = (await _budget.Ledger()).Where(e => e.Kind is EntryKind.Settle or EntryKind.Release).ToList();
        ends.Select(e => e.Kind).Should().Equal(EntryKind.Settle, EntryKind.Settle, EntryKind.Release);
        ends.Take(2).Select(e => e.Amount).Should().Equal(Cost(new TokenUsage(1011, 209, CacheReadTokens: 1000)), Cost(new TokenUsage(11, 9)));
        (await _budget.Daily()).Held.Should().Be(Money.Zero);
    }

    /// <summary>The bound is worked out before the client has put the call into words: no way of putting it may be longer.</summary>
    [Fact]
    public async Task What_is_held_bounds_what_it_sends()
    {
        using var chat = Chat();
        _provider.Says(Said.Completion());
        List<ChatMessage> said =
        [
            new(ChatRole.System, "Sei höflich. \u2603 \"quoted\" <b>"), new(ChatRole.User, "日本語"),
            new(ChatRole.Assistant, [new FunctionCallContent("call_1", "weather", new Dictionary<string, object?> { ["city"] = "Zürich", ["days"] = new List<int> { 1, 2, 3 } })]),
            new(ChatRole.Tool, [new FunctionResultContent("call_1", new { Temperature = 3.5, Sky = "wolkig – trüb" })]),
        ];
        var options = new ChatOptions
        {
            MaxOutputTokens = 100, Instructions = "Be brief.", ResponseFormat = ChatResponseFormat.ForJsonSchema<Forecast>(), Tools = [AIFunctionFactory.Create((string city, Forecast last) => city, "weather", "Tells the weather.")],
        };

        await chat.GetResponseAsync(said, options);

        var held = (await _budget.Ledger()).Single(e => e.Kind == EntryKind.Hold).Purpose.Usage!;
        held.InputTokens.Should().BeGreaterThanOrEqualTo(System.Text.Encoding.UTF8.GetByteCount(_provider.Calls.Single().Body));
    }

    [Fact]
    public async Task Its_embeddings_cost_what_the_provider_counted()
    {
        using var generator = Client().GetEmbeddingClient("text-embedding-3-small").AsIEmbeddingGenerator().AsBuilder().UseAgentBudget(_agent).Build(Services());
        _provider.Says("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAEA="},{"object":"embedding","index":1,"embedding":"AACAPwAAAEA="}],"model":"text-embedding-3-small","usage":{"prompt_tokens":5,"total_tokens":5}}""");

        var made = await generator.GenerateAsync(["hello", "日本語"]);

        var ledger = (await _budget.Ledger()).Where(e => e.Kind is EntryKind.Hold or EntryKind.Settle).ToList();
        (made.Count, ledger.Count).Should().Be((2, 2));
        ledger[0].Purpose.Usage!.InputTokens.Should().BeGreaterThanOrEqualTo(14, "so many bytes they have");
        ledger[1].Should().BeEquivalentTo(new { Amount = Cost(new TokenUsage(5), "text-embedding-3-small"), Purpose = new { Operation = "embed" } });
        made.AdditionalProperties![BudgetNotes.Cost].Should().Be(ledger[1].Amount.ToString());
    }

    private IChatClient Chat() => Client().GetChatClient("gpt-4o").AsIChatClient().AsBuilder().UseAgentBudget(_agent).Build(Services());

    private OpenAIClient Client() =>
        new(new ApiKeyCredential("sk-test"), new OpenAIClientOptions { Endpoint = new Uri($"{_provider.Address}v1"), RetryPolicy = new ClientRetryPolicy(0) });

    private ServiceProvider Services()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(_cluster.Client).AddBudgetsClient();
        services.AddKeyedSingleton<TimeProvider>("Budgets", _cluster.Clock);
        return services.BuildServiceProvider();
    }

    private Money Cost(TokenUsage usage, string model = "gpt-4o") => Priced.Quote(model, usage, _cluster.Clock.GetUtcNow()).Amount;

    private sealed record Forecast(string City, double Temperature, string[] Warnings);
}
