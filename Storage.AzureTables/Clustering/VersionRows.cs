using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Clustering;

/// <summary>The version of a cluster's membership: one row that counts, and a copy before and after all silos.</summary>
/// <remarks>The copies say at which version a read of many pages began, and are what Orleans' own silos compare after such a read.</remarks>
internal static class VersionRows
{
    public const string Key = "VersionRow";

    /// <summary>Sorts before every IP address.</summary>
    public const string StartKey = "!Start";

    /// <summary>Sorts after every IP address.</summary>
    public const string EndKey = "~End";

    private const string MembershipVersion = nameof(MembershipVersion);

    /// <summary>The first of a new cluster: version 0.</summary>
    public static IEnumerable<TableTransactionAction> Create(string cluster) =>
        from row in new[] { Write(cluster, Key, 0), Write(cluster, StartKey, 0), Write(cluster, EndKey, 0) } select new TableTransactionAction(TableTransactionActionType.Add, row);

    /// <summary>To the next version, on condition that nobody has got there before. Rows of clusters older than the copies get them now.</summary>
    public static IEnumerable<TableTransactionAction> Advance(string cluster, TableVersion next)
    {
        // Without the ETag of a row, or with one for any row, it would be replaced whatever it says.
        ArgumentException.ThrowIfNullOrEmpty(next.VersionEtag);
        var read = new ETag(next.VersionEtag);
        ArgumentOutOfRangeException.ThrowIfEqual(read, ETag.All);
        return
        [
            new(TableTransactionActionType.UpdateReplace, Write(cluster, Key, next.Version), read),
            new(TableTransactionActionType.UpsertReplace, Write(cluster, StartKey, next.Version)),
            new(TableTransactionActionType.UpsertReplace, Write(cluster, EndKey, next.Version)),
        ];
    }

    /// <exception cref="KeyNotFoundException">There is no version: the cluster was never initialized, or has been deleted.</exception>
    public static TableVersion Read(string cluster, TableEntity? row) => row is not null
        ? new TableVersion(Number(row), row.ETag.ToString())
        : throw new KeyNotFoundException($"The membership of cluster '{cluster}' has no version row.");

    /// <summary>At which version the first page was read; null: there is no copy.</summary>
    public static int? ReadStart(TableEntity? start) => start is null ? null : Number(start);

    private static TableEntity Write(string cluster, string key, int version)
    {
        var row = new TableEntity(cluster, key)
        {
            [SiloRows.DeploymentId] = cluster,
            [MembershipVersion] = version.ToString(CultureInfo.InvariantCulture),
        };
        if (key != Key)
        {
            // Older releases of Orleans take the copies for silos, and clean up those that are not active.
            row[SiloRows.Status] = nameof(SiloStatus.Active);
        }

        return row;
    }

    private static int Number(TableEntity row) => int.TryParse(row.GetString(MembershipVersion), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        ? version
        : throw new FormatException($"The row '{row.RowKey}' of cluster '{row.PartitionKey}' has no {MembershipVersion}.");
}
