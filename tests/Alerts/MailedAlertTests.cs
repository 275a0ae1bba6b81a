using Budgets.ApiHost.Auth;
using Budgets.Tests.Couriers;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Alerts;

/// <summary>From a charge over REST to the mail that a person reads, through the real host and a real mail server.</summary>
public sealed class MailedAlertTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_person_is_mailed_each_threshold_and_the_limit_once_and_the_escalation_address_the_limit_alone()
    {
        using var scratch = new ScratchDirectory();
        using var server = await MailServer.Start();
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        using var host = ApiProcess.Start(scratch.Path, operatorKey, new Dictionary<string, string>
        {
            ["Smtp__Host"] = "127.0.0.1", ["Smtp__Port"] = $"{server.Port}", ["Smtp__From"] = "Budgets <budgets@example.com>",
        });
        using var rest = new Rest((await host.Ready()).Address);
        var opened = await rest.Post("/v1/agents", operatorKey, """{"name":"researcher <7>","budget":{"total_limit":25,"escalation_email":"boss@example.org"}}""");
        opened.Status.Should().Be(201, opened.Code);
        var (agent, key) = (opened.Body.GetProperty("agent_id").GetString()!, opened.Body.GetProperty("api_key").GetString()!);
        var set = await rest.Post("/v1/agents/alerts", key, """{"alert_at_50_percent":true,"alert_at_80_percent":true,"email_human":"human@example.org"}""");
        (set.Status, set.Body.GetProperty("email").GetString()).Should().Be((200, "active"));

        // Over 50 and 80 percent in one step, then into refusal, five times, and up to the limit.
        foreach (var (amount, status) in ((string, int)[])[("21.5", 201), ("0.5", 201), .. Enumerable.Repeat(("4", 402), 5), ("3", 201), ("1", 402)])
        {
            (await rest.Post("/v1/charges", key, $$"""{"amount":{{amount}},"model":"claude-opus-4-1"}""")).Status.Should().Be(status);
        }

        await AllDelivered(rest, agent, operatorKey, 3);
        var mails = await server.Received();
        mails.Select(m => (m.To, m.Subject)).Should().BeEquivalentTo([
            ("human@example.org", "researcher <7> has used 80 % of its total limit"),
            ("human@example.org", "researcher <7> has used up its total limit"),
            ("boss@example.org", "researcher <7> has used up its total limit"),
        ]);
        mails.Select(m => m.Headers["message-id"]).Should().OnlyHaveUniqueItems();
        mails.Should().OnlyContain(m => m.From == "budgets@example.com" && m.Text.Contains(agent) && m.Html.Contains(agent) && m.Html.Contains("researcher &lt;7&gt;"));
        var warning = mails.Single(m => m.Subject.Contains("80 %", StringComparison.Ordinal));
        foreach (var part in (string[])[warning.Text, warning.Html])
        {
            part.Should().Contain("$21.50 of $25.00 (86 %)").And.Contain("claude-opus-4-1").And.Contain("Consider pausing non-critical operations").And.Contain("also passed 50 %");
        }

        mails.Where(m => m != warning).Should().OnlyContain(m => m.Text.Contains("$22.00 of $25.00 (88 %)") && m.Text.Contains("A request for $4.00 was refused"), "the block came first, and is told once");
        host.Terminate();
        (await host.Exited()).Should().Be(0, host.Output);
    }

    /// <summary>Waits until so many have been, and nothing else waits or was made.</summary>
    private static async Task AllDelivered(Rest rest, string agent, string operatorKey, int count)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var delivered = new List<string?>();
        while (delivered.Count < count || delivered.Contains("pending"))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
            var page = await rest.Get($"/v1/agents/{agent}/alerts/deliveries", operatorKey);
            delivered = [.. page.Body.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("status").GetString())];
        }

        delivered.Should().HaveCount(count).And.OnlyContain(status => status == "delivered");
    }
}
