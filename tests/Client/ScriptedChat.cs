using System.Runtime.CompilerServices;
using Budgets.Client;
using Budgets.Client.AI;
using Budgets.Tests.Grains;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Client;

/// <summary>A provider's client that does what no real one would on request.</summary>
internal sealed class ScriptedChat(string? model = "gpt-4o") : IChatClient
{
    /// <summary>What the next call is answered with.</summary>
    public Func<CancellationToken, Task<ChatResponse>> Answers { get; set; } = _ => Task.FromResult(new ChatResponse());

    public Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> Streams { get; set; } = _ => AsyncEnumerable.Empty<ChatResponseUpdate>();

    /// <summary>Instead of a stream.</summary>
    public Exception? Refuses { get; init; }

    /// <summary>The options of every call that came through.</summary>
    public List<ChatOptions?> Calls { get; } = [];

    /// <summary>The last stream was ended, by whoever read it or by itself.</summary>
    public bool StreamEnded { get; private set; }

    /// <summary>The client as an agent's program has it: this one, with a budget before it.</summary>
    public IChatClient With(BudgetCluster cluster, AgentId agent, Action<AgentBudgetOptions>? configure = null, Func<ChatClientBuilder, ChatClientBuilder>? above = null)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(cluster.Client).AddBudgetsClient();
        services.AddKeyedSingleton<TimeProvider>("Budgets", cluster.Clock);
        return (above ?? (b => b))(this.AsBuilder()).UseAgentBudget(agent, configure).Build(services.BuildServiceProvider());
    }

    public static ChatResponse Says(string text, UsageDetails? usage, params AIContent[] more) =>
        new(new ChatMessage(ChatRole.Assistant, [new TextContent(text), .. more])) { Usage = usage, ModelId = "gpt-4o-2024-08-06" };

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Calls.Add(options);
        return Answers(cancellationToken);
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Refuses is null ? Stream(options, cancellationToken) : throw Refuses;

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Calls.Add(options);
        try
        {
            await foreach (var update in Streams(cancellationToken).WithCancellation(cancellationToken))
            {
                yield return update;
            }
        }
        finally
        {
            StreamEnded = true;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, model) : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // There is nothing to give back.
    }
}
