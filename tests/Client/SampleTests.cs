using Budgets.Tests.AzureTables;
using Budgets.Tests.Cluster;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Client;

/// <summary>The sample in docs/ as its reader runs it.</summary>
public sealed class SampleTests
{
    private const string Expected =
        """
        Asked about the weather for $5.50; $4.50 of the reservation came back.
        Asked about the stock market for $8.00; $2.00 of the reservation came back.
        Not asked about the weather again: $10.00 does not fit the daily limit of $20.00: $13.50 is spent and $0.00 is held, so $6.50 is left until *.
        Spent today: $13.50 in 2 calls.
        *
        """;

    [Fact]
    public async Task It_runs_with_budgets_of_its_own()
    {
        using var scratch = new ScratchDirectory();

        await Run(new() { ["Budgets__DataDirectory"] = scratch.Path });
    }

    [Fact]
    public async Task It_runs_as_a_client_of_a_cluster()
    {
        var settings = new Dictionary<string, string>
        {
            ["Budgets__Cluster"] = "AzureStorage",
            ["Budgets__ClusterId"] = Azurite.NewTable(),
            ["Budgets__AdvertisedAddress"] = "127.0.0.1",
            ["ConnectionStrings__Storage"] = (await Azurite.Shared).ConnectionString,
        };
        var ports = FreePorts.Take(3);
        using var silo = new SiloProcess(new SiloPorts(ports[0], ports[1], ports[2]), settings);
        await silo.Ready();

        await Run(settings);
    }

    private static async Task Run(Dictionary<string, string> settings)
    {
        using var sample = new Sample(settings);
        (await sample.Exited()).Should().Be(0, sample.Output);
        sample.Output.Should().Match(Expected);
    }

    private sealed class Sample(Dictionary<string, string> settings) : ChildProcess("dotnet", [Built("docs/samples/ResearchAgent", "ResearchAgent.dll")], settings);
}
