using Budgets.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// One silo of a cluster. A service on a machine of its own needs none: there the API host has its silo in it.
if (args is ["health", ..])
{
    return await SiloHealth.Ask(args[1..]);
}

return await Launch.Run(async () =>
{
    var builder = Host.CreateApplicationBuilder(Launch.Unwatched(args));
    builder.Configuration.Sources.Insert(0, Launch.QuietLogs);
    var faults = new List<string>();
    OperatorsView.HasDashboard(builder.Configuration, faults);
    faults.AddRange(BudgetSilo.Faults(builder.Configuration));
    if (ClusterSettings.Read(builder.Configuration, faults) is not { } settings || faults.Count > 0)
    {
        Launch.RefuseIf(faults);
        Launch.RefuseIf(["Budgets:Cluster must be AzureStorage: a silo of its own is part of a cluster. A service on one machine is the API host alone."]);
        return;
    }

    // Before the silo, so that one that cannot join is seen to live and not to be ready.
    builder.Services.AddHostedService<SiloHealth>(s => ActivatorUtilities.CreateInstance<SiloHealth>(s, settings));
    builder.UseOrleans(silo => silo.AddClusterSilo(settings).AddOperatorsView(builder.Configuration));
    builder.AddTelemetry("budgets-silo");
    await builder.Build().RunAsync();
});
