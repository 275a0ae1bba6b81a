using System.Text.Json;
using Budgets.ApiHost;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Gateway;

/// <summary>The real host with aimock as the provider, which tests of others' SDKs use. scripts/install.sh genai-prices installs it.</summary>
public sealed class AimockApi : IAsyncLifetime, IDisposable
{
    public const string Name = "aimock";

    /// <summary>One is enough to see that there is one.</summary>
    public const int Retries = 1;

    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-sdk-").FullName;
    private readonly ChildProcess _aimock;
    private readonly int _port = FreePorts.Take(1)[0];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly HttpClient _control = new();
    private Microsoft.AspNetCore.Builder.WebApplication _app = null!;
    private int _asked;

    public AimockApi() => _aimock = new ChildProcess(
        "node",
        [
            Path.Combine(Peers.Root, "tests", "Peers", "node_modules", "@copilotkit", "aimock", "dist", "cli.js"), "-p", $"{_port}",
            "-f", Path.Combine(Peers.Root, "tests", "Peers", "gateway-fixtures.json"), "--log-level", "info",
        ]);

    public Uri Address => _http.BaseAddress!;

    public async Task InitializeAsync()
    {
        await _aimock.Says($"{_port}");
        _control.BaseAddress = new Uri($"http://127.0.0.1:{_port}/__aimock/");
        _app = BudgetsApi.Build(
        [
            "--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", _directory, "--Budgets:Gateway:Retries", $"{Retries}",
            "--Budgets:Gateway:Providers:openai:BaseUrl", $"http://127.0.0.1:{_port}/v1", "--Budgets:Gateway:Providers:openai:ApiKey", "mock",
            "--Budgets:Gateway:Providers:anthropic:BaseUrl", $"http://127.0.0.1:{_port}/v1", "--Budgets:Gateway:Providers:anthropic:ApiKey", "mock",
        ]);
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    /// <summary>What the provider was asked since this was called last: paths and answers.</summary>
    public async Task<IReadOnlyList<(string Path, int Status)>> Journal()
    {
        var entries = JsonDocument.Parse(await _control.GetStringAsync("journal?limit=1000")).RootElement.EnumerateArray()
            .Select(e => (e.GetProperty("path").GetString()!, e.GetProperty("response").GetProperty("status").GetInt32())).ToList();
        await Control(HttpMethod.Post, "reset/journal");
        return entries;
    }

    /// <summary>From now on every call meets this; null: none does.</summary>
    /// <param name="chaos">As aimock's control interface takes it.</param>
    public Task Chaos(string? chaos) => Control(chaos is null ? HttpMethod.Delete : HttpMethod.Post, "chaos", chaos);

    public async Task<Agent> NewAgent(string limit = "100")
    {
        _asked++;
        var key = (await File.ReadAllTextAsync(Path.Combine(_directory, "operator.key"))).Trim();
        var created = await new Party(_http, key).Post("/v1/agents", $$$"""{"name":"Caller {{{_asked}}}","budget":{"daily_limit":{{{limit}}}}}""");
        created.Status.Should().Be(201, created.Text);
        return new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
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
        _control.Dispose();
        _aimock.Dispose();
    }

    /// <summary>What the catalogue says that a call costs.</summary>
    public static decimal Price(string model, long input, long output, int images = 0) =>
        Priced.Quote(model, new TokenUsage(input, output, Images: images), TimeProvider.System.GetUtcNow()).Amount.InDollars;

    private async Task Control(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var answer = await _control.SendAsync(request);
        answer.IsSuccessStatusCode.Should().BeTrue(await answer.Content.ReadAsStringAsync());
    }
}

[CollectionDefinition(AimockApi.Name)]
public sealed class AimockCollection : ICollectionFixture<AimockApi>;
