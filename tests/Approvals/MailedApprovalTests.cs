using System.Text.RegularExpressions;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Couriers;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Approvals;

/// <summary>From an agent's question to the mail, from the mail's link through a browser to the agent that waits.</summary>
[Collection(nameof(OneHost))]
public sealed partial class MailedApprovalTests
{
    private const string Host = "budgets.example.com";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);

    [Fact]
    public async Task A_person_reads_the_mail_follows_its_link_presses_a_button_and_the_agent_that_waits_goes_on()
    {
        using var scratch = new ScratchDirectory();
        using var server = await MailServer.Start();
        using var host = ApiProcess.Start(scratch.Path, _operatorKey, new Dictionary<string, string>
        {
            ["Smtp__Host"] = "127.0.0.1", ["Smtp__Port"] = $"{server.Port}", ["Smtp__From"] = "Budgets <budgets@example.com>", ["Budgets__PublicUrl"] = $"http://{Host}/",
        });
        var address = (await host.Ready()).Address;
        using var rest = new Rest(address);
        var opened = await rest.Post("/v1/agents", _operatorKey, """{"name":"video <maker>","budget":{"daily_limit":100,"approval_threshold":10,"escalation_email":"boss@example.org"}}""");
        var key = opened.Body.GetProperty("api_key").GetString()!;

        // The agent names a person too: he is told, and cannot decide, for the agent could name itself.
        (await rest.Post("/v1/agents/alerts", key, """{"email_human":"agent@example.org"}""")).Status.Should().Be(200);
        var asked = await rest.Post("/v1/agents/approvals/request", key,
            """{"operation":"generate_100_videos","estimated_cost":42.5,"justification":"Monthly content <batch>","urgency":"high"}""");
        var id = asked.Body.GetProperty("approval_id").GetString()!;
        var waiting = rest.Get($"/v1/agents/approvals/{id}?wait=60", key);

        var mails = await Mailed(server, 2);
        var boss = mails.Single(m => m.To == "boss@example.org");
        foreach (var part in (string[])[boss.Subject + boss.Text, boss.Html])
        {
            part.Should().Contain("generate_100_videos").And.Contain("$42.50").And.Contain("high").And.Contain("$100.00");
        }

        boss.Text.Should().Contain("Monthly content <batch>");
        mails.Single(m => m.To == "agent@example.org").Source.Should().NotContain("/approve/");
        var link = Link().Match(boss.Text).Value;
        link.Should().StartWith($"http://{Host}/approve/");

        // A scanner looks at it, many times: nothing happens.
        using var scanner = new HttpClient { BaseAddress = address };
        for (var i = 0; i < 3; i++)
        {
            using var page = await scanner.GetAsync(new Uri(link).AbsolutePath);
            ((int)page.StatusCode, page.Headers.CacheControl?.NoStore, page.Headers.GetValues("Referrer-Policy").Single()).Should().Be((200, true, "no-referrer"));
            page.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("default-src 'none'").And.Contain("frame-ancestors 'none'");
        }

        waiting.IsCompleted.Should().BeFalse();
        await using (var browser = await Browser.Open(Host, address))
        {
            await browser.Go(link);
            (await browser.Text()).Should().Contain("video <maker> asks to spend $42.50").And.Contain("Monthly content <batch>").And.Contain("boss@example.org");
            await browser.Type("textarea", "only this month");
            await browser.Press("button[value=approve]");
            await browser.Shows("This request is approved");
            var decided = await waiting.WaitAsync(Patience);
            (decided.Body.GetProperty("status").GetString(), decided.Body.GetProperty("decided_by").GetString(), decided.Body.GetProperty("note").GetString())
                .Should().Be(("approved", "mail:boss@example.org", "only this month"));

            // The link is used up: it shows what was decided, and has no buttons.
            await browser.Go(link);
            (await browser.Text()).Should().Contain("This request is approved").And.NotContain("Deny");
        }

        using var late = await scanner.PostAsync(new Uri(link).AbsolutePath, new FormUrlEncodedContent([new("decision", "deny")]));
        (await late.Content.ReadAsStringAsync()).Should().Contain("Somebody was faster");
        using var forged = await scanner.PostAsync(new Uri(link).AbsolutePath[..^3] + "AAA", new FormUrlEncodedContent([new("decision", "deny")]));
        ((int)forged.StatusCode).Should().Be(404);
        var used = await rest.Post("/v1/reservations", key, $$"""{"amount":42.5,"operation":"generate_100_videos","approval_id":"{{id}}"}""");
        used.Status.Should().Be(201, used.Code);
        var token = new Uri(link).Segments[^1];
        host.Terminate();
        (await host.Exited()).Should().Be(0, host.Output);
        host.Output.Should().NotContain(token);
        foreach (var file in Directory.EnumerateFiles(scratch.Path, "*", SearchOption.AllDirectories))
        {
            (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(token)).Should().Be(-1, $"{file} must not hold it");
        }
    }

    private static async Task<List<Mail>> Mailed(MailServer server, int count)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await pause.WaitForNextTickAsync(deadline.Token))
        {
            if (await server.Received() is { } mails && mails.Count >= count)
            {
                return mails;
            }
        }

        return [];
    }

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Link();
}
