using System.Globalization;
using System.Text;
using Budgets.Tests.Couriers;
using Budgets.Tests.Http;

namespace Budgets.Tests.Seed;

/// <summary>Every piece of Python in the seed document runs unchanged but for URL and key, and does what the document says.</summary>
public sealed class SeedTests(SeedHost host) : IClassFixture<SeedHost>
{
    private Api Api => host.Api;

    [Fact]
    public async Task Limits_are_set_and_told()
    {
        var agent = await Api.NewAgent();

        var printed = await Run("01_limits.py", agent);

        printed.Should().Contain("'budget_configured': True").And.Contain("'daily': 25.0").And.Contain("'weekly': 150.0").And.Contain("'monthly': 500.0");
        (await agent.Get("/v1/agents/budget"))["hard_stop"].GetBoolean().Should().BeTrue();
    }

    /// <summary>"Agent receives warnings but can continue."</summary>
    [Fact]
    public async Task A_soft_limit_warns_and_goes_on()
    {
        var agent = await Api.NewAgent();
        (await Run("02_soft_limit.py", agent)).Trim().Should().Be("200");

        var warned = await agent.Charge("20.00");
        var beyond = await agent.Charge("10.00");

        warned["warnings"].GetArrayLength().Should().BePositive();
        (beyond.Status, beyond["warnings"].GetArrayLength()).Should().Be((201, 1));
    }

    /// <summary>"All API calls return 402 Payment Required. Agent must wait until next period or human increases limit."</summary>
    [Fact]
    public async Task A_hard_limit_blocks()
    {
        var agent = await Api.NewAgent();
        (await Run("03_hard_limit.py", agent)).Trim().Should().Be("200");
        await agent.Charge("24.00");

        (await agent.Charge("2.00")).Status.Should().Be(402);
        (await Api.Operator.Post($"/v1/agents/{agent.Id}/budget", """{"daily_limit":30}""")).Status.Should().Be(200);
        (await agent.Post("/v1/agents/budget", """{"daily_limit":30}""")).Status.Should().Be(200);
        (await agent.Charge("2.00")).Status.Should().Be(201);
    }

    /// <summary>What arrives at the webhook of the one snippet is what the other one handles.</summary>
    [Theory]
    [InlineData("20.00", "economy mode|True")]
    [InlineData("24.00", "economy mode|background tasks paused|human notified: Budget nearly depleted|True")]
    public async Task An_alert_arrives_and_is_handled(string spent, string handled)
    {
        await using var receiver = Receiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var agent = await Api.NewAgent("""{"daily_limit":25.00}""");
        await Run("06_alerts.py", agent, webhook: receiver.Url(path: ""));
        await agent.Charge(spent);
        var visit = await receiver.Next();
        await visit.WasRead;

        var payload = Convert.ToBase64String(visit.Body);
        var printed = await Run("07_webhook_handler.py", agent, then: $$"""
            import base64, json
            answer = app.handlers["/budget-webhook"](json.loads(base64.b64decode("{{payload}}")))
            print(answer["received"])
            """);

        visit.RequestLine.Should().StartWith("POST /budget-webhook ");
        printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Should().Equal(handled.Split('|'));
    }

    /// <summary>The document's own figures: 1,247 operations of three models for $18.45.</summary>
    [Fact]
    public async Task Usage_is_printed_as_in_the_sample()
    {
        var agent = await Api.NewAgent("""{"daily_limit":25.00}""");
        await Spend(agent, "claude-4-5-sonnet", 1_000, "0.0122");
        await Spend(agent, "dall-e-3", 240, "0.02");
        await Spend(agent, "gemini/gemini-2.5-flash", 6, "0.20");
        await Spend(agent, "gemini/gemini-2.5-flash", 1, "0.25");

        var printed = await Run("08_usage.py", agent);

        printed.Should().Contain("""
            Spent: $18.45
            Daily limit: $25.00
            Remaining: $6.55
            Operations: 1247
            Top Models:
            1. claude-4-5-sonnet - $12.20
            2. dall-e-3 - $4.80
            3. gemini/gemini-2.5-flash - $1.45
            Optimization Opportunity:
            """);
        printed.Should().NotContain("None", "where there is nothing to say, nothing is printed");
    }

