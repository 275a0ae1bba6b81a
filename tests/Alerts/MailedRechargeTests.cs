using Budgets.ApiHost.Auth;
using Budgets.Tests.Couriers;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Alerts;

/// <summary>The cap of a month, from a charge over REST to the mail that a person reads and the resuming after it, through the real host and a real mail server.</summary>
public sealed class MailedRechargeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task At_the_sixth_recharge_of_a_month_a_person_is_mailed_and_it_happens_once_they_resume()
    {
        using var scratch = new ScratchDirectory();
        using var server = await MailServer.Start();
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        using var host = ApiProcess.Start(scratch.Path, operatorKey, new Dictionary<string, string>
        {
            ["Smtp__Host"] = "127.0.0.1", ["Smtp__Port"] = $"{server.Port}", ["Smtp__From"] = "Budgets <budgets@example.com>",
        });
        using var rest = new Rest((await host.Ready()).Address);
        var opened = await rest.Post("/v1/agents", operatorKey, """{"name":"researcher","budget":{"escalation_email":"boss@example.org"}}""");
        var (agent, key) = (opened.Body.GetProperty("agent_id").GetString()!, opened.Body.GetProperty("api_key").GetString()!);
        (await rest.Post("/v1/agents/alerts", key, """{"email_human":"human@example.org"}""")).Status.Should().Be(200);
        var set = await rest.Post(
            $"/v1/agents/{agent}/auto-recharge", operatorKey, """{"enabled":true,"trigger_threshold":10.00,"recharge_amount":100.00,"max_recharges_per_month":5,"cooldown_seconds":0}""");
        (set.Status, set.Body.GetProperty("provider").GetString()).Should().Be((200, "simulated"));

        for (var i = 1; i <= 5; i++)
        {
            await Until(rest, key, "/v1/agents/auto-recharge/history", b => b.GetProperty("data").EnumerateArray().Count(l => l.GetProperty("status").GetString() == "succeeded") == i);
            (await rest.Post("/v1/charges", key, """{"amount":100}""")).Status.Should().Be(201);
        }

        (await rest.Get("/v1/agents/auto-recharge", key)).Body.GetProperty("status").GetString().Should().Be("paused");
        (await rest.Post("/v1/charges", key, """{"amount":50}""")).Code.Should().Be("insufficient_balance");
        await Until(rest, operatorKey, $"/v1/agents/{agent}/alerts/deliveries", b => b.GetProperty("data").EnumerateArray().Count(d => d.GetProperty("status").GetString() == "delivered") == 2);
        var mails = await server.Received();
        mails.Select(m => (m.To, m.Subject)).Should().BeEquivalentTo([
            ("human@example.org", "researcher exceeded its recharge limit"),
            ("boss@example.org", "researcher exceeded its recharge limit"),
        ]);
        mails.Should().OnlyContain(m => m.Text.Contains("5 recharges were begun this month") && m.Text.Contains("Review what the agent spends, then resume recharges"));

        (await rest.Post("/v1/agents/auto-recharge/resume", key, "{}")).Body.GetProperty("recharges_allowed_this_month").GetInt32().Should().Be(10);

        await Until(rest, key, "/v1/agents/auto-recharge/history", b => b.GetProperty("data").EnumerateArray().Count(l => l.GetProperty("status").GetString() == "succeeded") == 6);
        (await rest.Post("/v1/charges", key, """{"amount":50}""")).Status.Should().Be(201);
        host.Terminate();
        (await host.Exited()).Should().Be(0, host.Output);
    }

    private static async Task Until(Rest rest, string key, string path, Func<System.Text.Json.JsonElement, bool> isSo)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!isSo((await rest.Get(path, key)).Body))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }
}
