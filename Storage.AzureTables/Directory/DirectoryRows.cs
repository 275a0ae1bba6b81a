using System.Collections.Immutable;
using System.Globalization;
using Azure.Data.Tables;
using Budgets.Directories;

namespace Budgets.Storage.AzureTables.Directory;

/// <summary>Where an agent stands in the list.</summary>
internal sealed record Place(long Position, AgentId? Parent, TableEntity Row);

/// <summary>
/// The rows of one agent, all in one partition so that one transaction writes them: its place, its line in the list of all, and the same line in its parent's list.
/// </summary>
/// <remarks>
/// Tables are read forwards only and the newest is wanted first: so a higher position has a lower key. Positions are not unique: agents that were enrolled at
/// once may share one, and their ids decide. Keys and columns are stored: changing one needs a migration.
/// </remarks>
internal static class DirectoryRows
{
    public const string Partition = "agents";

    public const string All = "l.";

    public static string Children(AgentId parent) => $"c.{parent}.";

    /// <summary>Behind the last row of a list: '/' follows the '.' that every list's keys begin with, and is in no id.</summary>
    public static string End(string list) => list[..^1] + '/';

    public static string PlaceKey(string agent) => $"a.{agent}";

    public static string Key(string list, long position, string agent) => string.Create(CultureInfo.InvariantCulture, $"{list}{long.MaxValue - position:D19}.{agent}");

    /// <summary>What one transaction does to enroll an agent.</summary>
    /// <param name="there">Its place; null: it has none.</param>
    /// <param name="newest">The position of the newest agent of all.</param>
    public static ImmutableArray<TableTransactionAction> Enroll(AgentListing listing, Place? there, long newest)
    {
        var position = there?.Position ?? newest + 1;
        var place = new TableEntity(Partition, PlaceKey(listing.Agent.Value)) { ["Position"] = position, ["Parent"] = listing.Parent?.Value };

        // The place decides between two that enroll one agent at once: the other rows follow it.
        List<TableTransactionAction> actions =
        [
            there is null ? new(TableTransactionActionType.Add, place) : new(TableTransactionActionType.UpdateReplace, place, there.Row.ETag),
            new(TableTransactionActionType.UpsertReplace, Line(All, position, listing)),
        ];
        if (listing.Parent is { } parent)
        {
            actions.Add(new(TableTransactionActionType.UpsertReplace, Line(Children(parent), position, listing)));
        }

        if (there?.Parent is { } before && before != listing.Parent)
        {
            actions.Add(new(TableTransactionActionType.Delete, new TableEntity(Partition, Key(Children(before), position, listing.Agent.Value)), Azure.ETag.All));
        }

        return [.. actions];
    }

    public static Place ReadPlace(TableEntity row) => new(Position(row), Id(row.GetString("Parent")), row);

    public static AgentListing ReadLine(TableEntity row) => new(
        new AgentId(row.GetString("Agent")),
        row.GetString("Name"),
        Id(row.GetString("Parent")),
        DateTimeOffset.ParseExact(row.GetString("CreatedAt"), "O", CultureInfo.InvariantCulture),
        row.GetBoolean("Closed") ?? throw Missing(row, "Closed"));

    public static long Position(TableEntity row) => row.GetInt64("Position") ?? throw Missing(row, "Position");

    private static TableEntity Line(string list, long position, AgentListing listing) => new(Partition, Key(list, position, listing.Agent.Value))
    {
        ["Position"] = position,
        ["Agent"] = listing.Agent.Value,
        ["Name"] = listing.Name,
        ["Parent"] = listing.Parent?.Value,
        ["CreatedAt"] = listing.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["Closed"] = listing.Closed,
    };

    private static AgentId? Id(string? text) => text is null ? null : new AgentId(text);

    private static InvalidDataException Missing(TableEntity row, string column) => new($"The row '{row.RowKey}' of the list of agents has no {column}.");
}