    [Fact]
    public async Task Analytics_are_what_pandas_makes_of_them()
    {
        var agent = await Api.NewAgent();
        var spent = new List<decimal>();
        while (Today < new DateOnly(2026, 2, 26))
        {
            if (Today.Day is not (7 or 8))
            {
                await agent.Charge(string.Create(CultureInfo.InvariantCulture, $"{10 + (Today.Day * 7 % 13)}.25"));
            }

            spent.Add(Today.Day is 7 or 8 ? 0 : 10.25m + (Today.Day * 7 % 13));
            Api.Clock.Advance(TimeSpan.FromDays(1));
        }

        var printed = await Run("09_analytics.py", agent);

        spent.Should().HaveCount(25);
        printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            string.Create(CultureInfo.InvariantCulture, $"Average daily cost: ${spent.Average():F2}"),
            string.Create(CultureInfo.InvariantCulture, $"Peak day: 2026-02-{spent.IndexOf(spent.Max()) + 1:D2} (${spent.Max():F2})"),
            "Cheapest day: 2026-02-07 ($0.00)");
    }

    [Fact]
    public async Task Children_are_made_and_watched()
    {
        var parent = await Api.NewAgent("""{"monthly_limit":500.00}""");

        var printed = await Run("10_children.py", parent, parentKey: parent.Key, then: """
            requests.post(response.url.rsplit("/", 2)[0] + "/charges", headers={"Authorization": f"Bearer {children[0]['api_key']}"}, json={"amount": 25.00}).raise_for_status()
            """);
        var usage = await parent.Get("/v1/agents/children/usage");

        printed.Should().Contain("Total Budget: $450.0").And.Contain(" ResearchAgent: $0.00 / $100.00 (0%)").And.Contain(" MarketingAgent: $0.00 / $150.00 (0%)");
        usage["children"].EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("spent").GetDecimal())
            .Should().Equal(new Dictionary<string, decimal> { ["ResearchAgent"] = 25m, ["ContentAgent"] = 0m, ["MarketingAgent"] = 0m }, "each has a key of its own");
    }

    /// <summary>The models that it chooses have a price here under the names that it has for them.</summary>
    [Fact]
    public async Task The_models_that_are_chosen_are_known()
    {
        var agent = await Api.NewAgent();

        var printed = await Run("11_model_selection.py", agent, then: """
            class Measured(CostOptimizer):
                def evaluate_quality(self, result):
                    return result
            optimizer = Measured()
            for complexity in ["simple", "medium", "complex"]:
                print(optimizer.select_model(complexity))
            print(optimizer.fallback_if_needed(0.5, "gemini/gemini-2.5-flash"))
            print(optimizer.fallback_if_needed(0.9, "gemini/gemini-2.5-flash"))
            """);

        string[] chosen = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        chosen.Should().Equal("gemini/gemini-2.5-flash", "deepseek/deepseek-r1", "claude-4-5-sonnet", "deepseek/deepseek-r1", "gemini/gemini-2.5-flash");
        foreach (var model in chosen)
        {
            var charged = await agent.Post("/v1/charges", $$$"""{"model":"{{{model}}}","usage":{"input_tokens":1000,"output_tokens":100}}""");
            (charged.Status, charged.Dollars("charged") > 0).Should().Be((201, true), charged.Text);
        }
    }

    /// <summary>"Cost savings: 90% reduction in API overhead."</summary>
    [Fact]
    public async Task A_tenth_of_the_calls_is_charged_where_ten_go_in_one()
    {
        var agent = await Api.NewAgent();

        await Run("12_batching.py", agent);

        (await agent.Get("/v1/agents/usage"))["by_operation"].EnumerateArray().Select(o => (o.GetProperty("operation").GetString(), o.GetProperty("calls").GetInt32()))
            .Should().Equal(("process_single", 100), ("process_batch", 10));
    }

    /// <summary>"Cached, $0 cost."</summary>
    [Fact]
    public async Task What_a_cache_answers_is_charged_once()
    {
        var agent = await Api.NewAgent();

        await Run("13_caching.py", agent, then: "assert result1 == result2");

        var usage = await agent.Get("/v1/agents/usage");
        (usage["operation_count"].GetInt32(), usage.Dollars("amount_spent")).Should().Be((1, 0.01m));
    }

    private DateOnly Today => DateOnly.FromDateTime(Api.Clock.GetUtcNow().UtcDateTime);

    private Task<string> Run(string snippet, Agent agent, string? parentKey = null, string webhook = "", string then = "") =>
        Snippets.Run(snippet, Api.Address, agent.Key, parentKey, webhook, then);

    private static async Task Spend(Agent agent, string model, int calls, string each)
    {
        var body = new StringBuilder("""{"charges":[""").AppendJoin(',', Enumerable.Repeat($$"""{"amount":{{each}},"model":"{{model}}"}""", calls)).Append("]}");
        var answer = await agent.Post("/v1/charges", body.ToString());
        answer.Status.Should().Be(200, answer.Text);
    }
}
