using System.Globalization;
using System.Net;
using Azure.Data.Tables;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Clustering;

/// <summary>A silo as a row and back, column for column as Orleans' own Azure clustering keeps it: silos of both may share a table.</summary>
/// <remarks>Every column is a string, times are UTC to the millisecond, and what is null has no column. Names and formats are stored: none may change.</remarks>
internal static class SiloRows
{
    public const string Status = nameof(Status);
    public const string ProxyPort = nameof(ProxyPort);
    public const string DeploymentId = nameof(DeploymentId);

    private const string Address = nameof(Address);
    private const string Port = nameof(Port);
    private const string Generation = nameof(Generation);
    private const string HostName = nameof(HostName);
    private const string RoleName = nameof(RoleName);
    private const string SiloName = nameof(SiloName);
    private const string UpdateZone = nameof(UpdateZone);
    private const string FaultZone = nameof(FaultZone);
    private const string StartTime = nameof(StartTime);
    private const string IAmAliveTime = nameof(IAmAliveTime);
    private const string SuspectingSilos = nameof(SuspectingSilos);
    private const string SuspectingTimes = nameof(SuspectingTimes);

    /// <summary>The silo's name once more, under the name that very old silos look for.</summary>
    private const string InstanceName = nameof(InstanceName);

    private const char Separator = '|';

    /// <summary>What <see cref="ReadGateway"/> needs.</summary>
    public static readonly string[] GatewayColumns = ["PartitionKey", "RowKey", Address, Generation, ProxyPort];

    public static string Key(SiloAddress silo) => string.Create(CultureInfo.InvariantCulture, $"{silo.Endpoint.Address}-{silo.Endpoint.Port}-{silo.Generation}");

    /// <summary>Also versions are kept in rows, and later releases may keep other things: a silo's key begins with an IP address.</summary>
    public static bool IsSilo(TableEntity row) =>
        row.RowKey.IndexOf('-', StringComparison.Ordinal) is > 0 and var end && IPAddress.TryParse(row.RowKey.AsSpan(0, end), out _);

    public static TableEntity Write(string cluster, MembershipEntry entry)
    {
        var votes = entry.SuspectTimes ?? [];
        var row = new TableEntity(cluster, Key(entry.SiloAddress))
        {
            [DeploymentId] = cluster,
            [Address] = entry.SiloAddress.Endpoint.Address.ToString(),
            [Port] = Text(entry.SiloAddress.Endpoint.Port),
            [Generation] = Text(entry.SiloAddress.Generation),
            [Status] = entry.Status.ToString(),
            [ProxyPort] = Text(entry.ProxyPort),
            [UpdateZone] = Text(entry.UpdateZone),
            [FaultZone] = Text(entry.FaultZone),
            [SuspectingSilos] = string.Join(Separator, votes.Select(v => v.Item1.ToParsableString())),
            [SuspectingTimes] = string.Join(Separator, votes.Select(v => LogFormatter.PrintDate(v.Item2))),
            [StartTime] = LogFormatter.PrintDate(entry.StartTime),
            [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
        };
        foreach (var (column, text) in new[] { (HostName, entry.HostName), (RoleName, entry.RoleName), (SiloName, entry.SiloName), (InstanceName, entry.SiloName) })
        {
            if (text is not null)
            {
                row[column] = text;
            }
        }

        return row;
    }

    /// <summary>Only what a heartbeat changes: to be merged into the row.</summary>
    public static TableEntity WriteHeartbeat(string cluster, MembershipEntry entry) => new(cluster, Key(entry.SiloAddress))
    {
        [DeploymentId] = cluster,
        [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
    };

    /// <exception cref="FormatException">The row does not say what a silo's row must. To pass over it would hide a silo from the cluster.</exception>
    public static MembershipEntry Read(TableEntity row) => Reading(row, static row => new MembershipEntry
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse(row.GetString(Address)), Number(row, Port), Number(row, Generation)),
        HostName = row.GetString(HostName),
        Status = Enum.Parse<SiloStatus>(row.GetString(Status)),
        ProxyPort = Number(row, ProxyPort),
        RoleName = row.GetString(RoleName),
        SiloName = row.GetString(SiloName) is { Length: > 0 } name ? name : row.GetString(InstanceName),
        UpdateZone = Number(row, UpdateZone),
        FaultZone = Number(row, FaultZone),
        StartTime = Time(row.GetString(StartTime)),
        IAmAliveTime = Time(row.GetString(IAmAliveTime)),
        SuspectTimes = Votes(row),
    });

    /// <summary>Null: the silo takes no clients.</summary>
    /// <exception cref="FormatException">The row does not say what a silo's row must.</exception>
    public static Uri? ReadGateway(TableEntity row) => Reading(row, static row => Number(row, ProxyPort) is not 0 and var port
        ? SiloAddress.New(IPAddress.Parse(row.GetString(Address)), port, Number(row, Generation)).ToGatewayUri()
        : null);

    /// <summary>The last that was heard of a silo, or from others about it: a silo that was voted dead is not older than the vote.</summary>
    public static DateTimeOffset LastHeardOf(MembershipEntry entry) => (entry.SuspectTimes ?? []).Select(v => v.Item2).Append(entry.StartTime).Append(entry.IAmAliveTime).Max();

    private static T Reading<T>(TableEntity row, Func<TableEntity, T> read)
    {
        try
        {
            return read(row);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"The row '{row.RowKey}' of cluster '{row.PartitionKey}' cannot be read as a silo's: {e.Message}", e);
        }
    }

    private static List<Tuple<SiloAddress, DateTime>>? Votes(TableEntity row)
    {
        var silos = Split(row.GetString(SuspectingSilos));
        var times = Split(row.GetString(SuspectingTimes));
        return silos.Length != times.Length
            ? throw new FormatException($"{silos.Length} silos suspect it at {times.Length} times.")
            : silos is [] ? null : [.. silos.Zip(times, (silo, time) => Tuple.Create(SiloAddress.FromParsableString(silo), Time(time)))];
    }

    private static string[] Split(string? text) => string.IsNullOrEmpty(text) ? [] : text.Split(Separator);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // Rows of old silos lack some columns, or have them empty.
    private static int Number(TableEntity row, string column) =>
        row.GetString(column) is { Length: > 0 } text ? int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;

    // It is parsed without a kind although it ends in GMT.
    private static DateTime Time(string? text) => DateTime.SpecifyKind(string.IsNullOrEmpty(text) ? default : LogFormatter.ParseDate(text), DateTimeKind.Utc);
}
