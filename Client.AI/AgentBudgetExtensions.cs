using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Client.AI;

public static class AgentBudgetExtensions
{
    /// <summary>The keyed clock of budgets, where there is one in this process.</summary>
    private const string Clock = "Budgets";

    /// <summary>Every call that goes through here is paid for by an agent's budget: the most it can cost is held, and what its provider counted is booked.</summary>
    /// <remarks>
    /// It belongs last, next to the provider's client. Below <c>UseFunctionInvocation</c> each call of a round of tools has a hold of its own, below a cache a hit
    /// costs nothing. Above them it could not tell the calls apart; with function invocation below it does not start.
    /// </remarks>
    /// <exception cref="InvalidOperationException">When the client is built: there is no <see cref="IBudgets"/> (AddBudgetsClient), or functions are invoked below.</exception>
    /// <exception cref="ArgumentException">When the client is built: this is no agent's id, or an option cannot be.</exception>
    public static ChatClientBuilder UseAgentBudget(this ChatClientBuilder builder, AgentId agent, Action<AgentBudgetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) =>
        {
            if (inner.GetService<FunctionInvokingChatClient>() is not null)
            {
                throw new InvalidOperationException("UseAgentBudget comes after UseFunctionInvocation: each call of the model needs a hold of its own.");
            }

            return new BudgetedChatClient(inner, Open(services, agent, configure, "chat"), ClockOf(services));
        });
    }

    /// <summary>The same for embeddings of texts.</summary>
    /// <exception cref="InvalidOperationException">When the generator is built: there is no <see cref="IBudgets"/> (AddBudgetsClient).</exception>
    /// <exception cref="ArgumentException">When the generator is built: this is no agent's id, or an option cannot be.</exception>
    public static EmbeddingGeneratorBuilder<string, TEmbedding> UseAgentBudget<TEmbedding>(
        this EmbeddingGeneratorBuilder<string, TEmbedding> builder, AgentId agent, Action<AgentBudgetOptions>? configure = null)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetedEmbeddings<TEmbedding>(inner, Open(services, agent, configure, "embed"), ClockOf(services)));
    }

    private static Opening Open(IServiceProvider services, AgentId agent, Action<AgentBudgetOptions>? configure, string operation)
    {
        var options = new AgentBudgetOptions { Operation = operation };
        configure?.Invoke(options);
        options.Check();
        var budgets = services.GetService<IBudgets>() ?? throw new InvalidOperationException("There are no budgets to spend from: call AddBudgetsClient, and build with the services that it is in.");
        return new Opening(budgets.For(agent), options);
    }

    private static TimeProvider ClockOf(IServiceProvider services) => services.GetKeyedService<TimeProvider>(Clock) ?? TimeProvider.System;
}
