using System.Globalization;
using System.Net;
using Azure;
using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Runtime;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

/// <summary>The rows as they are stored: silos with Orleans' own Azure clustering read and write them too.</summary>
public sealed class MembershipRowTests : IAsyncLifetime
{
    private MembershipCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await Create();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_silos_row_has_these_columns_and_all_are_strings()
    {
        await _cluster.Insert(Full());

        (await _cluster.Stored(Address(42))).Should().Equal(new Dictionary<string, string>
        {
            ["PartitionKey"] = "production",
            ["RowKey"] = "10.0.0.7-11111-42",
            ["DeploymentId"] = "production",
            ["Address"] = "10.0.0.7",
            ["Port"] = "11111",
            ["Generation"] = "42",
            ["HostName"] = "host",
            ["Status"] = "ShuttingDown",
            ["ProxyPort"] = "30000",
            ["RoleName"] = "role",
            ["SiloName"] = "silo",
            ["InstanceName"] = "silo",
            ["UpdateZone"] = "3",
            ["FaultZone"] = "4",
            ["SuspectingSilos"] = "10.0.0.7:11111@8|2001:db8::1:11112@9",
            ["SuspectingTimes"] = "2026-02-28 12:00:01.123 GMT|2026-02-28 12:00:02.123 GMT",
            ["StartTime"] = "2026-02-28 11:00:00.123 GMT",
            ["IAmAliveTime"] = "2026-02-28 12:00:00.123 GMT",
        });
    }

    [Fact]
    public async Task What_is_null_has_no_column_and_what_is_empty_has_one()
    {
        await _cluster.Insert(Member(1));

        var stored = await _cluster.Stored(Address(1));
        stored.Should().NotContainKeys("RoleName", "MembershipVersion");
        stored.Should().Contain(new Dictionary<string, string> { ["SuspectingSilos"] = "", ["SuspectingTimes"] = "", ["UpdateZone"] = "0", ["FaultZone"] = "0" });
    }

    [Fact]
    public async Task The_version_is_kept_in_a_row_and_in_copies_before_and_after_all_silos()
    {
        await _cluster.Insert(Member(1), new MembershipEntry { SiloAddress = SiloAddress.New(IPAddress.Parse("2001:db8::1"), 1, 1) });
        await _cluster.Insert(new MembershipEntry { SiloAddress = SiloAddress.New(IPAddress.Parse("fe80::1"), 1, 1) });

        var keys = await _cluster.Rows.QueryAsync<TableEntity>().Select(r => r.RowKey).ToListAsync();
        keys.Should().Equal("!Start", "10.0.0.7-11111-1", "2001:db8::1-1-1", "VersionRow", "fe80::1-1-1", "~End");
        var row = new Dictionary<string, string> { ["PartitionKey"] = "production", ["DeploymentId"] = "production", ["MembershipVersion"] = "3" };
        (await _cluster.Stored("VersionRow")).Should().Equal(new Dictionary<string, string>(row) { ["RowKey"] = "VersionRow" });
        (await _cluster.Stored("!Start")).Should().Equal(new Dictionary<string, string>(row) { ["RowKey"] = "!Start", ["Status"] = "Active" });
        (await _cluster.Stored("~End")).Should().Equal(new Dictionary<string, string>(row) { ["RowKey"] = "~End", ["Status"] = "Active" });
    }

    [Fact]
    public async Task A_silo_reads_back_whole_with_those_who_suspect_it()
    {
        await _cluster.Insert(Full());

        var read = (await _cluster.Members.ReadRow(Address(42))).Members.Single().Item1;

        read.Should().BeEquivalentTo(Full());
        read.ToFullString().Should().Be(Full().ToFullString());
        read.SuspectTimes!.Select(v => v.Item2).Append(read.StartTime).Append(read.IAmAliveTime).Should().OnlyContain(t => t.Kind == DateTimeKind.Utc);
    }

