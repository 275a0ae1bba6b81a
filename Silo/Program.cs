using Budgets.Silo;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

// One silo of a cluster. A service on a machine of its own needs none: there the API host has its silo in it.
try
{
    var builder = Host.CreateApplicationBuilder(args);
    builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietLogs() });
    if (ClusterSettings.IsAskedFor(builder.Configuration) is not true)
    {
        return Refuse("Budgets:Cluster must be AzureStorage: a silo of its own is part of a cluster. A service on one machine is the API host alone.");
    }

    var settings = ClusterSettings.Read(builder.Configuration);
    builder.UseOrleans(silo => silo.AddClusterSilo(settings).AddOperatorsDashboard(builder.Configuration));
    await builder.Build().RunAsync();
    return 0;
}
catch (OptionsValidationException e)
{
    return Refuse([.. e.Failures]);
}

// Configuration overrides this as usual.
static Dictionary<string, string?> QuietLogs() => new()
{
    ["Logging:LogLevel:Default"] = "Warning",
    ["Logging:LogLevel:Budgets"] = "Information",
    ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
    // Why it did not start is told here, without a stack trace.
    ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
};

static int Refuse(params string[] faults)
{
    Console.Error.WriteLine("Not started:");
    foreach (var fault in faults)
    {
        Console.Error.WriteLine("- " + fault);
    }

    return 1;
}
