using Budgets.Directories;

namespace Budgets.Tests.Directories;

/// <summary>What every <see cref="IAgentDirectory"/> does.</summary>
public abstract class AgentDirectoryContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected abstract IAgentDirectory Agents { get; }

    [Fact]
    public async Task An_empty_directory_answers_and_lists_nobody()
    {
        await Agents.Ping();

        (await Agents.List(new AgentQuery(10))).Should().BeEquivalentTo(new { Agents = Array.Empty<AgentListing>(), Next = (string?)null });
    }

    [Fact]
    public async Task An_agent_is_listed_as_it_was_enrolled()
    {
        var parent = await Enroll("parent");
        var child = new AgentListing(NewId(), "Zoë's \"50 %\" agent 🤖", parent.Agent, Noon.AddTicks(1_234_567), Closed: true);
        await Agents.Enroll(child);

        (await List()).Should().Equal(child, parent);
    }

    [Fact]
    public async Task The_newest_enrolled_comes_first_whatever_its_date_and_id()
    {
        var early = await Enroll("early", createdAt: Noon.AddYears(1));
        var late = await Enroll("late", createdAt: Noon.AddYears(-1));

        (await List()).Should().Equal(late, early);
    }

    [Fact]
    public async Task Enrolling_again_replaces_the_line_where_it_stands()
    {
        var first = await Enroll("first");
        var second = await Enroll("second");
        var renamed = first with { Name = "renamed", Parent = second.Agent, CreatedAt = Noon.AddDays(1), Closed = true };

        await Agents.Enroll(renamed);

        (await List()).Should().Equal(second, renamed);
        (await List(nameContains: "first")).Should().BeEmpty();
        (await List(nameContains: "renamed")).Should().Equal(renamed);
        (await List(parent: second.Agent)).Should().Equal(renamed);
    }

    [Fact]
    public async Task A_date_is_the_same_instant_whatever_its_offset()
    {
        await Agents.Enroll(new AgentListing(NewId(), "tokyo", null, new DateTimeOffset(2026, 3, 1, 21, 0, 0, TimeSpan.FromHours(9)), false));

        (await List()).Single().CreatedAt.Should().Be(Noon);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pages_of_any_size_tell_every_agent_once(int limit)
    {
        var all = new List<AgentListing>();
        for (var i = 0; i < 7; i++)
        {
            all.Insert(0, await Enroll($"agent {i}"));
        }

        var pages = await Pages(new AgentQuery(limit));

        pages.SelectMany(p => p.Agents).Should().Equal(all);
        pages.Should().HaveCount((all.Count + limit - 1) / limit, "a last page that is full says that there is no more");
        pages.Should().OnlyContain(p => p.Agents.Length <= limit);
    }

    [Fact]
    public async Task Pages_stay_put_while_agents_are_enrolled()
    {
        var (a, b, c) = (await Enroll("a"), await Enroll("b"), await Enroll("c"));
        var first = await Agents.List(new AgentQuery(2));

        await Enroll("d");
        await Agents.Enroll(b with { Name = "b again" });
        var second = await Agents.List(new AgentQuery(2, first.Next));

        first.Agents.Should().Equal(c, b);
        second.Agents.Should().Equal(a);
        second.Next.Should().BeNull();
    }

    [Fact]
    public async Task The_children_of_one_parent_are_listed_alone_and_paged()
    {
        var (mine, other) = (await Enroll("mine"), await Enroll("other"));
        var (a, b, c) = (await Enroll("a", mine.Agent), await Enroll("b", mine.Agent), await Enroll("c", mine.Agent));
        await Enroll("d", other.Agent);

        var pages = await Pages(new AgentQuery(2, Parent: mine.Agent));

        pages.SelectMany(p => p.Agents).Should().Equal(c, b, a);
        (await List(parent: a.Agent)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("bot", "Research BOT")]
    [InlineData("RESEARCH", "Research BOT")]
    [InlineData("straße", "STRAßE")]
    [InlineData("ÉCOLE", "école des agents")]
    [InlineData("", "anything")]
    public async Task A_name_is_found_by_any_part_in_any_case(string part, string name)
    {
        var agent = await Enroll(name);

        (await List(nameContains: part)).Should().Equal(agent);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("100%")]
    [InlineData("a_b")]
    [InlineData("*")]
    [InlineData("\\")]
    [InlineData("'")]
    [InlineData("' OR 1=1 --")]
    public async Task The_text_searched_for_is_taken_literally(string text)
    {
        await Enroll("axb 1000");
        var with = await Enroll($"before {text} after");

        (await List(nameContains: text)).Should().Equal(with);
    }

    [Fact]
    public async Task Search_parent_and_paging_go_together()
    {
        var parent = await Enroll("bot parent");
        var first = await Enroll("bot 1", parent.Agent);
        await Enroll("crawler", parent.Agent);
        await Enroll("bot elsewhere");
        var second = await Enroll("BOT 2", parent.Agent);

        var pages = await Pages(new AgentQuery(1, null, parent.Agent, "bot"));

        pages.SelectMany(p => p.Agents).Should().Equal(second, first);
    }

    [Fact]
    public async Task After_an_agent_that_was_never_enrolled_comes_nobody()
    {
        await Enroll("a");

        (await Agents.List(new AgentQuery(10, "agent_00000000000000000000"))).Agents.Should().BeEmpty();
        (await Agents.List(new AgentQuery(10, "not a cursor'; --"))).Agents.Should().BeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(AgentQuery.MaxLimit + 1)]
    public async Task A_page_has_1_to_100_agents(int limit) =>
        await Agents.Awaiting(a => a.List(new AgentQuery(limit))).Should().ThrowAsync<ArgumentOutOfRangeException>();

    [Fact]
    public async Task Agents_enrolled_at_once_are_all_listed()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Enroll($"agent {i}")));

        (await List()).Select(a => a.Name).Should().BeEquivalentTo(Enumerable.Range(0, 50).Select(i => $"agent {i}"));
    }

    protected async Task<AgentListing> Enroll(string name, AgentId? parent = null, DateTimeOffset? createdAt = null)
    {
        var listing = new AgentListing(NewId(), name, parent, createdAt ?? Noon, false);
        await Agents.Enroll(listing);
        return listing;
    }

    protected async Task<IEnumerable<AgentListing>> List(AgentId? parent = null, string? nameContains = null) =>
        (await Agents.List(new AgentQuery(AgentQuery.MaxLimit, null, parent, nameContains))).Agents;

    private static AgentId NewId() => new(Base62.Random(AgentId.Prefix, 20));

    private async Task<List<AgentPage>> Pages(AgentQuery query)
    {
        var pages = new List<AgentPage>();
        do
        {
            pages.Add(await Agents.List(query));
            query = query with { After = pages[^1].Next };
        }
        while (query.After is not null);
        return pages;
    }
}
