using System.Globalization;
using Budgets.Directories;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>The list of all agents in the table <c>agents</c>: one row for each, never deleted.</summary>
public sealed class SqliteAgentDirectory : IAgentDirectory, IDisposable
{
    /// <summary>
    /// seq: rises with every agent enrolled; the order of the list. name_upper: the name folded by .NET, for SQLite's own LIKE and
    /// upper() know no letters beyond ASCII. created_at: UTC, ISO 8601 with seven decimals.
    /// </summary>
    internal const string Schema = """
        CREATE TABLE IF NOT EXISTS agents (
            seq        INTEGER PRIMARY KEY,
            agent_id   TEXT NOT NULL UNIQUE,
            name       TEXT NOT NULL,
            name_upper TEXT NOT NULL,
            parent     TEXT,
            created_at TEXT NOT NULL,
            closed     INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS agents_by_parent ON agents (parent, seq) WHERE parent IS NOT NULL;
        """;

    private const string Upsert = """
        INSERT INTO agents (agent_id, name, name_upper, parent, created_at, closed) VALUES ($agent, $name, $upper, $parent, $created, $closed)
        ON CONFLICT (agent_id) DO UPDATE SET
            name = excluded.name, name_upper = excluded.name_upper, parent = excluded.parent, created_at = excluded.created_at, closed = excluded.closed
        """;

    private readonly SqliteFile _file;

    /// <summary>Opens the database of the directory with connections of its own, creating the table where it is missing.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be opened, or is no database.</exception>
    public SqliteAgentDirectory(DataDirectory directory)
    {
        _file = new SqliteFile(directory);
        try
        {
            _file.Write(static connection => SqliteFile.Execute(connection, Schema), CancellationToken.None).GetAwaiter().GetResult();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    public Task Enroll(AgentListing listing) => _file.Write(
        connection => SqliteFile.Execute(
            connection,
            Upsert,
            ("$agent", listing.Agent.Value),
            ("$name", listing.Name),
            ("$upper", Folded(listing.Name)),
            ("$parent", listing.Parent?.Value),
            ("$created", listing.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
            ("$closed", listing.Closed ? 1 : 0)),
        CancellationToken.None);

    public Task<AgentPage> List(AgentQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, AgentQuery.MaxLimit);
        return _file.Read(connection => Page(connection, query), CancellationToken.None);
    }

    public Task Ping() => _file.Read(
        static connection =>
        {
            using var command = SqliteFile.Command(connection, "SELECT seq FROM agents LIMIT 1");
            return command.ExecuteScalar();
        },
        CancellationToken.None);

    // Text is compared by instr, which knows no wildcards. One row more than asked for tells whether there is a next page.
    internal static string Sql(AgentQuery query) => "SELECT agent_id, name, parent, created_at, closed FROM agents WHERE true"
        + (query.After is null ? "" : " AND seq < (SELECT seq FROM agents WHERE agent_id = $after)")
        + (query.Parent is null ? "" : " AND parent = $parent")
        + (query.NameContains is null ? "" : " AND instr(name_upper, $text) > 0")
        + " ORDER BY seq DESC LIMIT $limit + 1";

    private static AgentPage Page(SqliteConnection connection, AgentQuery query)
    {
        using var command = SqliteFile.Command(
            connection,
            Sql(query),
            ("$after", query.After),
            ("$parent", query.Parent?.Value),
            ("$text", query.NameContains is { } text ? Folded(text) : null),
            ("$limit", query.Limit));
        using var reader = command.ExecuteReader();
        var agents = new List<AgentListing>();
        while (reader.Read())
        {
            agents.Add(new AgentListing(
                new AgentId(reader.GetString(0)),
                reader.GetString(1),
                reader.IsDBNull(2) ? null : new AgentId(reader.GetString(2)),
                DateTimeOffset.ParseExact(reader.GetString(3), "O", CultureInfo.InvariantCulture),
                reader.GetInt64(4) != 0));
        }

        return agents.Count > query.Limit
            ? new AgentPage([.. agents.Take(query.Limit)], agents[query.Limit - 1].Agent.Value)
            : new AgentPage([.. agents], null);
    }

    private static string Folded(string text) => text.ToUpperInvariant();
}
