using System.Text.Json;
using Budgets.ApiHost.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Http;

/// <summary>The OpenAPI document is the contract: it has every route, and what is answered has the shapes it promises.</summary>
[Collection(Api.Name)]
public sealed class ContractTests(Api api)
{
    [Fact]
    public async Task Every_route_is_in_the_document_and_nothing_else_is_mapped_but_the_dashboard()
    {
        var document = await Document();
        var mapped = api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => !e.RoutePattern.RawText!.StartsWith("/dashboard", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {e.RoutePattern.RawText}"));
        var documented = document.Root.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}"));

        document.Root.GetProperty("openapi").GetString().Should().StartWith("3.1");
        mapped.Should().BeEquivalentTo(documented).And.HaveCountGreaterThan(30);
    }

    [Fact]
    public async Task Every_operation_says_who_may_what_it_takes_and_how_it_ends()
    {
        var ids = new List<string?>();
        foreach (var (path, method, operation) in Operations(await Document()))
        {
            ids.Add(operation.GetProperty("operationId").GetString());
            operation.GetProperty("summary").GetString().Should().NotBeNullOrEmpty();
            operation.GetProperty("responses").EnumerateObject().Should().Contain(r => r.Name.StartsWith('2'), $"{method} {path}");
            var isOpen = path.StartsWith("/health", StringComparison.Ordinal) || path.StartsWith("/openapi", StringComparison.Ordinal)
                || path.StartsWith("/approve", StringComparison.Ordinal) || path == "/v1/stripe/webhook";
            (operation.GetProperty("security").GetArrayLength() == 0).Should().Be(isOpen, $"{method} {path}");
            if (!isOpen)
            {
                operation.GetProperty("responses").EnumerateObject().Select(r => r.Name).Should().Contain("401").And.Contain("503");
            }

            foreach (var name in path.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}')))
            {
                operation.GetProperty("parameters").EnumerateArray().Should().Contain(p => p.GetProperty("name").GetString() == name);
            }
        }

        ids.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Every_answer_has_the_shape_it_promises()
    {
        var document = await Document();
        var agent = await api.NewAgent("""{"daily_limit":25.00,"alert_at_50_percent":true}""");
        var id = await agent.Reserved("5.00");
        var other = await agent.Reserved("5.00");
        var key = (await agent.Get("/v1/agents/keys"))["data"][0].GetProperty("key_id").GetString();
        async Task Check(string method, string path, string route, string? body = null, Party? party = null)
        {
            var answer = await (party ?? agent).Send(method, path, body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
            var faults = document.Faults(answer, method, route);
            faults.Should().BeEmpty($"{method} {path} answers {answer.Status} {answer.Text}");
        }

        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":12.60,"model":"m"}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":100}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":-100}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"charges":[{"amount":0.10},{"amount":100}]}""");
        await Check("POST", "/v1/reservations", "/v1/reservations", """{"amount":0.10,"idempotency_key":"r"}""");
        await Check("GET", $"/v1/reservations/{id}", "/v1/reservations/{reservation_id}");
        await Check("POST", $"/v1/reservations/{id}/extend", "/v1/reservations/{reservation_id}/extend", """{"extend_seconds":5}""");
        await Check("POST", $"/v1/reservations/{id}/commit", "/v1/reservations/{reservation_id}/commit", """{"amount":0.10}""");
        await Check("POST", $"/v1/reservations/{id}/commit", "/v1/reservations/{reservation_id}/commit", """{"amount":0.20}""");
        await Check("POST", $"/v1/reservations/{other}/release", "/v1/reservations/{reservation_id}/release");
        await Check("POST", "/v1/decide", "/v1/decide", """{"amount":0.10}""");
        await Check("POST", "/v1/decide", "/v1/decide", """{"amount":100}""");
        await Check("POST", "/v1/agents/batch", "/v1/agents/batch", """{"requests":[{"url":"/v1/chat/completions"}]}""");
        await Check("POST", "/v1/agents/batch", "/v1/agents/batch", """{"requests":[{"url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[]}}]}""");
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"weekly_limit":100}""");
        await Check("GET", "/v1/agents/budget", "/v1/agents/budget");
        await Check("GET", $"/v1/agents/{agent.Id}/budget", "/v1/agents/{agent_id}/budget", party: api.Operator);
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"on_unknown_price":{"input_per_million":1,"output_per_million":5}}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"model":"gpt-5","usage":{"input_tokens":10,"cache_write_tokens":2,"cache_write_1h_tokens":1,"batch":true}}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"model":"gpt-5","usage":{"output_tokens":100000000}}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"model":"gpt-5","usage":{"cache_read_tokens":1,"input_tokens":0}}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"charges":[{"model":"gpt-5","usage":{"input_tokens":10}},{"model":"dall-e-3","usage":{"images":1,"output_tokens":1}}]}""");
        await Check("POST", "/v1/reservations", "/v1/reservations", """{"model":"gpt-5","usage":{"input_tokens":10}}""");
        await Check("POST", "/v1/decide", "/v1/decide", """{"model":"gpt-5","usage":{"input_tokens":10}}""");
        await Check("GET", "/v1/models?limit=100", "/v1/models");
        await Check("GET", "/v1/models/gpt-5", "/v1/models/{model_id}");
        await Check("GET", "/v1/models/never-heard-of", "/v1/models/{model_id}");
        await Check("PUT", "/v1/models/of-the-contract", "/v1/models/{model_id}", """{"input_per_million":1,"tiers":[{"above_input_tokens":5,"input_per_million":2}]}""", api.Operator);
        await Check("PUT", "/v1/models/of-the-contract", "/v1/models/{model_id}", """{"input_per_million":-1}""", api.Operator);
        await Check("DELETE", "/v1/models/of-the-contract", "/v1/models/{model_id}", party: api.Operator);
        await Check("DELETE", "/v1/models/never-set", "/v1/models/{model_id}", party: api.Operator);
        await Check("GET", "/v1/agents/usage", "/v1/agents/usage");
        foreach (var group in (string[])["day", "week", "month", "model", "operation", "tag", "hour", "child"])
        {
            await Check("GET", $"/v1/agents/analytics?group_by={group}", "/v1/agents/analytics");
        }

        await Check("GET", "/v1/agents/analytics?group_by=minute", "/v1/agents/analytics");
        await Check("GET", "/v1/agents/ledger/verify", "/v1/agents/ledger/verify");
        await Check("GET", $"/v1/agents/{agent.Id}/ledger/verify", "/v1/agents/{agent_id}/ledger/verify", party: api.Operator);
        await Check("GET", "/v1/agents/ledger", "/v1/agents/ledger");
        await Check("GET", "/v1/agents/optimization", "/v1/agents/optimization");
        await Check("POST", "/v1/agents/budget/preview", "/v1/agents/budget/preview", """{"daily_limit":1}""");
        await Check("POST", "/v1/agents/budget/preview", "/v1/agents/budget/preview", """{"daily_limit":-1}""");
        await Check("POST", "/v1/agents/reconcile", "/v1/agents/reconcile", """{"rows":[{"model":"gpt-5","date":"2026-03-01","cost":1,"input_tokens":5}]}""");
        await Check("POST", "/v1/agents/reconcile", "/v1/agents/reconcile", """{"rows":[]}""");
        await Check("GET", "/v1/agents/me", "/v1/agents/me");
        await Check("PATCH", $"/v1/agents/{agent.Id}", "/v1/agents/{agent_id}", """{"metadata":{"a":"b"}}""");
        await Check("POST", "/v1/agents/keys", "/v1/agents/keys", """{"scopes":["spend"],"label":"l"}""");
        await Check("GET", "/v1/agents/keys", "/v1/agents/keys");
        await Check("DELETE", $"/v1/agents/keys/key_00000000000000000000", "/v1/agents/keys/{key_id}");
        await Check("POST", "/v1/agents", "/v1/agents", """{"name":"n"}""", api.Operator);
        await Check("GET", "/v1/agents", "/v1/agents", party: api.Operator);
        await Check("POST", $"/v1/agents/{agent.Id}/freeze", "/v1/agents/{agent_id}/freeze", """{"reason":"r"}""", api.Operator);
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":0.01}""");
        await Check("POST", $"/v1/agents/{agent.Id}/unfreeze", "/v1/agents/{agent_id}/unfreeze", party: api.Operator);
        await Check("POST", "/v1/agents/create-child", "/v1/agents/create-child", """{"child_name":"c","monthly_budget":100.00,"budget_overrun_policy":"alert"}""");
        await Check("POST", "/v1/agents/create-child", "/v1/agents/create-child", "{}");
        var child = await Family.Child(api, agent);
        await Family.Child(api, child);
        await Check("POST", "/v1/agents/approvals/request", "/v1/agents/approvals/request", ApprovalTests.Request("a", 5));
        await Check("POST", "/v1/agents/approvals/request", "/v1/agents/approvals/request", "{}");
        var asked = (await agent.Post("/v1/agents/approvals/request", ApprovalTests.Request("b")))["approval_id"].GetString();
        await Check("POST", "/v1/agents/approvals/request", "/v1/agents/approvals/request", ApprovalTests.Request("b"));
        await Check("GET", $"/v1/agents/approvals/{asked}", "/v1/agents/approvals/{approval_id}");
        await Check("GET", "/v1/approvals", "/v1/approvals", party: api.Operator);
        await Check("POST", $"/v1/approvals/{asked}/approve", "/v1/approvals/{approval_id}/approve", "{}");
        await Check("POST", $"/v1/approvals/{asked}/approve", "/v1/approvals/{approval_id}/approve", """{"amount":5,"note":"n"}""", api.Operator);
        await Check("POST", $"/v1/approvals/{asked}/deny", "/v1/approvals/{approval_id}/deny", """{"denial_reason":"no"}""", api.Operator);
        await Check("POST", $"/v1/approvals/{asked}/cancel", "/v1/approvals/{approval_id}/cancel");
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"approval_threshold":1}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":2}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"charges":[{"amount":2}]}""");
        await Check("POST", "/v1/decide", "/v1/decide", """{"amount":2}""");
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"approval_threshold":null}""");
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"hold_mode":"strict"}""");
        await Check("POST", "/v1/agents/budget", "/v1/agents/budget", """{"hold_mode":"expected"}""");
        await Check("POST", "/v1/agents/runs", "/v1/agents/runs", """{"name":"r","budget":0.10,"expires_in_seconds":60,"max_depth":0}""");
        await Check("POST", "/v1/agents/runs", "/v1/agents/runs", """{"name":"r","budget":1000,"expires_in_seconds":60}""");
        await Check("GET", "/v1/agents/children/usage?depth=2", "/v1/agents/children/usage");
        await Check("PATCH", "/v1/agents/children", "/v1/agents/children", """{"allow_overcommit":false}""");
        await Check("PATCH", $"/v1/agents/children/{child.Id}", "/v1/agents/children/{child_id}", """{"daily_budget":1000}""");
        await Check("PATCH", $"/v1/agents/children/{child.Id}", "/v1/agents/children/{child_id}", """{"daily_budget":10}""");
        await Check("POST", $"/v1/agents/children/{child.Id}/move", "/v1/agents/children/{child_id}/move", $$"""{"parent_id":"{{child.Id}}"}""", api.Operator);
        await Check("POST", $"/v1/agents/children/{child.Id}/move", "/v1/agents/children/{child_id}/move", $$"""{"parent_id":"{{agent.Id}}"}""", api.Operator);
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":20}""", child);
        await Check("GET", "/v1/agents/forecast", "/v1/agents/forecast");
        await Check("GET", "/v1/agents/balance", "/v1/agents/balance");
        await Check("GET", "/v1/agents/balance", "/v1/agents/balance", party: child);
        await Check("GET", "/v1/agents/auto-recharge", "/v1/agents/auto-recharge");
        await Check("POST", "/v1/agents/auto-recharge", "/v1/agents/auto-recharge", """{"enabled":true}""");
        await Check("POST", "/v1/agents/auto-recharge", "/v1/agents/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100,"max_recharge_amount":null}""", child);
        var credit = await agent.Post("/v1/agents/credits", """{"amount":5,"idempotency_key":"contract"}""");
        document.Faults(credit, "POST", "/v1/agents/credits").Should().BeEmpty(credit.Text);
        await Check("POST", "/v1/agents/credits", "/v1/agents/credits", """{"amount":5}""");
        await Check("GET", "/v1/agents/balance", "/v1/agents/balance");
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":5.01}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"charges":[{"amount":5.01}]}""");
        await Check("POST", "/v1/charges", "/v1/charges", """{"amount":5.01}""", child);
        await Check("POST", "/v1/decide", "/v1/decide", """{"amount":5.01}""");
        await Check("POST", "/v1/agents/auto-recharge", "/v1/agents/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100,"payment_method":"pm"}""");
        await Check("POST", $"/v1/agents/{agent.Id}/auto-recharge", "/v1/agents/{agent_id}/auto-recharge", """{"enabled":true,"trigger_threshold":10,"recharge_amount":100,"payment_method":"pm_card_chargeDeclined"}""", api.Operator);
        await Check("GET", "/v1/agents/auto-recharge/history", "/v1/agents/auto-recharge/history");
        await Check("POST", "/v1/agents/auto-recharge/resume", "/v1/agents/auto-recharge/resume", """{"additional_recharges":1}""");
        await Check("GET", $"/v1/agents/{agent.Id}/auto-recharge", "/v1/agents/{agent_id}/auto-recharge", party: api.Operator);
        await Check("GET", "/v1/agents/usage", "/v1/agents/usage");
        await Check("GET", "/v1/agents/ledger", "/v1/agents/ledger");
        await Check("DELETE", $"/v1/agents/children/{child.Id}", "/v1/agents/children/{child_id}");
        await Check("DELETE", $"/v1/agents/{agent.Id}/keys/{key}", "/v1/agents/{agent_id}/keys/{key_id}", party: api.Operator);
        await Check("GET", "/v1/agents/me", "/v1/agents/me");
        await Check("DELETE", $"/v1/agents/{agent.Id}", "/v1/agents/{agent_id}", party: api.Operator);
        await Check("POST", "/v1/feedback", "/v1/feedback", """{"reservation_id":"gwr_0123456789abcdefghij","quality":1}""");
        await Check("POST", "/v1/feedback", "/v1/feedback", """{"reservation_id":"gwr_0123456789abcdefghij","quality":2}""");
        await Check("GET", "/health/live", "/health/live");
        await Check("GET", "/health/ready", "/health/ready");
    }

    private async Task<OpenApiContract> Document() => new((await api.Nobody.Get("/openapi/v1.json")).Json);

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(OpenApiContract document) =>
        from path in document.Root.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Name, operation.Value);
}
