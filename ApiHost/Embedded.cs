using Budgets.Silo;

namespace Budgets.ApiHost;

/// <summary>The one place of the API host that sees the silo: both in one process.</summary>
internal static class Embedded
{
    public static void AddEmbeddedSilo(WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(ApiOptions.Section).Get<ApiOptions>() ?? new ApiOptions();
        builder.UseOrleans(silo => silo.AddBudgetSilo(options.DataDirectory));
    }
}
