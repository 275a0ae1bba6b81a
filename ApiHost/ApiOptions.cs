using Budgets.ApiHost.Auth;
using Microsoft.Extensions.Options;

namespace Budgets.ApiHost;

/// <summary>What the API host is told by configuration, section "Budgets" (environment: <c>Budgets__DataDirectory</c> and so on).</summary>
internal sealed class ApiOptions
{
    public const string Section = "Budgets";

    /// <summary>Where the embedded service keeps its files, and the operator key. Relative to the current directory. Default ./data.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>Left out or "Embedded": the silo is in this process. "AzureStorage": silos are elsewhere, and found through the storage account.</summary>
    public string? Cluster { get; set; }

    /// <summary>
    /// The operator key ("abo_…"). Left out: the one in <c>operator.key</c> in the data directory, made at the first start. In a cluster, where API hosts share no
    /// directory, it must be given.
    /// </summary>
    public string? OperatorKey { get; set; }
}

/// <summary>Bad configuration stops the start, with every fault listed.</summary>
internal sealed class ApiOptionsFaults : IValidateOptions<ApiOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            faults.Add("Budgets:DataDirectory must name a directory.");
        }
        else if (File.Exists(options.DataDirectory))
        {
            faults.Add($"Budgets:DataDirectory '{options.DataDirectory}' is a file; it must be a directory.");
        }

        if (options.Cluster is not (null or "" or "Embedded") && string.IsNullOrEmpty(options.OperatorKey))
        {
            faults.Add("Budgets:OperatorKey must be set in a cluster, the same for every API host. To have one made: the API host with the argument operator-key.");
        }

        // The value is a secret, so the message does not repeat it.
        if (options.OperatorKey is { Length: > 0 } key && !ApiKey.IsWellFormed(key, ApiKey.OperatorPrefix))
        {
            faults.Add("Budgets:OperatorKey is not an operator key: 'abo_', 30 base62 characters and their 6-character checksum. Leave it out to have one made.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
