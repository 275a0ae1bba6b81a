using Budgets.ApiHost.Auth;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Cluster;
using Budgets.Tests.Crash;
using Budgets.Tests.Gateway;
using Budgets.Tests.Http;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Client;

/// <summary>The sample in docs/ as its reader runs it.</summary>
[Collection(nameof(OneHost))]
public sealed class SampleTests
{
    // Between them a slow machine may have things to warn of.
    private const string Expected =
        "*Asked about the weather for $5.50; $4.50 of the reservation came back."
        + "*Asked about the stock market for $8.00; $2.00 of the reservation came back."
        + "*Not asked about the weather again: $10.00 does not fit the daily limit of $20.00: $13.50 is spent and $0.00 is held, so $6.50 is left until *."
        + "*Spent today: $13.50 in 2 calls.*";

    [Fact]
    public async Task It_runs_with_budgets_of_its_own()
    {
        using var scratch = new ScratchDirectory();

        await Run([], new() { ["Budgets__DataDirectory"] = scratch.Path });
    }

    [Fact]
    public async Task It_spends_what_an_operator_gave_its_agent_in_a_cluster()
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
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        using var api = ApiProcess.Start(settings, operatorKey);
        var address = (await api.Ready()).Address;
        using var http = new HttpClient { BaseAddress = address };
        using var rest = new Rest(address);

        // The silo is young, and may be slow to answer the first who asks.
        var opened = await rest.PostUntilAnswered("/v1/agents", operatorKey, $$$"""{"name":"researcher","time_zone":"{{{FarFromMidnight.Zone}}}","budget":{"daily_limit":20}}""", null);
        opened.Status.Should().Be(201, opened.Code);
        var agent = opened.Body.GetProperty("agent_id").GetString()!;

        await Run([agent], settings);

        (await new Party(http, operatorKey).Get($"/v1/agents/{agent}/usage")).Dollars("amount_spent").Should().Be(13.5m);
    }

    [Fact]
    public async Task An_agent_that_calls_its_model_itself_spends_what_that_counted_and_is_stopped_before_it_spends_more()
    {
        using var scratch = new ScratchDirectory();
        await using var provider = await FakeProvider.Start();
        provider.Says(Said.Completion());

        using var sample = new Sample("WritingAgent", [], new()
        {
            ["Budgets__DataDirectory"] = scratch.Path, ["OPENAI_API_KEY"] = "sk-test", ["OPENAI_BASE_URL"] = $"{provider.Address}v1",
        });

        (await sample.Exited()).Should().Be(0, sample.Output);
        sample.Output.Should().Match("*Hi there ($0.0001175, $0.0098825 left)*The call was not made: * does not fit the daily limit of $0.01: *output tokens of gpt-4o would fit.*");
        provider.Calls.Should().ContainSingle();
    }

    private static async Task Run(string[] args, Dictionary<string, string> settings)
    {
        using var sample = new Sample("ResearchAgent", args, settings);
        (await sample.Exited()).Should().Be(0, sample.Output);
        sample.Output.Should().Match(Expected);
    }

    private sealed class Sample(string name, string[] args, Dictionary<string, string> settings)
        : ChildProcess("dotnet", [Built($"docs/samples/{name}", $"{name}.dll"), .. args], settings);
}
