using Budgets.Silo;

namespace Budgets.ApiHost;

/// <summary>The one place of the API host that sees the silo: in this process, or a cluster of them elsewhere.</summary>
internal static class Embedded
{
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The configuration of the cluster has faults; all of them are listed.</exception>
    public static void AddSilo(WebApplicationBuilder builder)
    {
        if (ClusterSettings.IsAskedFor(builder.Configuration) is true)
        {
            var settings = ClusterSettings.Read(builder.Configuration);
            builder.UseOrleansClient(client => client.AddClusterClient(settings).AddOperatorsDashboard(builder.Configuration));
            return;
        }

        var options = builder.Configuration.GetSection(ApiOptions.Section).Get<ApiOptions>() ?? new ApiOptions();
        builder.UseOrleans(silo => silo.AddBudgetSilo(options.DataDirectory).AddOperatorsDashboard(builder.Configuration));
    }

    public static bool HasDashboard(IConfiguration configuration) => OperatorsDashboard.IsAskedFor(configuration);
}
