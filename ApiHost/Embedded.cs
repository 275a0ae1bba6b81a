using Budgets.ApiHost.Gateway;
using Budgets.Silo;
using OpenTelemetry.Metrics;

namespace Budgets.ApiHost;

/// <summary>The one place of the API host that sees the silo: in this process, or a cluster of them elsewhere. And how programs begin, which both do alike.</summary>
internal static class Embedded
{
    public static IConfigurationSource QuietLogs => Launch.QuietLogs;

    /// <inheritdoc cref="Launch.Unwatched"/>
    public static string[] Unwatched(string[] args) => Launch.Unwatched(args);

    /// <summary>Runs the program; where it cannot start, prints every reason.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> Run(Func<Task> run) => Launch.Run(run);

    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The configuration, of the cluster and of this host, has faults; all of them are listed.</exception>
    public static void AddSilo(WebApplicationBuilder builder, ApiOptions options)
    {
        var faults = new List<string>();
        var cluster = ClusterSettings.Read(builder.Configuration, faults);
        faults.AddRange(options.Faults(isInCluster: cluster is not null || faults.Count > 0));
        HasDashboard(builder.Configuration, faults);
        Providers.Read(builder.Configuration, faults);
        Tiers.Read(builder.Configuration, faults);
        Attempts.Read(builder.Configuration, faults);
        CacheSettings.Read(builder.Configuration, faults);
        JoinSettings.Read(builder.Configuration, faults);
        faults.AddRange(BudgetSilo.Faults(builder.Configuration));
        Launch.RefuseIf(faults);
        if (cluster is not null)
        {
            builder.UseOrleansClient(client => client.AddClusterClient(cluster).AddOperatorsView(builder.Configuration));
        }
        else
        {
            builder.UseOrleans(silo => silo.AddBudgetSilo(options.DataDirectory).AddOperatorsView(builder.Configuration));
        }
    }

    /// <returns>Whether measurements, traces and logs of this process go anywhere.</returns>
    public static bool AddTelemetry(WebApplicationBuilder builder)
    {
        builder.AddTelemetry("budgets-api");
        return Telemetry.IsExported(builder.Configuration);
    }

    /// <summary>What budgets, journals and Orleans measure.</summary>
    public static void AddMeters(MeterProviderBuilder metrics) => metrics.AddBudgetMeters();

    /// <param name="faults">Where a setting that is none is told; null: that was done.</param>
    public static bool HasDashboard(IConfiguration configuration, ICollection<string>? faults = null) => OperatorsView.HasDashboard(configuration, faults);
}
