using System.Net.Http.Headers;
using System.Text;
using Budgets.ApiHost.OpenApi;
using CsCheck;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Budgets.Tests.Http;

/// <summary>Whatever is sent to whichever route: never a 500, and a 4xx never has an effect. A failure prints its CsCheck seed.</summary>
[Collection(Api.Name)]
public sealed class HostileInputTests(Api api, ITestOutputHelper output)
{
    private const int Requests = 4_000;

    /// <summary>One request: everything about it, as data, so that a failure can be read and sent again.</summary>
    /// <param name="Route">The route that it is meant for; what is in its place may lead elsewhere.</param>
    private sealed record Attack(string Method, string Route, string Path, string? Key, string Header, string HeaderValue, string ContentType, byte[] Body)
    {
        public override string ToString() =>
            $"{Method} {Short(Path)} {Header}: {Short(HeaderValue)} {ContentType} [{Body.Length}] {Short(Encoding.UTF8.GetString(Body))} {(Key is null ? "no key" : Short(Key))}";

        private static string Short(string text) => text.Length <= 300 ? text : $"{text[..300]}… ({text.Length})";
    }

    [Fact]
    public async Task Never_a_500_and_a_4xx_never_has_an_effect()
    {
        var target = await Target();
        var tally = new SortedDictionary<int, int>();
        var standing = await Standing(target.Agent);
        var providers = api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Described>()?.Accent is not null).Select(e => Named(MethodOf(e), e.RoutePattern.RawText!)).ToHashSet();

        await Attacks(() => target).SampleAsync(async attack =>
        {
            var answer = await Send(attack);
            tally[answer.Status] = tally.GetValueOrDefault(answer.Status) + 1;
            answer.Status.Should().BeLessThan(500, $"{attack} answered {answer.Text}");
            if (answer.Status < 300)
            {
                target = await CanSpend(target.Agent) ? target : await Target();
                standing = await Standing(target.Agent);
                return;
            }

            // What is no HTTP (a zero byte in the path, 8 KiB of it, 32 KiB of headers) never comes as far as us: Kestrel answers without a body.
            if (answer.Bytes.Length > 0 || answer.Status is not (400 or 414 or 431))
            {
                var isProviders = providers.Contains(Named(attack.Method, attack.Route)) && (answer.MediaType == "application/json" || !attack.Route.Contains('{', StringComparison.Ordinal));
                answer.MediaType.Should().Be(isProviders ? "application/json" : "application/problem+json", $"{attack} answered {answer.Status}");
                answer.Code.Should().NotBeNullOrEmpty();
            }

            (await Standing(target.Agent)).Should().Be(standing, $"{attack} answered {answer.Status}");
        }, iter: Requests, threads: 1);

        output.WriteLine(string.Join(", ", tally.Select(t => $"{t.Key}: {t.Value}")));
        tally.Keys.Should().Contain([200, 201, 400, 401, 402, 403, 404, 413, 415], "an attack that never gets past the door attacks nothing");
    }

    /// <summary>What the attacks are aimed at.</summary>
    private async Task<(Agent Agent, string Reservation)> Target()
    {
        var agent = await api.NewAgent("""{"daily_limit":1000}""");
        return (agent, await agent.Reserved("1.00"));
    }

    /// <summary>A limit of nothing, say, is a good request, and leaves an agent of which the rest of the attacks would get no more than refusals.</summary>
    private static async Task<bool> CanSpend(Agent agent) =>
        (await agent.Post("/v1/decide", """{"amount":0.01}""")) is { Status: 200 } decided && decided["decision"].GetString() == "allow";

    /// <summary>All that an attack could change: the budget and its ledger, the agent's keys, the list of agents, the operator's prices.</summary>
    private async Task<string> Standing(Agent agent) =>
        $"{await agent.Standing()} {(await agent.Get("/v1/agents/keys")).Text} {(await api.Operator.Get("/v1/agents?limit=1")).Text} "
        + (await api.App.Services.GetRequiredService<Orleans.IGrainFactory>().GetGrain<IPricesGrain>(0).Since(-1)).Number;

    private async Task<Answer> Send(Attack attack)
    {
        var content = attack.Method is "GET" or "DELETE" ? null : new ByteArrayContent(attack.Body);
        content?.Headers.TryAddWithoutValidation("Content-Type", attack.ContentType);
        return await api.With(attack.Key).Send(attack.Method, attack.Path, content, request =>
        {
            // What Kestrel refuses by its first line is answered before a long body is sent, or the connection breaks under it.
            request.Headers.ExpectContinue = attack.Body.Length > 1 << 14;
            request.Headers.TryAddWithoutValidation(attack.Header, attack.HeaderValue);
        });
    }

    private Gen<Attack> Attacks(Func<(Agent Agent, string Reservation)> target)
    {
        var routes = api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<Described>()?.Access is not null && e.Metadata.GetMetadata<Described>()!.Id is not ("closeAgent" or "revokeKey" or "revokeKeyOfOwnAgent" or "freezeAgent"))
            .Select(e => (Method: MethodOf(e), Path: e.RoutePattern.RawText!)).ToArray();
        var spending = routes.Where(r => r.Path is "/v1/charges" or "/v1/reservations").ToArray();
        var agentId = Gen.OneOf(Gen.Const(() => target().Agent.Id), Hostile.Text.Select(Uri.EscapeDataString));
        var modelId = Gen.OneOf(Gen.OneOf("hostile-1", "hostile%2F2", "%2F", "%252f", "..%2f.."), Hostile.Text.Select(Uri.EscapeDataString));
        var reservationId = Gen.OneOf(Gen.Const(() => target().Reservation), Hostile.Text.Select(Uri.EscapeDataString));
        var key = Gen.Frequency((6, Gen.Const(() => target().Agent.Key)), (3, Gen.Const<string?>(api.Operator.Key)), (1, Hostile.Key(target().Agent.Key!)));
        var header = Gen.Select(Gen.OneOf("Idempotency-Key", "Accept", "If-Match", "X-Forwarded-For", "Range", "Content-Encoding", "traceparent", "Cookie"), Hostile.HeaderValue);
        var contentType = Gen.Frequency((12, Gen.Const("application/json")), (1, Gen.OneOf("text/plain", "", "application/json; charset=latin1", ";;;", "application/*")));
        var aim = Gen.Frequency((4, Gen.Select(Gen.OneOf(routes), Hostile.Body)), (1, Gen.Select(Gen.OneOf(spending), Gen.OneOf(Hostile.Body, Hostile.Spending))));
        return Gen.Select(aim, agentId, Gen.Select(reservationId, modelId), key, header, contentType, Hostile.QueryString)
            .Select((aimed, a, ids, k, h, type, query) =>
            {
                var ((method, route), body) = aimed;
                var path = route.Replace("{agent_id}", a, StringComparison.Ordinal).Replace("{reservation_id}", ids.Item1, StringComparison.Ordinal)
                    .Replace("{page:int}", ids.Item1, StringComparison.Ordinal).Replace("{model_id}", ids.Item2, StringComparison.Ordinal);
                return Sendable(new Attack(method, route, path + query, k, h.Item1, h.Item2, type, body));
            });
    }

    private static string MethodOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];

    private static string Named(string method, string route) => $"{method} {route}";

    // A path that is too long is answered before the body is looked at, and whoever is still writing one finds the connection closed.
    private static Attack Sendable(Attack attack) => attack.Path.Length < 8_000 ? attack : attack with { Body = [] };
}
