using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Http;

namespace Budgets.Tests.Telemetry;

/// <summary>Goes through every route, the dashboard's too, with every kind of key and body, and looks at every answer.</summary>
internal sealed class Tour(HttpClient http, Secrets secrets, string operatorKey)
{
    private static readonly string[] DashboardPages =
    [
        "", "version", "DashboardCounters", "ClusterStats", "Reminders", "Reminders/1", "HistoricalStats/1", "SiloProperties/1", "SiloMetadata/1", "SiloStats/1",
        "SiloCounters/1", "GrainStats/Budgets.Keys.KeyGrain", "TopGrainMethods", "LifecycleStages", "GrainTypes", "Trace",
    ];

    /// <summary>How often each status was answered.</summary>
    public SortedDictionary<int, int> Answers { get; } = [];

    public async Task Everything()
    {
        var agent = await Mint("/v1/agents", """{"name":"canary","budget":{"daily_limit":25}}""");
        var id = agent["agent_id"].GetString()!;
        var manager = agent["api_key"].GetString()!;
        var spender = (await Mint($"/v1/agents/{id}/keys", """{"scopes":["spend"]}"""))["api_key"].GetString()!;
        var revoked = await Mint($"/v1/agents/{id}/keys", """{"scopes":["spend"]}""");
        await Ask("DELETE", $"/v1/agents/{id}/keys/{revoked["key_id"].GetString()}", operatorKey);
        await Spend(spender);
        string[] keys = [operatorKey, manager, spender, revoked["api_key"].GetString()!, .. Unknown()];
        var document = (await Ask("GET", "/openapi/v1.json", null)).Json;
        foreach (var path in document.GetProperty("paths").EnumerateObject().OrderBy(p => p.Name is "/v1/agents/{agent_id}"))
        {
            foreach (var method in path.Value.EnumerateObject().Select(o => o.Name.ToUpperInvariant()))
            {
                await Visit(method, path.Name.Replace("{agent_id}", id, StringComparison.Ordinal).Replace("{key_id}", "key_00000000000000000000", StringComparison.Ordinal), keys);
            }
        }

        await Dashboard(keys, ApiKey.Digest(spender).ToHash().Hex);
    }

    /// <summary>Of every kind of answer that spending has.</summary>
    public async Task Spend(string key)
    {
        await Ask("POST", "/v1/charges", key, """{"amount":1,"idempotency_key":"one"}""");
        await Ask("POST", "/v1/charges", key, """{"amount":2,"idempotency_key":"one"}""");
        await Ask("POST", "/v1/charges", key, """{"amount":100}""");
        await Ask("POST", "/v1/charges", key, """{"charges":[{"amount":1},{"amount":100}]}""");
        var held = await Ask("POST", "/v1/reservations", key, """{"amount":2}""");
        if (held.Status == 201)
        {
            var reservation = held["reservation_id"].GetString();
            await Ask("POST", $"/v1/reservations/{reservation}/commit", key, """{"amount":1}""");
            await Ask("POST", $"/v1/reservations/{reservation}/release", key);
        }
    }

    public async Task<Answer> Ask(string method, string path, string? key, string? body = null, string scheme = "Bearer")
    {
        var answer = await new Party(http, null).Send(
            method,
            path,
            body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
            request => request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue(scheme, scheme == "Basic" ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"operator:{key}")) : key));
        Answers[answer.Status] = Answers.GetValueOrDefault(answer.Status) + 1;
        secrets.ShouldNotBeIn($"{answer.Headers}{answer.ContentHeaders}{answer.Text}", $"{method} {path}");
        return answer;
    }

    /// <summary>The one answer that shows a key, once.</summary>
    private async Task<Answer> Mint(string path, string body)
    {
        var answer = await Ask("POST", path, operatorKey, body);
        answer.Status.Should().Be(201, answer.Text);
        var key = answer["api_key"].GetString()!;
        answer.Text.Split(key).Should().HaveCount(2, "a key is shown once");
        secrets.Add(key);
        return answer;
    }

    private async Task Visit(string method, string path, string[] keys)
    {
        string?[] bodies = method is "POST" or "PATCH" ? ["{}", """{"amount":"x","name":5}""", "{", new string('x', 100)] : [null];
        foreach (var key in keys)
        {
            foreach (var body in bodies)
            {
                // What it closes at the end would leave nothing to visit.
                if (!(method == "DELETE" && key == operatorKey))
                {
                    await Ask(method, path.Replace("{reservation_id}", "res_00000000000000000000", StringComparison.Ordinal), key, body);
                }
            }
        }
    }

    private async Task Dashboard(string[] keys, string keyHash)
    {
        foreach (var page in (string[])[.. DashboardPages, $"GrainState?grainId={keyHash}&grainType=Budgets.Keys.KeyGrain"])
        {
            foreach (var key in keys)
            {
                await Ask("GET", $"/dashboard/{page}", key, scheme: "Basic");
            }
        }
    }

    /// <summary>Keys that are well-formed and nobody's.</summary>
    private string[] Unknown()
    {
        string[] keys = [ApiKey.New(ApiKey.AgentPrefix), ApiKey.New(ApiKey.OperatorPrefix), ApiKey.New(ApiKey.MetricsPrefix)];
        Array.ForEach(keys, secrets.Add);
        return keys;
    }
}
