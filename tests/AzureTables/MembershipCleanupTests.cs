using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Runtime;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

public sealed class MembershipCleanupTests : IAsyncLifetime
{
    private MembershipCluster _cluster = null!;

    private AzureTablesMembershipTable Members => _cluster.Members;

    public async Task InitializeAsync() => _cluster = await Create();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Only_the_dead_of_whom_nothing_was_heard_for_long_are_cleaned_up()
    {
        var died = Member(1, SiloStatus.Dead);
        var alive = Member(2, SiloStatus.Dead);
        alive.IAmAliveTime = Noon.AddDays(2);
        var voted = Member(3, SiloStatus.Dead);
        voted.AddSuspector(Address(4), Noon.AddDays(2));
        var started = Member(4, SiloStatus.Dead);
        started.StartTime = Noon.AddDays(2);
        var justNow = Member(5, SiloStatus.Dead);
        justNow.IAmAliveTime = Noon.AddDays(1);
        var others = Enum.GetValues<SiloStatus>().Where(s => s != SiloStatus.Dead).Select(s => Member(10 + (int)s, s)).ToArray();
        await _cluster.Insert([died, alive, voted, started, justNow, .. others]);
        var before = await Members.ReadAll();

        await Members.CleanupDefunctSiloEntries(Noon.AddDays(1));

        var after = await Members.ReadAll();
        after.Version.Should().Be(before.Version);
        after.Members.Select(m => m.Item1.SiloAddress).Should().BeEquivalentTo(before.Members.Select(m => m.Item1.SiloAddress).Where(a => !a.Equals(died.SiloAddress)));
        (await _cluster.TryUpdate(Member(2, SiloStatus.Dead))).Should().BeTrue();
    }

    [Fact]
    public async Task Two_who_clean_up_at_once_do_not_disturb_each_other()
    {
        await _cluster.Seed(Enumerable.Range(1, 150).Select(i => Member(i, SiloStatus.Dead)));
        var meanwhile = _cluster.MembersThrough(new Around(Around.Transaction, before: _ => _cluster.Rows.DeleteEntityAsync(ClusterId, "10.0.0.7-11111-7")));

        await meanwhile.CleanupDefunctSiloEntries(Noon.AddDays(1));

        (await Members.ReadAll()).Members.Should().BeEmpty();
    }

    [Fact]
    public async Task A_deleted_cluster_leaves_no_row_and_can_begin_anew()
    {
        await _cluster.Seed(Enumerable.Range(1, 250).Select(i => Member(i, SiloStatus.Active)));

        await Members.DeleteMembershipTableEntries(ClusterId);

        (await _cluster.Rows.QueryAsync<TableEntity>().ToListAsync()).Should().BeEmpty();
        await Members.InitializeMembershipTable(tryInitTableVersion: true);
        (await Members.ReadAll()).Version.Version.Should().Be(0);
    }
}
