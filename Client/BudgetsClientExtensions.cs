using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Budgets.Client;

public static class BudgetsClientExtensions
{
    /// <summary>The key of the clock that budgets live by, where there is one in this process.</summary>
    private const string Clock = "Budgets";

    /// <summary>
    /// Adds <see cref="IBudgets"/> on the host's <see cref="IClusterClient"/>: that of <c>UseOrleansClient</c> in a process of its own, or the one that
    /// a host with a silo in it (<c>UseOrleans</c>) has anyway.
    /// </summary>
    /// <exception cref="OptionsValidationException">At the start: an option is out of range.</exception>
    public static IServiceCollection AddBudgetsClient(this IServiceCollection services, Action<BudgetsClientOptions>? configure = null)
    {
        var options = services.AddOptions<BudgetsClientOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BudgetsClientOptions>, BudgetsClientOptionsFaults>());
        services.TryAddSingleton<IBudgets>(static s =>
        {
            var cluster = s.GetService<IClusterClient>() ?? throw new InvalidOperationException("There is no cluster client to reach budgets with: call UseOrleansClient, or UseOrleans where the silo is in this process.");
            var clock = s.GetKeyedService<TimeProvider>(Clock) ?? TimeProvider.System;
            var insistence = new Insistence(s.GetRequiredService<IOptions<BudgetsClientOptions>>().Value, clock);
            var calls = new Calls(insistence, clock, s.GetRequiredService<ILogger<ModelCall>>());
            return new ClusterBudgets(cluster, insistence, calls, s.GetRequiredService<ILogger<Reservation>>());
        });
        return services;
    }

    private sealed class ClusterBudgets(IClusterClient cluster, Insistence insistence, Calls calls, ILogger<Reservation> log) : IBudgets
    {
        public IBudget For(AgentId agent) => AgentId.IsWellFormed(agent.Value)
            ? new Budget(agent, cluster.GetGrain<IBudgetGrain>(agent.Value), insistence, calls, log)
            : throw new ArgumentException($"'{agent}' is not an agent's id: '{AgentId.Prefix}' and 20 base62 characters.", nameof(agent));
    }
}
