using System.Globalization;
using Azure.Data.Tables;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.Reminders;

/// <summary>A reminder as a row, in the layout of Orleans' own provider: a partition for each grain hash, all columns text.</summary>
/// <remarks>Keys and columns are stored: changing one needs a migration. A start is kept to the millisecond.</remarks>
internal static class ReminderRow
{
    private const string DateFormat = "yyyy-MM-dd HH:mm:ss.fff 'GMT'";

    /// <summary>Hashes have eight digits always, so that ranges of the ring are ranges of the table.</summary>
    public static string Partition(string serviceId, uint hash) => TableKeys.Sanitize(string.Create(CultureInfo.InvariantCulture, $"{serviceId}_{hash:X8}"));

    /// <summary>Before the first partition of a service and behind its last. Those of a service whose id begins with this one and '_' lie between, too.</summary>
    public static (string Below, string Above) Partitions(string serviceId) => (TableKeys.Sanitize(serviceId) + '_', TableKeys.Sanitize(serviceId) + '`');

    public static string Key(GrainId grain, string name) => TableKeys.Sanitize($"{grain}-{name}");

    /// <summary>Before the first row of a grain and behind its last. Those of a grain whose id begins with this one and '-' lie between, too.</summary>
    public static (string Below, string Above) Keys(GrainId grain) => (TableKeys.Sanitize(grain.ToString()) + '-', TableKeys.Sanitize(grain.ToString()) + '.');

    public static TableEntity Write(string serviceId, string clusterId, ReminderEntry reminder)
    {
        var hash = reminder.GrainId.GetUniformHashCode();
        return new TableEntity(Partition(serviceId, hash), Key(reminder.GrainId, reminder.ReminderName))
        {
            ["GrainReference"] = reminder.GrainId.ToString(),
            ["ReminderName"] = reminder.ReminderName,
            ["ServiceId"] = serviceId,
            ["DeploymentId"] = clusterId,
            ["StartAt"] = InUtc(reminder.StartAt).ToString(DateFormat, CultureInfo.InvariantCulture),
            ["Period"] = reminder.Period.ToString("c", CultureInfo.InvariantCulture),
            ["GrainRefConsistentHash"] = hash.ToString("X8", CultureInfo.InvariantCulture),
        };
    }

    /// <exception cref="FormatException">It is no reminder.</exception>
    public static ReminderEntry Read(TableEntity row)
    {
        try
        {
            return new ReminderEntry
            {
                GrainId = GrainId.Parse(Text(row, "GrainReference"), CultureInfo.InvariantCulture),
                ReminderName = Text(row, "ReminderName"),
                StartAt = DateTime.ParseExact(
                    Text(row, "StartAt"), DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
                Period = TimeSpan.Parse(Text(row, "Period"), CultureInfo.InvariantCulture),
                ETag = row.ETag.ToString(),
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new FormatException($"The row '{row.RowKey}' of '{row.PartitionKey}' is no reminder: {e.Message}", e);
        }
    }

    public static string? ServiceOf(TableEntity row) => TextOrNull(row, "ServiceId");

    public static string? ClusterOf(TableEntity row) => TextOrNull(row, "DeploymentId");

    public static string? NameOf(TableEntity row) => TextOrNull(row, "ReminderName");

    public static string? GrainOf(TableEntity row) => TextOrNull(row, "GrainReference");

    private static string Text(TableEntity row, string column) => TextOrNull(row, column) ?? throw new FormatException($"{column} is missing.");

    private static string? TextOrNull(TableEntity row, string column) => row.TryGetValue(column, out var value) ? value as string : null;

    // Orleans means UTC also where a time has lost its kind.
    private static DateTime InUtc(DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
