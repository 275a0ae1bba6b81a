using System.Text.Json;
using Budgets.ApiHost;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Gateway;

/// <summary>The official SDKs of OpenAI and Anthropic, against aimock as the provider: only base URL and key are ours. scripts/install.sh genai-prices installs them.</summary>
public sealed class SdkTests : IAsyncLifetime, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-sdk-").FullName;
    private readonly ChildProcess _aimock;
    private readonly int _port = FreePorts.Take(1)[0];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private Microsoft.AspNetCore.Builder.WebApplication _app = null!;
    private int _asked;

    public SdkTests() => _aimock = new ChildProcess(
        "node",
        [
            Path.Combine(Peers.Root, "tests", "Peers", "node_modules", "@copilotkit", "aimock", "dist", "cli.js"), "-p", $"{_port}",
            "-f", Path.Combine(Peers.Root, "tests", "Peers", "gateway-fixtures.json"), "--log-level", "info",
        ]);

    public async Task InitializeAsync()
    {
        await _aimock.Says($"{_port}");
        _app = BudgetsApi.Build(
        [
            "--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", _directory,
            "--Budgets:Gateway:Providers:openai:BaseUrl", $"http://127.0.0.1:{_port}/v1", "--Budgets:Gateway:Providers:openai:ApiKey", "mock",
            "--Budgets:Gateway:Providers:anthropic:BaseUrl", $"http://127.0.0.1:{_port}/v1", "--Budgets:Gateway:Providers:anthropic:ApiKey", "mock",
        ]);
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    [Fact]
    public async Task Official_SDKs_work_unchanged_and_the_ledger_has_what_the_provider_counted()
    {
        var (rich, poor) = (await NewAgent("100"), await NewAgent("0.00001"));

        var results = JsonDocument.Parse(await Peers.Run("", "tests/Peers/gateway.mjs", _http.BaseAddress!.ToString().TrimEnd('/'), rich.Key!, poor.Key!)).RootElement;

        const string hello = "Hello there, this is a somewhat longer answer.";
        foreach (var name in (string[])["chat", "stream", "responses", "responsesStream", "message", "messageStream"])
        {
            results.GetProperty(name).GetProperty("text").GetString().Should().Be(hello, name);
        }

        results.GetProperty("stream").GetProperty("usages").GetInt32().Should().Be(0, "nobody asked for the usage");
        results.GetProperty("tools").GetProperty("call").GetString().Should().Be("{\"city\":\"Paris\"}");
        results.GetProperty("embeddings").GetProperty("numbers").GetBoolean().Should().BeTrue();
        results.GetProperty("models").GetProperty("first").GetString().Should().Be("model");
        results.GetProperty("error").GetProperty("status").GetInt32().Should().Be(400);
        foreach (var (name, type) in new[] { ("poor", "insufficient_quota"), ("poorMessage", "billing_error") })
        {
            var refused = results.GetProperty(name);
            (refused.GetProperty("status").GetInt32(), refused.GetProperty("retry").GetString()).Should().Be((402, "false"));
            refused.GetProperty("type").GetString().Should().Be(type);
        }

        await Ledger(rich);
        var journal = JsonDocument.Parse(await _http.GetStringAsync($"http://127.0.0.1:{_port}/__aimock/journal?limit=100")).RootElement.EnumerateArray().ToList();
        journal.Should().HaveCount(9, "a refused call is not made, nor made again");
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public void Dispose()
    {
        _http.Dispose();
        _aimock.Dispose();
    }

    /// <summary>aimock tells no usage of embeddings but zeros, which stay zero.</summary>
    private static async Task Ledger(Agent agent)
    {
        var ledger = (await agent.Get("/v1/agents/ledger?limit=100"))["data"].EnumerateArray().Select(Line.Of).Reverse().ToList();

        decimal Price(string model, long input, long output) => Priced.Quote(model, new TokenUsage(input, output), TimeProvider.System.GetUtcNow()).Amount.InDollars;
        ledger.Where(l => l.Kind == "settle").Select(l => l.Amount).Should().Equal(
            Price("gpt-4o", 11, 9), Price("gpt-4o", 11, 9), Price("gpt-4o", 30, 12), Price("gpt-4o", 11, 9), Price("gpt-4o", 11, 9), 0m,
            Price("claude-haiku-4-5", 11, 9), Price("claude-haiku-4-5", 11, 9));
        ledger.Count(l => l.Kind == "release").Should().Be(1);
        ledger.Count(l => l.Kind == "hold").Should().Be(9);
    }

    private async Task<Agent> NewAgent(string limit)
    {
        _asked++;
        var key = (await File.ReadAllTextAsync(Path.Combine(_directory, "operator.key"))).Trim();
        var created = await new Party(_http, key).Post("/v1/agents", $$$"""{"name":"Caller {{{_asked}}}","budget":{"daily_limit":{{{limit}}}}}""");
        created.Status.Should().Be(201, created.Text);
        return new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
    }
}
