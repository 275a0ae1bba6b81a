using Azure;
using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

/// <summary>A read is of one version, however many pages it takes: a page has at most 1,000 rows.</summary>
public sealed class MembershipReadTests : IAsyncLifetime
{
    private const int Many = 1100;

    /// <summary>A silo of the first page and one of the last.</summary>
    private const int First = 100_001;
    private const int Last = 100_000 + Many;

    private MembershipCluster _cluster = null!;

    private AzureTablesMembershipTable Members => _cluster.Members;

    public async Task InitializeAsync() => _cluster = await Create();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_row_is_read_with_the_version_in_one_request()
    {
        await _cluster.Insert(Member(1), Member(2));
        var requests = 0;
        var counted = _cluster.MembersThrough(new Around(Around.Any, before: _ => Task.FromResult(++requests)));

        var there = await counted.ReadRow(Address(2));
        var missing = await counted.ReadRow(Address(3));

        requests.Should().Be(2);
        there.Members.Should().ContainSingle().Which.Item1.SiloAddress.Should().Be(Address(2));
        there.Version.Version.Should().Be(2);
        missing.Members.Should().BeEmpty();
        missing.Version.Should().Be(there.Version);
    }

    [Fact]
    public async Task A_small_cluster_is_read_in_one_request()
    {
        await _cluster.Insert(Member(1));
        var requests = 0;

        await _cluster.MembersThrough(new Around(Around.Any, before: _ => Task.FromResult(++requests))).ReadAll();

        requests.Should().Be(1);
    }

    [Fact]
    public async Task A_large_cluster_is_read_whole()
    {
        await SeedMany();
        await _cluster.Insert(Member(1));
        var pages = 0;

        var all = await _cluster.MembersThrough(new Around(Around.NextPage, before: _ => Task.FromResult(++pages))).ReadAll();

        pages.Should().Be(1, "one more than the first holds it all, and nothing changed meanwhile");
        all.Members.Should().HaveCount(Many + 1);
        all.Version.Should().Be((await Members.ReadRow(Address(1))).Version);
        (await Members.UpdateRow(Member(1), "*", all.Version.Next())).Should().BeTrue();
    }

    [Fact]
    public async Task Changes_between_two_pages_are_read_all_or_not_at_all()
    {
        await SeedMany();
        var changes = 0;

        var all = await ReadWith(async () =>
        {
            if (++changes <= 2)
            {
                await Kill(First);
                await Kill(Last);
            }
        });

        all.Version.Version.Should().Be(4);
        Dead(all).Should().Equal(First, Last);
    }

    /// <summary>Silos from before the copies advance only the row that counts.</summary>
    [Fact]
    public async Task Changes_of_an_older_silo_between_two_pages_are_read_all_or_not_at_all()
    {
        await SeedMany();
        var changes = 0;

        var all = await ReadWith(async () =>
        {
            if (++changes == 1)
            {
                await KillTheOldWay(First);
                await KillTheOldWay(Last);
            }
        });

        all.Version.Version.Should().Be(2);
        Dead(all).Should().Equal(First, Last);
    }

    [Fact]
    public async Task A_large_cluster_that_only_older_silos_write_is_read_whole()
    {
        await SeedMany();
        await _cluster.Rows.DeleteEntityAsync(ClusterId, VersionRows.StartKey);
        await _cluster.Rows.DeleteEntityAsync(ClusterId, VersionRows.EndKey);
        await KillTheOldWay(Last);

        var all = await Members.ReadAll();

        all.Members.Should().HaveCount(Many);
        all.Version.Version.Should().Be(1);
        Dead(all).Should().Equal(Last);
    }

    [Fact]
    public async Task A_large_cluster_that_never_stands_still_is_an_error()
    {
        await SeedMany();
        var changes = 0;

        var read = () => ReadWith(() => Kill(First + ++changes));

        await read.Should().ThrowAsync<InconsistentStateException>();
        changes.Should().Be(5);
    }

    [Fact]
    public async Task A_cluster_without_a_version_is_an_error_and_not_an_empty_one()
    {
        var other = _cluster.MembersOf("uninitialized");
        await other.InitializeMembershipTable(tryInitTableVersion: false);

        await other.Invoking(o => o.ReadAll()).Should().ThrowAsync<KeyNotFoundException>();
        await other.Invoking(o => o.ReadRow(Address(1))).Should().ThrowAsync<KeyNotFoundException>();
    }

    [Theory]
    [InlineData("Status", "Confused")]
    [InlineData("Address", "somewhere")]
    [InlineData("Port", "many")]
    [InlineData("IAmAliveTime", "yesterday")]
    [InlineData("SuspectingSilos", "10.0.0.7:11111@1|10.0.0.7:11111@2")]
    public async Task A_row_that_cannot_be_read_is_an_error_and_is_not_skipped(string column, string text)
    {
        await _cluster.Insert(Member(1));
        await _cluster.Rows.UpdateEntityAsync(new TableEntity(ClusterId, SiloRows.Key(Address(1))) { [column] = text }, ETag.All);

        (await Members.Invoking(m => m.ReadAll()).Should().ThrowAsync<FormatException>()).WithMessage("*10.0.0.7-11111-1*production*");
    }

    [Fact]
    public async Task Rows_that_are_not_a_silos_are_passed_over()
    {
        await _cluster.Insert(Member(1));
        await _cluster.Rows.AddEntityAsync(new TableEntity(ClusterId, "Later-Release-1") { ["Status"] = "Active" });

        (await Members.ReadAll()).Members.Should().ContainSingle();
    }

    private Task SeedMany() => _cluster.Seed(Enumerable.Range(First, Many).Select(i => Member(i, SiloStatus.Active)));

    private Task<MembershipTableData> ReadWith(Func<Task> betweenPages) => _cluster.MembersThrough(new Around(Around.NextPage, before: _ => betweenPages())).ReadAll();

    private async Task Kill(int generation) => (await _cluster.TryUpdate(Member(generation, SiloStatus.Dead))).Should().BeTrue();

    private async Task KillTheOldWay(int generation)
    {
        var next = (await Members.ReadRow(Address(generation))).Version.Next();
        await _cluster.Rows.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateReplace, SiloRows.Write(ClusterId, Member(generation, SiloStatus.Dead)), ETag.All),
            VersionRows.Advance(ClusterId, next).First(),
        ]);
    }

    private static IEnumerable<int> Dead(MembershipTableData all) =>
        all.Members.Where(m => m.Item1.Status == SiloStatus.Dead).Select(m => m.Item1.SiloAddress.Generation).Order();
}
