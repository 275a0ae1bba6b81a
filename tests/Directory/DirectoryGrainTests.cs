using Budgets.Tests.Keys;

namespace Budgets.Tests.Directories;

[Collection(KeyCluster.Name)]
public sealed class DirectoryGrainTests(KeyCluster cluster)
{
    [Fact]
    public async Task The_grain_carries_what_its_store_says()
    {
        var listing = new AgentListing(KeyCluster.NewAgent(), "one", null, cluster.Clock.GetUtcNow(), false);

        await cluster.Directory.Ping();
        await cluster.Directory.Enroll(listing);

        (await cluster.Directory.List(new AgentQuery(1))).Agents.Should().Equal(listing);
        await cluster.Directory.Awaiting(d => d.List(new AgentQuery(0))).Should().ThrowAsync<ArgumentOutOfRangeException>();
    }
}
