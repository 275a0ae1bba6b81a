using System.Text.Json;
using Budgets.ApiHost;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Gateway;

/// <summary>The real host with a fake provider behind it. The budgets' clock stands still until a test moves it.</summary>
/// <remarks>Nothing is asked for again unless a test says so: the clock would have to be moved for that.</remarks>
public class GatewayApi : IAsyncLifetime, IDisposable
{
    public const string Name = "gateway";

    /// <summary>The provider's keys, which nobody may ever see.</summary>
    public const string OpenAiKey = "sk-canary-openai-0123456789";
    public const string AnthropicKey = "sk-ant-canary-9876543210";

    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-gateway-").FullName;
    private HttpClient _http = new();

    /// <summary>Settings beside the usual ones, as on the command line.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Faults to be put in.</summary>
    public Action<IServiceCollection>? Faults { get; init; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 4, 12, 0, 0, TimeSpan.Zero));

    public FakeProvider Provider { get; private set; } = null!;

    public WebApplication App { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public Party Operator { get; private set; } = null!;

    /// <summary>Every line that was logged.</summary>
    public LogBook Log { get; } = new();

    public async Task InitializeAsync()
    {
        Provider = await FakeProvider.Start();
        App = BudgetsApi.Build(
            [
                "--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", _directory, "--Logging:LogLevel:Default", "Debug",
                "--Budgets:Gateway:Providers:openai:BaseUrl", $"{Provider.Address}v1", "--Budgets:Gateway:Providers:openai:ApiKey", OpenAiKey,
                "--Budgets:Gateway:Providers:anthropic:BaseUrl", $"{Provider.Address}v1/", "--Budgets:Gateway:Providers:anthropic:ApiKey", AnthropicKey,
                "--Budgets:Gateway:Providers:mistral:BaseUrl", "http://127.0.0.1:1/v1", "--Budgets:Gateway:Providers:mistral:ApiKey", "unreachable",
                "--Budgets:Gateway:Retries", "0", .. Settings,
            ],
            builder =>
            {
                builder.Services.AddKeyedSingleton<TimeProvider>("Budgets", Clock);
                builder.Logging.ClearProviders().AddProvider(Log);
                Faults?.Invoke(builder.Services);
            });
        await App.StartAsync();
        Address = new Uri(App.Urls.Single());
        _http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
        Operator = new Party(_http, (await File.ReadAllTextAsync(Path.Combine(_directory, "operator.key"))).Trim());
    }

    public async Task DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        await Provider.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public void Dispose()
    {
        _http.Dispose();
        Log.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <param name="budget">Set from above, as JSON.</param>
    public async Task<Agent> NewAgent(string budget = """{"daily_limit":100}""")
    {
        var created = await Operator.Post("/v1/agents", $$"""{"name":"Caller","budget":{{budget}}}""");
        created.Status.Should().Be(201, created.Text);
        Provider.Calls.Clear();
        return new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
    }

    /// <summary>A child of an agent, with its first key.</summary>
    public async Task<Agent> NewChild(Agent parent, string name = "c")
    {
        var child = await parent.Post("/v1/agents/create-child", $$"""{"child_name":"{{name}}"}""");
        child.Status.Should().Be(201, child.Text);
        return Holder(child["api_key"].GetString()!, child["child_id"].GetString()!);
    }

    /// <summary>The first key of an agent that was made by somebody else.</summary>
    public Agent Holder(string key, string id) => new(_http, key, id);

    /// <summary>Waits until nothing is held, and gives the agent's ledger of holds and their ends, oldest first.</summary>
    public async Task<List<Line>> AtRest(Agent agent)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(_http.Timeout);
        while (true)
        {
            var lines = await Lines(agent);
            if (lines.Count(l => l.Kind == "hold") == lines.Count(l => l.Kind is "settle" or "release" or "expire"))
            {
                return lines;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>The one end of the one hold that an agent had.</summary>
    public async Task<Line> Ended(Agent agent)
    {
        var lines = await AtRest(agent);
        lines.Should().HaveCount(2, "a hold ends once");
        lines[0].Kind.Should().Be("hold");
        return lines[1];
    }

    /// <summary>What the catalogue says that usage costs now.</summary>
    public decimal Price(string model, TokenUsage usage)
    {
        var quote = Priced.Quote(model, usage, Clock.GetUtcNow());
        quote.Version.Should().NotBeNull();
        return quote.Amount.InDollars;
    }

    public static async Task<List<Line>> Lines(Agent agent)
    {
        var lines = new List<Line>();
        string? cursor = null;
        do
        {
            var page = await agent.Get($"/v1/agents/ledger?limit=100{(cursor is null ? "" : $"&cursor={cursor}")}");
            page.Status.Should().Be(200, page.Text);
            lines.AddRange(page["data"].EnumerateArray().Select(Line.Of).Where(l => l.Kind is "hold" or "settle" or "release" or "expire" or "charge"));
            cursor = page["next_cursor"].GetString();
        }
        while (cursor is not null);
        lines.Reverse();
        return lines;
    }
}

[CollectionDefinition(GatewayApi.Name)]
public sealed class GatewayCollection : ICollectionFixture<GatewayApi>;

/// <summary>An entry of a ledger.</summary>
public sealed record Line(string Kind, decimal Amount, string? Model, JsonElement? Usage, bool Overage, string? PriceVersion)
{
    public static Line Of(JsonElement e) => new(
        e.GetProperty("kind").GetString()!,
        e.GetProperty("amount").GetDecimal(),
        e.TryGetProperty("model", out var model) ? model.GetString() : null,
        e.TryGetProperty("usage", out var usage) ? usage.Clone() : null,
        e.TryGetProperty("overage", out var overage) && overage.GetBoolean(),
        e.TryGetProperty("price_version", out var version) ? version.GetString() : null);

    public long Tokens(string name) => Usage!.Value.GetProperty(name).GetInt64();
}

/// <summary>Keeps what is logged, to be searched.</summary>
public sealed class LogBook : ILoggerProvider, ILogger
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose() => GC.SuppressFinalize(this);
}
