using Budgets.Directories;
using Budgets.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Directories;

public sealed class SqliteAgentDirectoryTests : AgentDirectoryContract, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly DataDirectory _directory;
    private SqliteAgentDirectory _agents;

    public SqliteAgentDirectoryTests()
    {
        _directory = DataDirectory.Open(_path);
        _agents = new SqliteAgentDirectory(_directory);
    }

    protected override IAgentDirectory Agents => _agents;

    public void Dispose()
    {
        _agents.Dispose();
        _directory.Dispose();
        System.IO.Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public async Task The_list_and_its_order_outlive_the_process()
    {
        var first = await Enroll("first");
        var second = await Enroll("second");

        _agents.Dispose();
        _agents = new SqliteAgentDirectory(_directory);
        var third = await Enroll("third");

        (await List()).Should().Equal(third, second, first);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_an_error_and_never_an_empty_list()
    {
        await Enroll("first");
        Sqlite("DROP TABLE agents");

        await Agents.Awaiting(a => a.Ping()).Should().ThrowAsync<StoreUnavailableException>();
        await Agents.Awaiting(a => a.List(new AgentQuery(10))).Should().ThrowAsync<StoreUnavailableException>();
        await this.Awaiting(t => t.Enroll("second")).Should().ThrowAsync<StoreUnavailableException>();
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_at_the_start()
    {
        _agents.Dispose();
        File.Delete(_directory.DatabasePath);
        File.WriteAllText(_directory.DatabasePath, new string('x', 4096));

        FluentActions.Invoking(() => new SqliteAgentDirectory(_directory)).Should().Throw<StoreUnavailableException>();
    }

    /// <summary>A million agents are listed page by page: no page may read or sort them all.</summary>
    [Theory]
    [InlineData(null, null, "SCAN agents")]
    [InlineData("agent_a", null, "SEARCH agents USING INTEGER PRIMARY KEY (rowid<?)")]
    [InlineData(null, "agent_p", "SEARCH agents USING INDEX agents_by_parent (parent=?)")]
    [InlineData("agent_a", "agent_p", "SEARCH agents USING INDEX agents_by_parent (parent=? AND seq<?)")]
    public void A_page_walks_an_index_and_sorts_nothing(string? after, string? parent, string plan)
    {
        var query = new AgentQuery(10, after, parent is null ? null : new AgentId(parent));

        var told = Sqlite("EXPLAIN QUERY PLAN " + SqliteAgentDirectory.Sql(query), "$after", "$parent", "$limit");

        told.Should().StartWith(plan).And.NotContain("TEMP B-TREE");
    }

    private string Sqlite(string sql, params string[] parameters)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter, "1");
        }

        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(reader.GetString(3));
        }

        return string.Join('\n', lines);
    }
}
