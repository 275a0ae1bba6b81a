using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Clustering;
using Orleans;
using Orleans.Messaging;
using Orleans.Runtime;
using static Budgets.Tests.AzureTables.MembershipCluster;

namespace Budgets.Tests.AzureTables;

public sealed class GatewayListTests : IAsyncLifetime
{
    private MembershipCluster _cluster = null!;

    private AzureTablesGatewayList Gateways => new(_cluster.Rows, ClusterId, TimeSpan.FromSeconds(7));

    public async Task InitializeAsync() => _cluster = await Create();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Active_silos_with_a_port_for_clients_are_gateways()
    {
        var closed = Member(1, SiloStatus.Active);
        closed.ProxyPort = 0;
        var others = Enum.GetValues<SiloStatus>().Where(s => s != SiloStatus.Active).Select(s => Member(10 + (int)s, s)).ToArray();
        await _cluster.Insert([closed, Member(2, SiloStatus.Active), Member(3, SiloStatus.Active), .. others]);

        (await Gateways.GetGateways()).Select(g => g.ToString()).Should().BeEquivalentTo("gwy.tcp://10.0.0.7:30000/2", "gwy.tcp://10.0.0.7:30000/3");
    }

    [Fact]
    public async Task A_gateways_address_leads_back_to_its_silo()
    {
        await _cluster.Insert(Member(2, SiloStatus.Active));

        var gateway = (await Gateways.GetGateways()).Single().ToGatewayAddress()!;

        gateway.Endpoint.Should().Be(new System.Net.IPEndPoint(Address(2).Endpoint.Address, 30000));
        gateway.Generation.Should().Be(0, "a gateway is any silo at that port");
    }

    [Fact]
    public async Task Each_time_the_table_is_asked_anew()
    {
        (await Gateways.GetGateways()).Should().BeEmpty();

        await _cluster.Insert(Member(1, SiloStatus.Active));
        (await Gateways.GetGateways()).Should().ContainSingle();

        await _cluster.TryUpdate(Member(1, SiloStatus.Dead));
        (await Gateways.GetGateways()).Should().BeEmpty();
        Gateways.IsUpdatable.Should().BeTrue();
        Gateways.MaxStaleness.Should().Be(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Gateways_of_other_clusters_are_not_listed()
    {
        await _cluster.Insert(Member(1, SiloStatus.Active));

        (await new AzureTablesGatewayList(_cluster.Rows, "production'2", TimeSpan.Zero).GetGateways()).Should().BeEmpty();
    }

    [Fact]
    public async Task More_gateways_than_a_page_holds_are_all_listed()
    {
        await _cluster.Seed(Enumerable.Range(1, 1100).Select(i => Member(i, SiloStatus.Active)));

        (await Gateways.GetGateways()).Should().HaveCount(1100);
    }

    [Fact]
    public async Task A_client_that_starts_before_the_first_silo_finds_no_gateway_yet()
    {
        _cluster = await Create(initialized: false);

        await Gateways.InitializeGatewayListProvider();

        (await Gateways.GetGateways()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_gateway_that_cannot_be_read_is_an_error_and_is_not_skipped()
    {
        await _cluster.Rows.AddEntityAsync(new TableEntity(ClusterId, "10.0.0.7-11111-1") { ["Status"] = "Active", ["Address"] = "somewhere", ["ProxyPort"] = "1" });

        await Gateways.Invoking(g => g.GetGateways()).Should().ThrowAsync<FormatException>();
    }
}
