using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Budgets.ApiHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Http;

/// <summary>The real host in this process: Kestrel on a free port, a silo, SQLite in a directory of its own. Only the budgets' clock is ours.</summary>
public sealed class Api : IAsyncLifetime, IDisposable
{
    public const string Name = "api";

    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-api-").FullName;
    private HttpClient _http = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero));

    public WebApplication App { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public Party Operator { get; private set; } = null!;

    /// <summary>Somebody without a key.</summary>
    public Party Nobody => new(_http, null);

    public Party With(string? key) => new(_http, key);

    /// <param name="budget">Set from above, as JSON.</param>
    public async Task<Agent> NewAgent(string budget = "{}", string scopes = """["manage","spend"]""")
    {
        var created = await Operator.Post("/v1/agents", $$"""{"name":"Researcher","scopes":{{scopes}},"budget":{{budget}}}""");
        created.Status.Should().Be(201, created.Text);
        return new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
    }

    /// <summary>Another key for an agent, with these scopes only.</summary>
    public async Task<Agent> KeyFor(Agent agent, string scopes)
    {
        var minted = await Operator.Post($"/v1/agents/{agent.Id}/keys", $$"""{"scopes":{{scopes}}}""");
        minted.Status.Should().Be(201, minted.Text);
        return new Agent(_http, minted["api_key"].GetString()!, agent.Id);
    }

    /// <summary>The first key of an agent that was made by somebody else.</summary>
    public Agent Holder(string key, string id) => new(_http, key, id);

    public async Task InitializeAsync()
    {
        App = BudgetsApi.Build(
            ["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", _directory, "--Budgets:Dashboard", "true", "--Budgets:Webhooks:AllowedNetworks", "127.0.0.0/8"],
            builder => builder.Services.AddKeyedSingleton<TimeProvider>("Budgets", Clock));
        await App.StartAsync();
        Address = new Uri(App.Urls.Single());
        _http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = Address };
        Operator = new Party(_http, (await File.ReadAllTextAsync(Path.Combine(_directory, "operator.key"))).Trim());
    }

    public async Task DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public void Dispose() => _http.Dispose();
}

[CollectionDefinition(Api.Name)]
public sealed class ApiCollection : ICollectionFixture<Api>;

/// <summary>An answer, read to its end.</summary>
public sealed record Answer(int Status, byte[] Bytes, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    public JsonElement this[string member] => Json.GetProperty(member);

    /// <summary>Errors in the form of a provider have it inside.</summary>
    public string Code => (Json.TryGetProperty("error", out var inner) ? inner : Json).GetProperty("code").GetString()!;

    public string? MediaType => ContentHeaders.ContentType?.MediaType;

    public decimal Dollars(string member) => this[member].GetDecimal();

    public string[] FaultyFields => [.. this["errors"].EnumerateArray().Select(e => e.GetProperty("field").GetString()!)];

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}

/// <summary>Whoever holds a key, or holds none.</summary>
public class Party(HttpClient http, string? key)
{
    public string? Key { get; } = key;

    public Task<Answer> Get(string path, string? accept = null) =>
        Send("GET", path, null, request => { if (accept is not null) { request.Headers.Accept.ParseAdd(accept); } });

    public Task<Answer> Post(string path, string? json = null, string? idempotencyKey = null) =>
        Send("POST", path, Json(json), request => { if (idempotencyKey is not null) { request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey); } });

    public Task<Answer> Patch(string path, string json) => Send("PATCH", path, Json(json));

    public Task<Answer> Delete(string path) => Send("DELETE", path, null);

    public async Task<Answer> Send(string method, string path, HttpContent? content, Action<HttpRequestMessage>? prepare = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content, Version = HttpVersion.Version11 };
        if (Key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Key);
        }

        prepare?.Invoke(request);
        using var response = await http.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Headers, response.Content.Headers);
    }

    private static StringContent? Json(string? json) => json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
}

/// <summary>A key of one agent.</summary>
public sealed class Agent(HttpClient http, string key, string id) : Party(http, key)
{
    public string Id { get; } = id;

    public Task<Answer> Charge(string amount, string? idempotencyKey = null) => Post("/v1/charges", $$"""{"amount":{{amount}}}""", idempotencyKey);

    public Task<Answer> Reserve(string amount, string? idempotencyKey = null) => Post("/v1/reservations", $$"""{"amount":{{amount}}}""", idempotencyKey);

    /// <summary>Reserves and gives the reservation's id.</summary>
    public async Task<string> Reserved(string amount)
    {
        var reserved = await Reserve(amount);
        reserved.Status.Should().Be(201, reserved.Text);
        return reserved["reservation_id"].GetString()!;
    }

    /// <summary>The newest entry's place in the ledger, and every figure of the budget: what a request without effect leaves as it was.</summary>
    public async Task<string> Standing()
    {
        var ledger = await Get("/v1/agents/ledger?limit=1");
        var usage = await Get("/v1/agents/usage");
        return $"{ledger["data"][0].GetProperty("seq")} {usage.Text}";
    }
}
