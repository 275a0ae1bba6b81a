using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace Budgets.Silo;

/// <summary>Orleans' own dashboard: what its silos and grains are doing. Every silo and every API host of a cluster must be told alike.</summary>
/// <remarks>Its filter sees every grain call, which costs (docs/decisions/0008): so it is only there when asked for.</remarks>
public static class OperatorsDashboard
{
    private const string Setting = "Budgets:Dashboard";

    /// <exception cref="OptionsValidationException">The setting is neither true nor false.</exception>
    public static bool IsAskedFor(IConfiguration configuration) => configuration[Setting] switch
    {
        null or "" => false,
        var text when bool.TryParse(text, out var asked) => asked,
        var text => throw new OptionsValidationException(Setting, typeof(bool), [$"{Setting} is '{text}'; it must be true or false."]),
    };

    public static ISiloBuilder AddOperatorsDashboard(this ISiloBuilder silo, IConfiguration configuration) =>
        IsAskedFor(configuration) ? silo.AddDashboard(Configure) : silo;

    public static IClientBuilder AddOperatorsDashboard(this IClientBuilder client, IConfiguration configuration) =>
        IsAskedFor(configuration) ? client.AddDashboard(Configure) : client;

    // Logs have their own ways out; a page that streams them holds a request open for as long as it is looked at.
    private static void Configure(DashboardOptions options) => options.HideTrace = true;
}
