using Microsoft.Extensions.Configuration;
using Orleans.Dashboard;

namespace Budgets.Silo;

/// <summary>How operators look inside: Orleans' own dashboard, and traces that go on in the grains. Every silo and every API host of a cluster must be told alike.</summary>
/// <remarks>Both see every grain call, which costs (docs/decisions/0008): so they are only there when asked for.</remarks>
public static class OperatorsView
{
    private const string Setting = "Budgets:Dashboard";

    /// <param name="faults">Where a setting that is neither true nor false is told; null: that was done.</param>
    public static bool HasDashboard(IConfiguration configuration, ICollection<string>? faults = null)
    {
        var text = configuration[Setting];
        if (!string.IsNullOrEmpty(text) && !bool.TryParse(text, out _))
        {
            faults?.Add($"{Setting} is '{text}'; it must be true or false.");
        }

        return bool.TryParse(text, out var asked) && asked;
    }

    public static ISiloBuilder AddOperatorsView(this ISiloBuilder silo, IConfiguration configuration)
    {
        silo = HasDashboard(configuration) ? silo.AddDashboard(HideLogs) : silo;
        return Telemetry.IsExported(configuration) ? silo.AddActivityPropagation() : silo;
    }

    public static IClientBuilder AddOperatorsView(this IClientBuilder client, IConfiguration configuration)
    {
        client = HasDashboard(configuration) ? client.AddDashboard(HideLogs) : client;
        return Telemetry.IsExported(configuration) ? client.AddActivityPropagation() : client;
    }

    // Logs have their own ways out; a page that streams them holds a request open for as long as it is looked at.
    private static void HideLogs(DashboardOptions options) => options.HideTrace = true;
}
