using Budgets.ApiHost.Auth;

namespace Budgets.ApiHost;

/// <summary>What the API host is told by configuration, section "Budgets" (environment: <c>Budgets__DataDirectory</c> and so on).</summary>
internal sealed class ApiOptions
{
    public const string Section = "Budgets";

    /// <summary>Where the embedded service keeps its files, and the operator key. Relative to the current directory. Default ./data.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>
    /// The operator key ("abo_…"). Left out: the one in <c>operator.key</c> in the data directory, made at the first start. In a cluster, where API hosts share no
    /// directory, it must be given.
    /// </summary>
    public string? OperatorKey { get; set; }

    /// <summary>A key ("abm_…") that reads /metrics and opens nothing else, for whoever scrapes it. Left out: only the operator key does.</summary>
    public string? MetricsKey { get; set; }

    public static ApiOptions Read(IConfiguration configuration) => configuration.GetSection(Section).Get<ApiOptions>() ?? new ApiOptions();

    /// <summary>All that keeps the host from starting, each with the setting that mends it.</summary>
    /// <param name="isInCluster">Its silos are elsewhere, or are meant to be.</param>
    public IEnumerable<string> Faults(bool isInCluster)
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            yield return "Budgets:DataDirectory must name a directory.";
        }
        else if (File.Exists(DataDirectory))
        {
            yield return $"Budgets:DataDirectory '{DataDirectory}' is a file; it must be a directory.";
        }

        if (isInCluster && string.IsNullOrEmpty(OperatorKey))
        {
            yield return "Budgets:OperatorKey must be set in a cluster, the same for every API host. To have one made: the API host with the argument operator-key.";
        }

        // The value is a secret, so the message does not repeat it.
        if (OperatorKey is { Length: > 0 } key && !ApiKey.IsWellFormed(key, ApiKey.OperatorPrefix))
        {
            yield return "Budgets:OperatorKey is not an operator key: 'abo_', 30 base62 characters and their 6-character checksum. Leave it out to have one made.";
        }

        if (MetricsKey is { Length: > 0 } metricsKey && !ApiKey.IsWellFormed(metricsKey, ApiKey.MetricsPrefix))
        {
            yield return "Budgets:MetricsKey is not a metrics key: 'abm_', 30 base62 characters and their 6-character checksum. To have one made: the API host with the argument metrics-key.";
        }
    }
}
