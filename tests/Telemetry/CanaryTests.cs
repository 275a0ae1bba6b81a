using System.Security.Cryptography;
using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Cluster;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Journal;
using Xunit.Abstractions;

namespace Budgets.Tests.Telemetry;

/// <summary>Keys are planted, everything is done, and then every log line, answer, metric and trace is searched for them.</summary>
[Collection(nameof(OneHost))]
public sealed class CanaryTests(ITestOutputHelper output)
{
    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
    private readonly string _metricsKey = ApiKey.New(ApiKey.MetricsPrefix);

    [Fact]
    public async Task No_key_is_seen_anywhere_of_a_service_on_one_machine()
    {
        using var scratch = new ScratchDirectory();
        await using var collector = await Collector.Start();
        var secrets = new Secrets(_operatorKey, _metricsKey);
        using var process = ApiProcess.Start(Settings(collector, ("Budgets__DataDirectory", scratch.Path)), _operatorKey);
        await Visit(process, secrets);

        process.Terminate();
        (await process.Exited()).Should().Be(0);

        Searched(secrets, collector, process.Output);
        process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().OnlyContain(line => IsStructured(line), "logs were asked for as JSON");
        collector.Received("traces").Should().Contain("/v1/charges").And.Contain("Budgets.IBudgetGrain").And.Contain("budget.journal.append");
    }

    [Fact]
    public async Task No_key_is_seen_anywhere_of_a_cluster_nor_the_accounts_also_when_its_store_is_gone()
    {
        var account = new Account("canary", Convert.ToBase64String(RandomNumberGenerator.GetBytes(64)));
        using var azurite = await Azurite.Start(account);
        await using var collector = await Collector.Start();
        var secrets = new Secrets(_operatorKey, _metricsKey, account.Key, azurite.ConnectionString);
        var settings = Settings(
            collector, ("Budgets__Cluster", "AzureStorage"), ("ConnectionStrings__Storage", azurite.ConnectionString), ("Budgets__AdvertisedAddress", "127.0.0.1"));
        var ports = FreePorts.Take(3);
        using var silo = new SiloProcess(new SiloPorts(ports[0], ports[1], ports[2]), settings);
        await silo.Ready();
        using var process = ApiProcess.Start(settings, _operatorKey);
        var tour = await Visit(process, secrets);
        var spender = (await tour.Ask("POST", "/v1/agents", _operatorKey, """{"name":"late"}"""))["api_key"].GetString()!;
        secrets.Add(spender);

        await azurite.Process.Kill();
        await tour.Spend(spender);
        tour.Answers.Should().ContainKey(503);
        process.Terminate();
        await process.Exited();
        await silo.Kill();

        Searched(secrets, collector, process.Output + silo.Output);
        collector.Received("metrics").Should().Contain("budgets-silo", "silos tell what they measure, too").And.Contain("budgets-api");
    }

    [Fact]
    public async Task A_key_that_somebody_puts_into_a_URL_is_neither_logged_nor_traced()
    {
        using var scratch = new ScratchDirectory();
        await using var collector = await Collector.Start();
        var settings = collector.Settings;
        settings["Budgets__DataDirectory"] = scratch.Path;
        using var process = ApiProcess.Start(settings, _operatorKey);
        using var http = new HttpClient { BaseAddress = (await process.Ready()).Address };

        (await new Party(http, null).Get($"/v1/agents?key={_operatorKey}")).Status.Should().Be(401);
        (await new Party(http, _operatorKey).Get($"/v1/agents?api_key={_operatorKey}")).Status.Should().Be(400);
        process.Terminate();
        await process.Exited();

        var secrets = new Secrets(_operatorKey);
        secrets.ShouldNotBeIn(process.Output, "the log");
        secrets.ShouldNotBeIn(collector.Received("traces"), "a trace");
        collector.Received("traces").Should().Contain("/v1/agents");
    }

    private Dictionary<string, string> Settings(Collector collector, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>(collector.Settings)
        {
            ["Budgets__MetricsKey"] = _metricsKey,
            ["Budgets__Dashboard"] = "true",
            ["Logging__LogLevel__Default"] = "Debug",
            ["Logging__LogLevel__Budgets"] = "Trace",
            ["Logging__Console__FormatterName"] = "json",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    private async Task<Tour> Visit(ApiProcess process, Secrets secrets)
    {
        var http = new HttpClient { BaseAddress = (await process.Ready()).Address };
        var tour = new Tour(http, secrets, _operatorKey);
        await tour.Everything();
        (await tour.Ask("GET", "/metrics", _metricsKey)).Status.Should().Be(200);
        output.WriteLine(string.Join(", ", tour.Answers.Select(a => $"{a.Key}: {a.Value}")));
        tour.Answers.Keys.Should().Contain([200, 201, 400, 401, 402, 403, 404, 409, 422]);
        return tour;
    }

    private void Searched(Secrets secrets, Collector collector, string log)
    {
        secrets.ShouldNotBeIn(log, "the log");
        foreach (var (signal, proof) in ((string, string)[])[("logs", "Request starting"), ("metrics", "budget.spend"), ("traces", "/v1/charges")])
        {
            var received = collector.Received(signal);
            output.WriteLine($"{signal}: {received.Length} characters");
            secrets.ShouldNotBeIn(received, signal);
            received.Contains(proof, StringComparison.Ordinal).Should().BeTrue($"{signal} that say nothing hide nothing");
        }

        log.Contains("Microsoft.AspNetCore.Hosting.Diagnostics", StringComparison.Ordinal).Should().BeTrue("a log that says nothing hides nothing");
    }

    private static bool IsStructured(string line)
    {
        try
        {
            return JsonDocument.Parse(line).RootElement.TryGetProperty("LogLevel", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
