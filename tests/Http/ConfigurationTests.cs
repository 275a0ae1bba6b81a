using Budgets.ApiHost;
using Budgets.Silo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Budgets.Tests.Http;

/// <summary>What is wrong with the settings is told at the start, all of it at once, and without secrets.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void An_API_host_of_a_cluster_lists_the_clusters_faults_and_its_own()
    {
        var start = FluentActions.Invoking(() => BudgetsApi.Build(
            ["--Budgets:Cluster", "AzureStorage", "--ConnectionStrings:Storage", "AccountKey=hush", "--Budgets:SiloPort", "0", "--Budgets:DataDirectory", ""]));

        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().SatisfyRespectively(
            f => f.Should().StartWith("ConnectionStrings:Storage").And.NotContain("hush"),
            f => f.Should().StartWith("Budgets:SiloPort '0'"),
            f => f.Should().StartWith("Budgets:DataDirectory"),
            f => f.Should().StartWith("Budgets:OperatorKey must be set"));
    }

    [Fact]
    public void A_cluster_that_there_is_not_is_a_fault() =>
        Faults(("Budgets:Cluster", "Kubernetes")).Should().ContainSingle().Which.Should().StartWith("Budgets:Cluster is 'Kubernetes'").And.Contain("AzureStorage");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Embedded")]
    public void Without_a_cluster_nothing_of_it_is_looked_at(string? cluster) =>
        Faults(("Budgets:Cluster", cluster), ("Budgets:SiloPort", "x")).Should().BeEmpty();

    [Fact]
    public void All_faults_of_a_cluster_are_listed() =>
        Faults(("Budgets:Cluster", "AzureStorage"), ("Budgets:GatewayPort", "70000"), ("Budgets:HealthPort", "-1"), ("Budgets:AdvertisedAddress", "silo-1"))
            .Select(f => f.Split(' ')[0]).Should().BeEquivalentTo("One", "Budgets:GatewayPort", "Budgets:HealthPort", "Budgets:AdvertisedAddress");

    [Fact]
    public void A_connection_string_and_an_address_are_one_too_many() =>
        Faults(("Budgets:Cluster", "AzureStorage"), ("ConnectionStrings:Storage", "UseDevelopmentStorage=true"), ("Budgets:StorageUri", "https://x.table.core.windows.net"))
            .Should().ContainSingle().Which.Should().Contain("not both");

    private static List<string> Faults(params (string Key, string? Value)[] settings)
    {
        var faults = new List<string>();
        var read = ClusterSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build(), faults);
        (read is null).Should().BeTrue();
        return faults;
    }
}
