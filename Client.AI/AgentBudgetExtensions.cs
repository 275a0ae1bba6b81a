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

            var options = new AgentBudgetOptions();
            configure?.Invoke(options);
            options.Check();
            var budgets = services.GetService<IBudgets>() ?? throw new InvalidOperationException("There are no budgets to spend from: call AddBudgetsClient, and build the chat client with the services that it is in.");
            return new BudgetedChatClient(inner, budgets.For(agent), options, services.GetKeyedService<TimeProvider>(Clock) ?? TimeProvider.System);
        });
    }
}
