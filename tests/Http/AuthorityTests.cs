using System.Text.RegularExpressions;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Http;

/// <summary>Who may do what, over every route there is.</summary>
[Collection(Api.Name)]
public sealed partial class AuthorityTests(Api api)
{
    private IEnumerable<(string Method, Described Route)> Guarded =>
        from endpoint in api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let route = endpoint.Metadata.GetMetadata<Described>()
        where route?.Access is not null
        select (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], route);

    /// <summary>The dashboard has none of its own: a route of it that we forgot would be open to all.</summary>
    [Fact]
    public void Every_route_is_behind_the_door_but_health_and_the_contract()
    {
        var all = api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(e => e.RoutePattern.RawText!);

        all.Except(Guarded.Select(g => g.Route.Path)).Should().BeEquivalentTo("/health/live", "/health/ready", "/openapi/v1.json", "/v1/stripe/webhook", "/approve/{token}");
        Guarded.Count(g => g.Route.Path.StartsWith("/dashboard", StringComparison.Ordinal)).Should().BeGreaterThan(15);
    }

    [Fact]
    public async Task Without_a_valid_key_every_route_answers_the_same_401()
    {
        var agent = await api.NewAgent();
        var revoked = await Revoked(agent);
        string?[] keys =
        [
            null, "", "abk_", agent.Key![..^1], agent.Key + "0", Flipped(agent.Key), ApiKey.New(ApiKey.AgentPrefix), ApiKey.New(ApiKey.OperatorPrefix),
            revoked.Key, agent.Key.Replace("abk_", "abo_", StringComparison.Ordinal), agent.Key.ToUpperInvariant(), "' OR 1=1 --",
        ];
        var seen = new HashSet<(Type? Form, string Text)>();

        foreach (var (method, route) in Guarded)
        {
            foreach (var key in keys)
            {
                var answer = await Ask(api.With(key), method, route.Path, agent);
                answer.Status.Should().Be(401, $"{method} {route.Path} with '{key}'");
                seen.Add((route.Accent?.GetType(), answer.Text));
            }
        }

        seen.Select(s => s.Form).Should().OnlyHaveUniqueItems("every form of an error says it in one way").And.HaveCount(4);
    }

    [Fact]
    public async Task Another_partys_agent_is_not_there_on_any_route()
    {
        var agent = await api.NewAgent();
        var other = await api.NewAgent();
        var before = await other.Standing();

        foreach (var (method, route) in Guarded.Where(g => g.Route.Path.Contains("{agent_id}", StringComparison.Ordinal)))
        {
            (await Ask(agent, method, route.Path, other)).Status.Should().Be(404, $"{method} {route.Path}");
        }

        (await other.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task A_key_without_the_scope_is_forbidden_on_its_own_agent()
    {
        var agent = await api.NewAgent();
        var parties = new Dictionary<Access, Agent[]>
        {
            [Access.Operator] = [agent],
            [Access.Manage] = [await api.KeyFor(agent, """["spend"]""")],
            [Access.Spend] = [await api.KeyFor(agent, """["manage"]""")],
            [Access.Above] = [agent],
            [Access.Read] = [],
            [Access.Anyone] = [],
        };
        var before = await agent.Standing();

        foreach (var (method, route) in Guarded)
        {
            foreach (var party in parties[route.Access!.Value])
            {
                var answer = await Ask(party, method, route.Path, agent);
                (answer.Status, answer.Code).Should().Be((403, "forbidden"), $"{method} {route.Path}");
            }
        }

        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task An_agent_that_never_was_is_not_there_for_the_operator_either()
    {
        var ghost = new Agent(new HttpClient(), "", Base62.Random(AgentId.Prefix, 20));
        foreach (var (method, route) in Guarded.Where(g => g.Route.Path.Contains("{agent_id}", StringComparison.Ordinal)))
        {
            var answer = await Ask(api.Operator, method, route.Path, ghost, WellFormed(method, route.Path));
            answer.Status.Should().Be(404, $"{method} {route.Path}: {answer.Text}");
        }
    }

    [Fact]
    public async Task A_manage_key_never_mints_a_wider_or_longer_one()
    {
        var agent = await api.NewAgent();
        var until = api.Clock.GetUtcNow().AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var later = api.Clock.GetUtcNow().AddHours(2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var minted = await api.Operator.Post($"/v1/agents/{agent.Id}/keys", $$"""{"scopes":["manage"],"expires_at":"{{until}}"}""");
        var manager = api.With(minted["api_key"].GetString());

        (await manager.Post("/v1/agents/keys", $$"""{"scopes":["spend"],"expires_at":"{{until}}"}""")).FaultyFields.Should().Equal("scopes");
        (await manager.Post("/v1/agents/keys", """{"scopes":["manage"]}""")).FaultyFields.Should().Equal("expires_at");
        (await manager.Post("/v1/agents/keys", $$"""{"scopes":["manage"],"expires_at":"{{later}}"}""")).Status.Should().Be(403);
        (await manager.Post("/v1/agents/keys", $$"""{"scopes":["manage"],"expires_at":"{{until}}"}""")).Status.Should().Be(201);
        (await agent.Post("/v1/agents/keys", """{"scopes":["manage"],"expires_at":"2020-01-01T00:00:00Z"}""")).Status.Should().Be(400);
        (await agent.Post("/v1/agents/keys", """{"scopes":["operator"]}""")).FaultyFields.Should().Equal("scopes");
    }

    [Fact]
    public async Task An_expired_key_is_nobodys()
    {
        var agent = await api.NewAgent();
        var until = api.Clock.GetUtcNow().AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var key = (await agent.Post("/v1/agents/keys", $$"""{"scopes":["spend"],"expires_at":"{{until}}"}"""))["api_key"].GetString();
        (await api.With(key).Get("/v1/agents/me")).Status.Should().Be(200);

        api.Clock.Advance(TimeSpan.FromMinutes(2));

        (await api.With(key).Get("/v1/agents/me")).Status.Should().Be(401);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_from_the_next_request_on()
    {
        var agent = await api.NewAgent();
        var spender = await api.KeyFor(agent, """["spend"]""");
        (await spender.Get("/v1/agents/me"))["scopes"].GetRawText().Should().Be("""["spend"]""");

        (await agent.Get("/v1/agents/keys"))["data"].GetArrayLength().Should().Be(2);
        var id = (await agent.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString();
        var revoked = await agent.Delete($"/v1/agents/keys/{id}");

        revoked["revoked_at"].GetDateTimeOffset().Should().Be(api.Clock.GetUtcNow());
        (await spender.Get("/v1/agents/me")).Status.Should().Be(401);
        (await agent.Delete($"/v1/agents/keys/{id}")).Status.Should().Be(200, "revoking twice is fine");
        (await agent.Delete("/v1/agents/keys/key_00000000000000000000")).Status.Should().Be(404);
    }

    [Fact]
    public async Task A_key_revoked_on_another_host_is_refused_here_within_five_seconds()
    {
        var agent = await api.NewAgent();
        (await agent.Get("/v1/agents/me")).Status.Should().Be(200, "this host remembers the key now");
        var ring = api.App.Services.GetRequiredService<Orleans.IGrainFactory>().GetGrain<IKeyRingGrain>(agent.Id);
        await ring.Revoke((await ring.List()).Single().Id);

        api.Clock.Advance(TimeSpan.FromSeconds(5));

        (await agent.Get("/v1/agents/me")).Status.Should().Be(401);
    }

    [Fact]
    public async Task A_closed_agent_has_no_keys_and_takes_nothing_new()
    {
        var agent = await api.NewAgent();

        (await api.Operator.Delete($"/v1/agents/{agent.Id}"))["status"].GetString().Should().Be("closed");

        (await agent.Charge("1")).Status.Should().Be(401);
        (await api.Operator.Post($"/v1/agents/{agent.Id}/keys", """{"scopes":["spend"]}""")).Code.Should().Be("agent_closed");
        (await api.Operator.Post($"/v1/agents/{agent.Id}/budget", """{"daily_limit":1}""")).Status.Should().Be(410);
        (await api.Operator.Delete($"/v1/agents/{agent.Id}")).Status.Should().Be(200, "closing twice is fine");
    }

    [Fact]
    public async Task A_frozen_agent_spends_nothing_until_it_is_unfrozen()
    {
        var agent = await api.NewAgent();
        await api.Operator.Post($"/v1/agents/{agent.Id}/freeze", """{"reason":"night"}""");

        (await agent.Charge("1"))["frozen_reason"].GetString().Should().Be("night");
        (await agent.Get("/v1/agents/me"))["status"].GetString().Should().Be("frozen");
        await api.Operator.Post($"/v1/agents/{agent.Id}/unfreeze");

        (await agent.Charge("1")).Status.Should().Be(201);
    }

    private async Task<Agent> Revoked(Agent agent)
    {
        var other = await api.KeyFor(agent, """["spend"]""");
        var id = (await agent.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString();
        await agent.Delete($"/v1/agents/keys/{id}");
        return other;
    }

    private static string Flipped(string key) => key[..10] + (key[10] == 'A' ? 'B' : 'A') + key[11..];

    private static Task<Answer> Ask(Party party, string method, string path, Agent about, string body = "{}")
    {
        var full = path.Replace("{agent_id}", about.Id, StringComparison.Ordinal)
            .Replace("{key_id}", "key_00000000000000000000", StringComparison.Ordinal)
            .Replace("{child_id}", "agent_00000000000000000000", StringComparison.Ordinal)
            .Replace("{reservation_id}", "res_00000000000000000000", StringComparison.Ordinal)
            .Replace("{model_id}", "nobodys-model", StringComparison.Ordinal);
        full = OtherParameter().Replace(full, "1");
        return method is "POST" or "PATCH" or "PUT"
            ? party.Send(method, full, new StringContent(body, System.Text.Encoding.UTF8, "application/json"))
            : party.Send(method, full, null);
    }

    private static string WellFormed(string method, string path) => (method, path.Split('/')[^1]) switch
    {
        ("POST", "freeze") => """{"reason":"r"}""",
        ("POST", "credits") => """{"amount":1,"idempotency_key":"k"}""",
        ("POST", "auto-recharge") => """{"enabled":true,"recharge_amount":1,"trigger_threshold":1}""",
        ("POST", "keys") => """{"scopes":["spend"]}""",
        ("POST", "create-child") => """{"child_name":"n"}""",
        ("POST", "runs") => """{"name":"n","budget":1,"expires_in_seconds":60}""",
        ("POST", "reconcile") => """{"rows":[{"model":"m","date":"2026-03-01","cost":1}]}""",
        ("POST", "move") => """{"parent_id":"agent_00000000000000000000"}""",
        ("POST", "feedback") => """{"reservation_id":"gwr_00000000000000000000","quality":1}""",
        ("PATCH", "children") => """{"allow_overcommit":true}""",
        ("PATCH", "{child_id}") => """{"monthly_budget":1}""",
        ("PATCH", _) => """{"name":"n"}""",
        _ => "{}",
    };

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex OtherParameter();
}
