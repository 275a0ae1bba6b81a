using Azure.Data.Tables;
using Budgets.Directories;

namespace Budgets.Storage.AzureTables.Directory;

/// <summary>The list of all agents in one partition of a table. Any number of silos may share it; they agree on nothing beforehand.</summary>
/// <remarks>
/// <para>An enrolment reads the agent's place and the newest line, and writes all rows of the agent in one transaction, one position above the newest. So an agent
/// enrolled after another was is above it, on whatever silo; those enrolled at once may share a position and stand by their ids. No row is written by
/// two agents: silos wait for each other only when they enroll the same agent. A position never changes, and so a page stays put.</para>
/// <para>A page is a range of keys from its first line on: as many rows are read as are shown, however long the list. Only a search by name walks the
/// list, until it has found a page: tables have no search for text.</para>
/// <para>One partition does about 2,000 rows a second (docs: Scalability targets for Table storage): some five hundred enrolments, at two reads and two or three
/// writes each, less what is listed. A transaction has one partition only, and several partitions would have no order among them.</para>
/// </remarks>
internal sealed class AzureTablesAgentDirectory(TableServiceClient tables, string name = AzureTablesAgentDirectory.DefaultTable) : IAgentDirectory
{
    public const string DefaultTable = "BudgetsAgents";

    /// <summary>How often one agent may be enrolled by others meanwhile.</summary>
    private const int MostTries = 20;

    private static readonly AgentPage s_nobody = new([], null);

    private readonly TableClient _table = tables.GetTableClient(name);

    /// <summary>Makes the table where it is missing; before the first agent is enrolled.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public Task Create(CancellationToken cancellation) => _table.CreateIfMissing(cancellation);

    public async Task Enroll(AgentListing listing)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var (there, newest) = (FindPlace(listing.Agent.Value), Newest());
            await Task.WhenAll(there, newest);
            var actions = DirectoryRows.Enroll(listing, await there, await newest);

            // Where another was faster, or an answer was lost and the client tried again, the place says so.
            if (await _table.Write(async () => (await _table.SubmitTransactionAsync(actions)).GetRawResponse()) is not null)
            {
                return;
            }
        }

        throw new StoreUnavailableException($"The agent {listing.Agent} was enrolled {MostTries} times by others meanwhile.");
    }

    public async Task<AgentPage> List(AgentQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, AgentQuery.MaxLimit);

        var list = query.Parent is { } parent ? DirectoryRows.Children(parent) : DirectoryRows.All;
        var from = list;
        if (query.After is { } after)
        {
            if (!AgentId.IsWellFormed(after) || await FindPlace(after) is not { } place)
            {
                return s_nobody;
            }

            from = DirectoryRows.Key(list, place.Position, after);
        }

        // One line more than asked for tells whether there is a next page.
        var agents = await Lines(list, from, query.NameContains is null ? query.Limit + 1 : null)
            .Select(DirectoryRows.ReadLine)
            .Where(a => query.NameContains is not { } text || a.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
            .Take(query.Limit + 1)
            .ToListAsync();
        return agents.Count > query.Limit
            ? new AgentPage([.. agents.Take(query.Limit)], agents[query.Limit - 1].Agent.Value)
            : new AgentPage([.. agents], null);
    }

    public Task Ping() => Newest();

    private async Task<long> Newest() =>
        await Lines(DirectoryRows.All, DirectoryRows.All, 1).FirstOrDefaultAsync() is { } line ? DirectoryRows.Position(line) : 0;

    private async Task<Place?> FindPlace(string agent) =>
        await _table.Find(DirectoryRows.Partition, DirectoryRows.PlaceKey(agent), default) is { } row ? DirectoryRows.ReadPlace(row) : null;

    /// <summary>The rows of a list behind a key, newest first.</summary>
    private IAsyncEnumerable<TableEntity> Lines(string list, string behind, int? perPage) => _table.Rows(
        TableClient.CreateQueryFilter($"PartitionKey eq {DirectoryRows.Partition} and RowKey gt {behind} and RowKey lt {DirectoryRows.End(list)}"), perPage, default);
}
