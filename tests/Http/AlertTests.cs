using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Budgets.Tests.Couriers;

namespace Budgets.Tests.Http;

/// <summary>Who is told what of a budget, over REST and with a receiver that is really called.</summary>
[Collection(Api.Name)]
public sealed class AlertTests(Api api)
{
    // Hangs up after each: a connection that is kept might be used again while it closes.
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task The_seeds_call_is_answered_with_what_is_told_and_the_secret_once()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");

        var set = await agent.Post("/v1/agents/alerts", """
            {"alert_at_50_percent":true,"alert_at_80_percent":true,"alert_at_95_percent":true,"webhook_url":"https://your-agent.com/budget-webhook","email_human":"human@company.com"}
            """);

        set.Status.Should().Be(200, set.Text);
        set["alerts_configured"].GetBoolean().Should().BeTrue();
        set["webhook_secret"].GetString().Should().StartWith("whsec_");
        (set["webhook"].GetString(), set["email"].GetString()).Should().Be(("active", "not_configured"), "this host has no SMTP server, and says so");
        set.Headers.CacheControl!.NoStore.Should().BeTrue();
        var again = await agent.Get("/v1/agents/alerts");
        again.Json.TryGetProperty("webhook_secret", out _).Should().BeFalse();
        again["thresholds"].GetRawText().Should().Be("[50,80,95]");
        (await agent.Get("/v1/agents/budget"))["alert_at_80_percent"].GetBoolean().Should().BeTrue();
    }

    /// <summary>The payload of the seed, member by member.</summary>
    [Fact]
    public async Task A_threshold_arrives_once_signed_and_with_the_seeds_payload()
    {
        await using var receiver = Receiver.Answering(Ok);
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        var secret = (await agent.Post("/v1/agents/alerts", $$"""{"alert_at_80_percent":true,"webhook_url":"{{receiver.Url()}}"}"""))["webhook_secret"].GetString()!;

        await agent.Post("/v1/charges", """{"amount":12.00,"model":"claude-4-5-sonnet"}""");
        await agent.Post("/v1/charges", """{"amount":8.00,"model":"dall-e-3"}""");
        var visit = await Read(receiver);

        IsSigned(visit, secret).Should().BeTrue();
        var payload = JsonDocument.Parse(visit.Body).RootElement;
        payload.GetProperty("alert_type").GetString().Should().Be("budget_warning");
        payload.GetProperty("agent_id").GetString().Should().Be(agent.Id);
        payload.GetProperty("limit_type").GetString().Should().Be("daily");
        payload.GetProperty("limit_amount").GetRawText().Should().Be("25.00");
        payload.GetProperty("amount_spent").GetRawText().Should().Be("20.00");
        payload.GetProperty("percent_used").GetRawText().Should().Be("80");
        payload.GetProperty("amount_remaining").GetRawText().Should().Be("5.00");
        payload.GetProperty("estimated_time_until_depleted").GetString().Should().MatchRegex(@"\A\d+(\.\d)? (minutes?|hours?|days?)\z");
        payload.GetProperty("recommended_action").GetString().Should().NotBeNullOrEmpty();
        payload.GetProperty("top_cost_drivers").GetRawText().Should().Be("""[{"model":"claude-4-5-sonnet","cost":12.00,"calls":1},{"model":"dall-e-3","cost":8.00,"calls":1}]""");

        (await Settled(agent, 1)).Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("delivered");
        receiver.Count.Should().Be(1);
    }

    [Fact]
    public async Task A_block_is_told_once_however_often_it_is_met()
    {
        await using var receiver = Receiver.Answering(Ok);
        var agent = await api.NewAgent("""{"daily_limit":1.00}""");
        await agent.Post("/v1/agents/alerts", $$"""{"webhook_url":"{{receiver.Url()}}"}""");

        for (var i = 0; i < 20; i++)
        {
            (await agent.Charge("2.00")).Status.Should().Be(402);
        }

        var payload = JsonDocument.Parse((await Read(receiver)).Body).RootElement;
        payload.GetProperty("alert_type").GetString().Should().Be("budget_exceeded");
        (await Settled(agent, 1)).Should().ContainSingle();
    }

    [Fact]
    public async Task What_is_set_from_above_is_a_layer_that_the_agent_neither_sees_nor_silences()
    {
        await using var receiver = Receiver.Answering(Ok);
        var agent = await api.NewAgent("""{"daily_limit":10.00}""");
        var above = await api.Operator.Post($"/v1/agents/{agent.Id}/alerts", $$"""{"alert_at_50_percent":true,"webhook_url":"{{receiver.Url()}}"}""");
        above.Status.Should().Be(200, above.Text);

        var own = await agent.Post("/v1/agents/alerts", """{"alert_at_50_percent":false,"thresholds":[],"webhook_url":null,"email_human":null}""");
        own["webhook_url"].ValueKind.Should().Be(JsonValueKind.Null);
        own["alert_at_50_percent"].GetBoolean().Should().BeTrue("the operator wants to know");
        await agent.Charge("5.00");

        JsonDocument.Parse((await Read(receiver)).Body).RootElement.GetProperty("percent_used").GetInt32().Should().Be(50);
        (await agent.Get("/v1/agents/alerts/deliveries"))["data"].GetArrayLength().Should().Be(0);
        (await api.Operator.Get($"/v1/agents/{agent.Id}/alerts/deliveries"))["data"].GetArrayLength().Should().Be(1);
    }

    [Fact]
    public async Task A_spend_key_changes_nothing_of_it_and_sees_nothing()
    {
        var agent = await api.NewAgent();
        var spender = await api.KeyFor(agent, """["spend"]""");

        (await spender.Post("/v1/agents/alerts", """{"alert_at_50_percent":true}""")).Status.Should().Be(403);
        (await spender.Get("/v1/agents/alerts")).Status.Should().Be(403);
        (await spender.Get("/v1/agents/alerts/deliveries")).Status.Should().Be(403);
    }

    [Theory]
    [InlineData("""{"webhook_url":"http://169.254.169.254/latest/meta-data"}""", "webhook_url")]
    [InlineData("""{"webhook_url":"http://93.184.215.14/hook"}""", "webhook_url")]
    [InlineData("""{"webhook_url":"https://10.0.0.1/hook"}""", "webhook_url")]
    [InlineData("""{"webhook_url":"ftp://example.com/hook"}""", "webhook_url")]
    [InlineData("""{"email_human":"nobody"}""", "email_human")]
    [InlineData("""{"email_human":"a@b.example\r\nBcc: all@b.example"}""", "email_human")]
    [InlineData("""{"thresholds":[0,100]}""", "thresholds")]
    [InlineData("""{"events":["budget_warning","everything"]}""", "events")]
    [InlineData("""{"events":[]}""", "events")]
    [InlineData("""{"webhook":"https://example.com"}""", "webhook")]
    public async Task A_wrong_setting_names_its_field_and_changes_nothing(string body, string field)
    {
        var agent = await api.NewAgent();
        var before = (await agent.Get("/v1/agents/alerts")).Text;

        var answer = await agent.Post("/v1/agents/alerts", body);

        (answer.Status, answer.FaultyFields.Single().Split('[')[0]).Should().Be((400, field), answer.Text);
        (await agent.Get("/v1/agents/alerts")).Text.Should().Be(before);
    }

    [Fact]
    public async Task A_test_arrives_and_a_replay_has_the_same_id_and_body()
    {
        await using var receiver = Receiver.Answering(Ok);
        var agent = await api.NewAgent();
        (await agent.Post("/v1/agents/alerts/test"))["deliveries"].GetArrayLength().Should().Be(0, "there is no channel");
        await agent.Post("/v1/agents/alerts", $$"""{"webhook_url":"{{receiver.Url()}}"}""");

        var tested = await agent.Post("/v1/agents/alerts/test");
        var id = tested["deliveries"][0].GetProperty("id").GetString()!;
        var first = await Read(receiver);
        await Settled(agent, 1);
        var replayed = await agent.Post($"/v1/agents/alerts/deliveries/{id}/replay");
        var second = await Read(receiver);

        replayed.Status.Should().Be(200, replayed.Text);
        first.Headers["webhook-id"].Should().Be(id);
        second.Headers["webhook-id"].Should().Be(id);
        second.Body.Should().Equal(first.Body);
        JsonDocument.Parse(first.Body).RootElement.GetProperty("alert_type").GetString().Should().Be("test");
        (await agent.Post("/v1/agents/alerts/deliveries/alr_nothing/replay")).Status.Should().Be(404);
    }

    [Fact]
    public async Task A_rotated_secret_signs_beside_the_old_one_for_a_day()
    {
        await using var receiver = Receiver.Answering(Ok);
        var agent = await api.NewAgent();
        (await agent.Post("/v1/agents/alerts/rotate-secret")).Status.Should().Be(400, "there is no webhook");
        var old = (await agent.Post("/v1/agents/alerts", $$"""{"webhook_url":"{{receiver.Url()}}"}"""))["webhook_secret"].GetString()!;

        var rotated = await agent.Post("/v1/agents/alerts/rotate-secret");
        await agent.Post("/v1/agents/alerts/test");
        var visit = await Read(receiver);

        var secret = rotated["webhook_secret"].GetString()!;
        secret.Should().NotBe(old);
        (IsSigned(visit, secret), IsSigned(visit, old)).Should().Be((true, true));
    }

    private static async Task<Visit> Read(Receiver receiver)
    {
        var visit = await receiver.Next();
        await visit.WasRead;
        return visit;
    }

    /// <summary>As the Standard Webhooks specification has it: HMAC-SHA256 over id, timestamp and body.</summary>
    private static bool IsSigned(Visit visit, string secret)
    {
        var signed = Encoding.UTF8.GetBytes($"{visit.Headers["webhook-id"]}.{visit.Headers["webhook-timestamp"]}.{Encoding.UTF8.GetString(visit.Body)}");
        var signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(WebhookSecret.Parse(secret)!, signed));
        return visit.Headers["webhook-signature"].Split(' ').Contains(signature);
    }

    /// <summary>The agent's deliveries, once so many have ended.</summary>
    private static async Task<List<JsonElement>> Settled(Agent agent, int count)
    {
        while (true)
        {
            var data = (await agent.Get("/v1/agents/alerts/deliveries"))["data"].EnumerateArray().ToList();
            if (data.Count >= count && data.All(d => d.GetProperty("status").GetString() != "pending"))
            {
                return data;
            }
        }
    }
}
