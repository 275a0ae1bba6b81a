using Azure.Data.Tables;
using Budgets.Directories;
using Budgets.Storage.AzureTables.Directory;
using Budgets.Tests.Directories;

namespace Budgets.Tests.AzureTables;

public sealed class AgentDirectoryTests : AgentDirectoryContract, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _name = Azurite.NewTable();
    private readonly Wire _wire = new();
    private TableServiceClient _tables = null!;
    private AzureTablesAgentDirectory _agents = null!;
    private AzureTablesAgentDirectory _otherSilo = null!;

    public async Task InitializeAsync()
    {
        var azurite = await Azurite.Shared;
        _tables = azurite.Connect(new TableClientOptions());
        _agents = new AzureTablesAgentDirectory(_wire.Connect(azurite), _name);
        _otherSilo = new AzureTablesAgentDirectory(_tables, _name);
        await _agents.Create(default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override IAgentDirectory Agents => _agents;

    [Fact]
    public async Task The_stored_rows_are_the_place_the_line_and_the_parents_line()
    {
        await Agents.Enroll(new AgentListing(new AgentId("agent_00000000000000000001"), "Zoë", new AgentId("agent_p"), Noon.AddTicks(1), Closed: true));

        var rows = await Raw().QueryAsync<TableEntity>().ToListAsync();
        rows.Should().OnlyContain(r => r.PartitionKey == "agents");
        rows.Select(r => r.RowKey).Should().Equal(
            "a.agent_00000000000000000001",
            "c.agent_p.9223372036854775806.agent_00000000000000000001",
            "l.9223372036854775806.agent_00000000000000000001");
        Columns(rows[0]).Should().BeEquivalentTo(new Dictionary<string, object> { ["Position"] = 1L, ["Parent"] = "agent_p" });
        Columns(rows[1]).Should().BeEquivalentTo(Columns(rows[2])).And.BeEquivalentTo(new Dictionary<string, object>
        {
            ["Position"] = 1L,
            ["Agent"] = "agent_00000000000000000001",
            ["Name"] = "Zoë",
            ["Parent"] = "agent_p",
            ["CreatedAt"] = "2026-03-01T12:00:00.0000001Z",
            ["Closed"] = true,
        });
    }

    [Fact]
    public async Task An_agent_enrolled_after_another_stands_above_it_on_whatever_silo()
    {
        var all = new List<AgentListing>();
        for (var i = 0; i < 12; i++)
        {
            var listing = New($"agent {i}");
            await (i % 3 == 0 ? _agents : _otherSilo).Enroll(listing);
            all.Insert(0, listing);
        }

        (await List()).Should().Equal(all);
    }

    [Fact]
    public async Task Pages_tell_every_agent_once_while_two_silos_enroll_more()
    {
        var before = new List<AgentListing>();
        for (var i = 0; i < 12; i++)
        {
            before.Insert(0, await Enroll($"before {i}"));
        }

        var enrolling = Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? _agents : _otherSilo).Enroll(New($"meanwhile {i}"))));
        var walks = new List<List<AgentListing>>();
        do
        {
            walks.Add(await Walk(limit: 3));
        }
        while (!enrolling.IsCompleted);
        await enrolling;
        walks.Add(await Walk(limit: 7));

        foreach (var walk in walks)
        {
            walk.Should().OnlyHaveUniqueItems();
            walk.TakeLast(before.Count).Should().Equal(before, "they were there before, and nothing may come between or below");
        }

        walks[^1].Should().HaveCount(72);
    }

    [Fact]
    public async Task One_agent_enrolled_by_many_at_once_has_one_line_and_one_parent()
    {
        var (one, other) = (await Enroll("one parent"), await Enroll("another"));
        var listing = New("child");

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            (i % 2 == 0 ? _agents : _otherSilo).Enroll(listing with { Name = $"child {i}", Parent = i % 3 == 0 ? one.Agent : other.Agent })));

        var child = (await List(nameContains: "child")).Should().ContainSingle().Which;
        (await List(parent: one.Agent)).Concat(await List(parent: other.Agent)).Should().Equal(child);
        (await List(parent: child.Parent)).Should().Equal(child);
    }

    [Fact]
    public async Task A_parents_list_follows_an_agent_that_changes_its_parent_or_has_none_any_more()
    {
        var (one, other) = (await Enroll("one"), await Enroll("other"));
        var child = await Enroll("child", one.Agent);

        await Agents.Enroll(child = child with { Parent = other.Agent });
        (await List(parent: one.Agent)).Should().BeEmpty();
        (await List(parent: other.Agent)).Should().Equal(child);

        await Agents.Enroll(child = child with { Parent = null });
        (await List(parent: other.Agent)).Should().BeEmpty();
        (await List()).Should().Equal(child, other, one);
    }

    /// <summary>A million agents are listed page by page: no page may read them all.</summary>
    [Fact]
    public async Task A_page_asks_for_as_many_rows_as_it_shows_and_one()
    {
        var parent = await Enroll("parent");
        for (var i = 0; i < 5; i++)
        {
            await Enroll($"child {i}", parent.Agent);
        }

        foreach (var query in new[] { new AgentQuery(2), new AgentQuery(2, Parent: parent.Agent) })
        {
            _wire.Forget();
            var first = await Agents.List(query);
            _wire.Asked.Should().ContainSingle().Which.Address.Should().Contain("$top=3");

            _wire.Forget();
            await Agents.List(query with { After = first.Next });
            _wire.Asked.Should().HaveCount(2, "one tells where the page begins").And.OnlyContain(a => a.Address.Contains("$top=", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_search_goes_on_over_the_pages_of_the_table()
    {
        var first = await Enroll("needle");
        foreach (var some in Fillers(1_100).Chunk(100))
        {
            await Raw().SubmitTransactionAsync(some);
        }

        (await List(nameContains: "NEEDLE")).Should().Equal(first);
    }

    [Fact]
    public async Task An_enrolment_whose_answer_was_lost_is_made_once()
    {
        var listing = New("once");

        _wire.LoseAnswers();
        await Agents.Enroll(listing);

        (await List()).Should().Equal(listing);
    }

    [Fact]
    public async Task An_enrolment_that_is_not_tried_again_says_that_its_outcome_is_unknown_and_can_be_repeated()
    {
        var agents = new AzureTablesAgentDirectory(_wire.Connect(await Azurite.Shared, retries: 0), _name);
        var listing = New("once");

        _wire.LoseAnswers();
        await agents.Awaiting(a => a.Enroll(listing)).Should().ThrowAsync<OutcomeUnknownException>();
        await agents.Enroll(listing);

        (await List()).Should().Equal(listing);
    }

    [Fact]
    public async Task A_table_that_cannot_be_reached_or_is_missing_is_an_error_and_never_an_empty_list()
    {
        var unreachable = new AzureTablesAgentDirectory(Wire.Unreachable(), _name);
        await unreachable.Awaiting(a => a.Create(default)).Should().ThrowAsync<StoreUnavailableException>();
        foreach (var agents in new[] { unreachable, new AzureTablesAgentDirectory(_wire.Connect(await Azurite.Shared), Azurite.NewTable()) })
        {
            await agents.Awaiting(a => a.Ping()).Should().ThrowAsync<StoreUnavailableException>();
            await agents.Awaiting(a => a.List(new AgentQuery(10))).Should().ThrowAsync<StoreUnavailableException>();
            await agents.Awaiting(a => a.List(new AgentQuery(10, New("a").Agent.Value))).Should().ThrowAsync<StoreUnavailableException>();
            await agents.Awaiting(a => a.Enroll(New("a"))).Should().ThrowAsync<StoreUnavailableException>();
        }
    }

    private async Task<List<AgentListing>> Walk(int limit)
    {
        var all = new List<AgentListing>();
        var page = new AgentPage([], null);
        do
        {
            page = await Agents.List(new AgentQuery(limit, page.Next));
            all.AddRange(page.Agents);
        }
        while (page.Next is not null);
        return all;
    }

    private static AgentListing New(string name) => new(new AgentId(Base62.Random(AgentId.Prefix, 20)), name, null, Noon, false);

    /// <summary>Lines that stand above what is enrolled.</summary>
    private static IEnumerable<TableTransactionAction> Fillers(int count) => Enumerable.Range(0, count)
        .Select(i => DirectoryRows.Enroll(New($"filler {i}"), null, 1_000 + i)[1]);

    private static Dictionary<string, object> Columns(TableEntity row) =>
        row.Where(c => c.Key is not ("odata.etag" or "PartitionKey" or "RowKey" or "Timestamp")).ToDictionary();

    private TableClient Raw() => _tables.GetTableClient(_name);
}
