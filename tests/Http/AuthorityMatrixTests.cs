using Budgets.ApiHost.Auth;
using Budgets.ApiHost.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Http;

/// <summary>Every route that addresses an agent, asked by everybody there can be in a family: what api.md's table says, and nothing else.</summary>
[Collection(Api.Name)]
public sealed class AuthorityMatrixTests(Api api)
{
    private const string Both = """["manage","spend"]""";

    public static TheoryData<string> Methods => ["GET", "PATCH", "POST", "DELETE"];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Who_may_do_what_with_an_agent_of_a_family(string method)
    {
        var routes = (from endpoint in api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                      let route = endpoint.Metadata.GetMetadata<Described>()
                      where route?.Access is not null && route.Path.Contains("{agent_id}", StringComparison.Ordinal)
                      where endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0] == method
                      select route).ToList();
        routes.Should().NotBeEmpty();
        foreach (var route in routes)
        {
            var root = await api.NewAgent();
            var parent = await Family.Child(api, root);
            var child = await Family.Child(api, parent);
            var grandchild = await Family.Child(api, child);
            var key = (await child.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString()!;
            var path = route.Path.Replace("{agent_id}", child.Id, StringComparison.Ordinal)
                .Replace("{delivery_id}", route.Path.Contains("{delivery_id}", StringComparison.Ordinal) ? await Delivery(child) : "", StringComparison.Ordinal)
                .Replace("{child_id}", grandchild.Id, StringComparison.Ordinal)
                .Replace("{key_id}", key, StringComparison.Ordinal);

            // Those who may not come first: what the others do ends the family.
            (string Role, Party Party, Func<Access, int?> Refused)[] roles =
            [
                ("revoked key of the parent", await Revoked(parent), _ => 401),
                ("stranger", await api.NewAgent(), _ => 404),
                ("sibling", await Family.Child(api, parent), _ => 404),
                ("grandchild", grandchild, _ => 404),
                ("parent with spend only", await api.KeyFor(parent, """["spend"]"""), _ => 404),
                ("root with spend only", await api.KeyFor(root, """["spend"]"""), _ => 404),
                ("itself with spend only", await api.KeyFor(child, """["spend"]"""), a => a is Access.Read or Access.Spend ? null : 403),
                ("itself with manage only", await api.KeyFor(child, """["manage"]"""), a => a is Access.Read or Access.Manage ? null : 403),
                ("parent with manage only", await api.KeyFor(parent, """["manage"]"""), a => a is Access.Operator or Access.Spend ? 403 : null),
                ("itself", await api.KeyFor(child, Both), a => a is Access.Operator or Access.Above ? 403 : null),
                ("parent", parent, a => a == Access.Operator ? 403 : null),
                ("root", root, a => a == Access.Operator ? 403 : null),
                ("operator", api.Operator, _ => null),
            ];
            foreach (var (role, party, refused) in roles.OrderBy(r => r.Refused(route.Access!.Value) is null))
            {
                var answer = await party.Send(method, path, method is "POST" or "PATCH" ? new StringContent("{}", System.Text.Encoding.UTF8, "application/json") : null);
                var because = $"{role}: {method} {route.Path} ({route.Access}): {answer.Text}";
                if (refused(route.Access!.Value) is { } status)
                {
                    answer.Status.Should().Be(status, because);
                }
                else
                {
                    answer.Status.Should().BeOneOf([200, 201, 400], because);
                }
            }
        }
    }

    /// <summary>Routes without an agent in them are about the caller's own: what belongs to another is not there, however near it is.</summary>
    [Fact]
    public async Task What_another_agent_has_is_not_there_on_routes_of_ones_own()
    {
        var root = await api.NewAgent();
        var parent = await Family.Child(api, root);
        var child = await Family.Child(api, parent);
        var grandchild = await Family.Child(api, child);
        Agent[] others = [root, parent, await Family.Child(api, parent), grandchild, await api.NewAgent()];
        var reservation = await child.Reserved("1");
        var key = (await child.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString()!;
        var before = await child.Standing();
        var routes = (from endpoint in api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                      let route = endpoint.Metadata.GetMetadata<Described>()
                      where route?.Access is not null && !route.Path.Contains("{agent_id}", StringComparison.Ordinal)
                      where route.Path.Contains("{child_id}", StringComparison.Ordinal) || route.Path.Contains("{key_id}", StringComparison.Ordinal)
                          || route.Path.Contains("{reservation_id}", StringComparison.Ordinal)
                      select (Method: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], Route: route)).ToList();
        routes.Count.Should().BeGreaterThan(7);
        foreach (var (method, route) in routes)
        {
            var path = route.Path.Replace("{child_id}", grandchild.Id, StringComparison.Ordinal).Replace("{key_id}", key, StringComparison.Ordinal)
                .Replace("{reservation_id}", reservation, StringComparison.Ordinal);
            var body = route.Path.Split('/')[^1] switch
            {
                "commit" => """{"amount":1}""",
                "extend" => """{"extend_seconds":1}""",
                "{child_id}" => """{"monthly_budget":1}""",
                _ => "{}",
            };
            foreach (var other in others)
            {
                var answer = await other.Send(method, path, method is "POST" or "PATCH" ? new StringContent(body, System.Text.Encoding.UTF8, "application/json") : null);
                answer.Status.Should().Be(route.Access == Access.Operator ? 403 : 404, $"{method} {route.Path}: {answer.Text}");
            }
        }

        (await child.Standing()).Should().Be(before);
        (await grandchild.Get("/v1/agents/me"))["status"].GetString().Should().Be("active");
    }

    private static async Task<string> Delivery(Agent agent)
    {
        await agent.Post("/v1/agents/alerts", """{"email_human":"human@example.com"}""");
        return (await agent.Post("/v1/agents/alerts/test"))["deliveries"][0].GetProperty("id").GetString()!;
    }

    private async Task<Agent> Revoked(Agent agent)
    {
        var other = await api.KeyFor(agent, Both);
        var id = (await agent.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString();
        (await agent.Delete($"/v1/agents/keys/{id}")).Status.Should().Be(200);
        return other;
    }
}