    [Theory]
    [InlineData("2001:db8::1")]
    [InlineData("::1")]
    [InlineData("::ffff:10.0.0.7")]
    [InlineData("255.255.255.255")]
    public async Task Every_kind_of_address_reads_back(string address)
    {
        var silo = new MembershipEntry { SiloAddress = SiloAddress.New(IPAddress.Parse(address), 65535, int.MaxValue) };
        silo.AddSuspector(silo.SiloAddress, Noon);

        await _cluster.Insert(silo);

        (await _cluster.Members.ReadAll()).Members.Single().Item1.Should().BeEquivalentTo(silo);
        (await _cluster.Members.ReadRow(silo.SiloAddress)).Members.Should().ContainSingle();
    }

    [Fact]
    public async Task A_row_with_the_columns_of_a_very_old_silo_reads()
    {
        await _cluster.Rows.AddEntityAsync(new TableEntity(ClusterId, "10.0.0.7-11111-1")
        {
            ["Address"] = "10.0.0.7", ["Port"] = "11111", ["Generation"] = "1", ["Status"] = "Active", ["InstanceName"] = "old", ["ProxyPort"] = "", ["StartTime"] = "",
        });

        var read = (await _cluster.Members.ReadAll()).Members.Single().Item1;

        read.Should().BeEquivalentTo(new MembershipEntry { SiloAddress = Address(1), Status = SiloStatus.Active, SiloName = "old" });
    }

    [Fact]
    public async Task A_row_without_suspects_is_replaced_whole_and_forgets_them()
    {
        await _cluster.Insert(Full());

        (await _cluster.TryUpdate(Member(42))).Should().BeTrue();

        (await _cluster.Stored(Address(42))).Should().NotContainKey("RoleName").And.Contain("SuspectingSilos", "");
        (await _cluster.Members.ReadRow(Address(42))).Members.Single().Item1.SuspectTimes.Should().BeNull();
    }

    /// <summary>Where Orleans once wrote dates that silos elsewhere could not read.</summary>
    [Fact]
    public async Task A_row_is_the_same_in_every_culture()
    {
        await _cluster.Insert(Full());
        var expected = await _cluster.Stored(Address(42));
        await _cluster.Members.DeleteMembershipTableEntries(ClusterId);
        var (culture, foreign) = (CultureInfo.CurrentCulture, Foreign());
        CultureInfo.CurrentCulture = foreign;
        try
        {
            (-1.5).ToString(CultureInfo.CurrentCulture).Should().Be("−1,5");
            await _cluster.Members.InitializeMembershipTable(tryInitTableVersion: true);
            await _cluster.Insert(Full());
            (await _cluster.TryUpdate(Full())).Should().BeTrue();

            (await _cluster.Stored(Address(42))).Should().Equal(expected);
            (await _cluster.Members.ReadAll()).Members.Single().Item1.Should().BeEquivalentTo(Full());
            (await _cluster.Stored("VersionRow")).Should().Contain("MembershipVersion", "2");
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    // Processes of ours know no culture by name, tr-TR included (InvariantGlobalization): this has all of its punctuation, and more.
    private static CultureInfo Foreign()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NegativeSign, culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator) = ("−", ",", ".");
        (culture.DateTimeFormat.DateSeparator, culture.DateTimeFormat.TimeSeparator) = (".", ".");
        (culture.DateTimeFormat.ShortDatePattern, culture.DateTimeFormat.LongTimePattern) = ("d.MM.yyyy", "HH.mm.ss");
        return culture;
    }

    private static MembershipEntry Full() => new()
    {
        SiloAddress = Address(42),
        HostName = "host",
        SiloName = "silo",
        RoleName = "role",
        Status = SiloStatus.ShuttingDown,
        ProxyPort = 30000,
        UpdateZone = 3,
        FaultZone = 4,
        StartTime = Noon.AddHours(-1),
        IAmAliveTime = Noon,
        SuspectTimes =
        [
            Tuple.Create(Address(8), Noon.AddSeconds(1)),
            Tuple.Create(SiloAddress.New(IPAddress.Parse("2001:db8::1"), 11112, 9), Noon.AddSeconds(2)),
        ],
    };
}
