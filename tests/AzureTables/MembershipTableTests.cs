using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Runtime;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

/// <summary>What Orleans' own membership table tests ask of a table, and what we ask on top.</summary>
public sealed class MembershipTableTests : IAsyncLifetime
{
    private MembershipCluster _cluster = null!;

    private AzureTablesMembershipTable Members => _cluster.Members;

    public async Task InitializeAsync() => _cluster = await Create();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_new_cluster_has_no_members_and_version_0()
    {
        var all = await Members.ReadAll();

        all.Members.Should().BeEmpty();
        all.Version.Version.Should().Be(0);
        all.Version.VersionEtag.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task Initializing_again_and_at_once_changes_nothing()
    {
        await _cluster.Insert(Member(1));
        var before = await Members.ReadAll();

        await Members.InitializeMembershipTable(tryInitTableVersion: true);
        await Members.InitializeMembershipTable(tryInitTableVersion: false);

        (await Members.ReadAll()).Should().BeEquivalentTo(before);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _cluster.MembersOf("another").InitializeMembershipTable(tryInitTableVersion: true)));
        (await _cluster.MembersOf("another").ReadAll()).Version.Version.Should().Be(0);
    }

    [Fact]
    public async Task Inserting_a_silo_advances_the_version_and_its_etag()
    {
        var before = await Members.ReadAll();

        (await Members.InsertRow(Member(1), before.Version.Next())).Should().BeTrue();

        var after = await Members.ReadAll();
        after.Version.Version.Should().Be(1);
        after.Version.VersionEtag.Should().NotBe(before.Version.VersionEtag);
        var (silo, etag) = after.Members.Should().ContainSingle().Which;
        silo.SiloAddress.Should().Be(Address(1));
        etag.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_silo_is_inserted_once()
    {
        await _cluster.Insert(Member(1));
        var before = await Members.ReadAll();

        (await Members.InsertRow(Member(1, SiloStatus.Active), before.Version.Next())).Should().BeFalse();

        (await Members.ReadAll()).Should().BeEquivalentTo(before);
    }

    [Fact]
    public async Task A_stale_version_inserts_and_updates_nothing()
    {
        var stale = (await Members.ReadAll()).Version.Next();
        await _cluster.Insert(Member(1));
        var before = await Members.ReadAll();

        (await Members.InsertRow(Member(1), stale)).Should().BeFalse();
        (await Members.InsertRow(Member(2), stale)).Should().BeFalse();
        (await Members.UpdateRow(Member(1, SiloStatus.Dead), before.Members[0].Item2, stale)).Should().BeFalse();

        (await Members.ReadAll()).Should().BeEquivalentTo(before);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*")]
    public async Task A_version_without_an_etag_of_its_own_is_refused_before_it_overwrites_another(string? etag)
    {
        await Members.Invoking(m => m.InsertRow(Member(1), new TableVersion(1, etag!))).Should().ThrowAsync<ArgumentException>();
        await Members.Invoking(m => m.UpdateRow(Member(1), "*", new TableVersion(1, etag!))).Should().ThrowAsync<ArgumentException>();

        (await Members.ReadAll()).Version.Version.Should().Be(0);
    }

    [Fact]
    public async Task A_silo_that_is_not_there_cannot_be_updated()
    {
        (await Members.UpdateRow(Member(1), "*", (await Members.ReadAll()).Version.Next())).Should().BeFalse();

        var all = await Members.ReadAll();
        all.Version.Version.Should().Be(0);
        all.Members.Should().BeEmpty();
    }

    [Fact]
    public async Task An_update_replaces_the_row_and_counts_once()
    {
        for (var i = 1; i < 10; i++)
        {
            await _cluster.Insert(Member(i));
            var read = await Members.ReadAll();
            var dead = Member(i, SiloStatus.Dead);
            dead.AddSuspector(Address(100), Noon.AddSeconds(1));
            dead.AddSuspector(Address(101), Noon.AddSeconds(2));
            var etag = read.TryGet(dead.SiloAddress)!.Item2;

            (await Members.UpdateRow(dead, etag, read.Version.Next())).Should().BeTrue();
            (await Members.UpdateRow(dead, etag, read.Version.Next())).Should().BeFalse();

            var after = await Members.ReadAll();
            after.Version.Version.Should().Be(2 * i);
            after.Members.Should().HaveCount(i);
            after.TryGet(dead.SiloAddress)!.Item1.ToFullString().Should().Be(dead.ToFullString());
            after.TryGet(dead.SiloAddress)!.Item2.Should().NotBe(etag);
        }
    }

    [Fact]
    public async Task Of_20_inserts_at_once_one_wins()
    {
        var next = (await Members.ReadAll()).Version.Next();

        var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Members.InsertRow(Member(i < 10 ? 1 : i), next)));

        won.Should().ContainSingle(w => w);
        var all = await Members.ReadAll();
        all.Version.Version.Should().Be(1);
        all.Members.Should().ContainSingle();
    }

    [Fact]
    public async Task Twenty_silos_that_join_at_once_get_a_version_each()
    {
        var versions = await Task.WhenAll(Enumerable.Range(1, 20).Select(async i =>
        {
            var next = (await Members.ReadAll()).Version.Next();
            while (!await Members.InsertRow(Member(i), next))
            {
                next = (await Members.ReadAll()).Version.Next();
            }

            return next.Version;
        }));

        versions.Order().Should().Equal(Enumerable.Range(1, 20));
        (await Members.ReadAll()).Members.Select(m => m.Item1.SiloAddress.Generation).Order().Should().Equal(Enumerable.Range(1, 20));
    }

    [Fact]
    public async Task Of_updates_at_once_none_is_lost()
    {
        await _cluster.Insert(Member(1));

        await Task.WhenAll(Enumerable.Range(1, 19).Select(async i =>
        {
            bool updated;
            do
            {
                var read = await Members.ReadAll();
                var (silo, etag) = read.Members.Single();
                silo.AddSuspector(Address(100 + i), Noon);
                updated = await Members.UpdateRow(silo, etag, read.Version.Next());
            }
            while (!updated);
        }));

        var all = await Members.ReadAll();
        all.Version.Version.Should().Be(20);
        all.Members.Should().ContainSingle().Which.Item1.SuspectTimes.Should().HaveCount(19);
    }

    [Fact]
    public async Task A_heartbeat_changes_the_time_and_nothing_else()
    {
        var silo = Member(1, SiloStatus.Active);
        silo.AddSuspector(Address(2), Noon);
        await _cluster.Insert(silo);
        var before = await _cluster.Stored(silo.SiloAddress);
        var version = (await Members.ReadAll()).Version;

        // All that Orleans fills in.
        await Members.UpdateIAmAlive(new MembershipEntry { SiloAddress = silo.SiloAddress, IAmAliveTime = Noon.AddMinutes(5) });

        before["IAmAliveTime"] = "2026-02-28 12:05:00.123 GMT";
        (await _cluster.Stored(silo.SiloAddress)).Should().Equal(before);
        var all = await Members.ReadAll();
        all.Version.Should().Be(version);
        all.Members.Single().Item1.IAmAliveTime.Should().Be(Noon.AddMinutes(5));
    }

    [Fact]
    public async Task Heartbeats_between_a_read_and_an_update_do_not_make_it_fail()
    {
        await _cluster.Insert(Member(1, SiloStatus.Active), Member(2, SiloStatus.Active));
        var read = await Members.ReadAll();
        await Members.UpdateIAmAlive(Member(1));
        await Members.UpdateIAmAlive(Member(2));

        (await Members.UpdateRow(Member(1, SiloStatus.Dead), read.TryGet(Address(1))!.Item2, read.Version.Next())).Should().BeTrue();
    }

    [Fact]
    public async Task Heartbeats_while_silos_are_updated_do_not_make_an_update_fail()
    {
        await _cluster.Insert(Member(1, SiloStatus.Active));
        var stopped = false;
        var heart = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stopped))
            {
                await Members.UpdateIAmAlive(Member(1));
            }
        });

        for (var i = 0; i < 20; i++)
        {
            (await _cluster.TryUpdate(Member(1, SiloStatus.Active))).Should().BeTrue();
        }

        Volatile.Write(ref stopped, true);
        await heart;
    }

    [Fact]
    public async Task A_heartbeat_of_a_silo_that_is_not_there_is_an_error_and_makes_no_row()
    {
        (await Members.Invoking(m => m.UpdateIAmAlive(Member(1))).Should().ThrowAsync<Azure.RequestFailedException>()).Which.Status.Should().Be(404);

        (await Members.ReadAll()).Members.Should().BeEmpty();
    }

    [Fact]
    public async Task Clusters_in_one_table_do_not_see_each_other()
    {
        var other = _cluster.MembersOf("production'2");
        await other.InitializeMembershipTable(tryInitTableVersion: true);
        await _cluster.Insert(Member(1, SiloStatus.Dead), Member(2));

        (await other.ReadAll()).Version.Version.Should().Be(0);
        (await other.ReadAll()).Members.Should().BeEmpty();
        (await other.ReadRow(Address(1))).Members.Should().BeEmpty();
        (await other.InsertRow(Member(1), (await other.ReadAll()).Version.Next())).Should().BeTrue();

        await other.CleanupDefunctSiloEntries(DateTimeOffset.MaxValue);
        await other.DeleteMembershipTableEntries("production'2");

        (await Members.ReadAll()).Members.Should().HaveCount(2);
        await other.Invoking(o => o.ReadAll()).Should().ThrowAsync<KeyNotFoundException>();
    }
}
