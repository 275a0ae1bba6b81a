using Budgets.Couriers;
using Budgets.Couriers.Mails;
using Budgets.Delivery;
using Budgets.Tests.Crash;
using Budgets.Tests.Pricing;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>Mail as a server takes it and a reader sees it.</summary>
public sealed class MailTests
{
    private static readonly MailPage s_page = new(
        "researcher has spent 80 % of its day <limit>",
        [new("Spent today", "$20.00 of $25.00"), new("Agent", "researcher & \"sons\"")],
        ["At this rate the rest is gone in 3.2 hours.\nA cheaper model: claude-4-5-haiku."],
        "You are named as this agent's escalation address.");

    [Fact]
    public async Task A_mail_is_received_with_its_headers_and_both_its_parts()
    {
        using var server = await MailServer.Start();
        using var courier = Courier(server.Port, from: "Budgets <budgets@example.com>");
        var (text, html) = MailPage.Render(s_page);
        var letter = new MailLetter("msg_1-a.b", "human@example.org", "Ausgabenwarnung: 80 % – größer", text, html, new DateTimeOffset(2026, 2, 28, 12, 0, 0, TimeSpan.Zero));

        courier.CanMail.Should().BeTrue();
        (await courier.Mail(letter, CancellationToken.None)).Should().Be(new Receipt(Carried.Delivered));
        (await courier.Mail(letter, CancellationToken.None)).Should().Be(new Receipt(Carried.Delivered));

        var mails = await server.Received();
        mails.Should().HaveCount(2).And.OnlyContain(m => m.Headers["message-id"] == "<msg_1-a.b@example.com>", "a second try is the same mail");
        var mail = mails[0];
        mail.Subject.Should().Be(letter.Subject);
        (mail.From, mail.To).Should().Be(("budgets@example.com", "human@example.org"));
        mail.Headers["auto-submitted"].Should().Be("auto-generated");
        mail.Source.Should().Contain("Date: Sat, 28 Feb 2026 12:00:00 +0000");
        mail.Text.ReplaceLineEndings("\n").TrimEnd().Should().Be(text.TrimEnd());
        mail.Html.ReplaceLineEndings("\n").TrimEnd().Should().Be(html.TrimEnd());
        mail.Source.Should().MatchRegex(@"(?is)Content-Type: multipart/alternative;.*Content-Type: text/plain; charset=utf-8.*Content-Type: text/html; charset=utf-8", "a reader takes the last it understands");
        mail.Source.Split('\n').Should().OnlyContain(l => l.Length <= 998);
    }

    [Theory]
    [InlineData("Alert\r\nBcc: everybody@example.org")]
    [InlineData("Alert\nContent-Type: text/html\n\n<script>")]
    [InlineData("Alert\rX-Evil: 1")]
    [InlineData("Alert\u0085\u2028X-Evil: 1\0")]
    public async Task A_subject_stays_one_line(string subject)
    {
        using var server = await MailServer.Start();
        using var courier = Courier(server.Port);

        (await courier.Mail(Letter("human@example.org") with { Subject = subject }, CancellationToken.None)).Carried.Should().Be(Carried.Delivered);

        var mail = (await server.Received()).Should().ContainSingle().Subject;
        mail.Subject.Should().StartWith("Alert ").And.NotContainAny("\r", "\n");
        mail.Headers.Should().NotContainKeys("bcc", "x-evil");
        mail.Source.Should().NotMatchRegex(@"(?im)^(bcc|x-evil):");
        mail.Text.TrimEnd().Should().Be("text");
    }

    [Theory]
    [InlineData("")]
    [InlineData("human")]
    [InlineData("human@")]
    [InlineData("@example.org")]
    [InlineData("a@example.org, b@example.org")]
    [InlineData("a@example.org\r\nBcc: b@example.org")]
    [InlineData("a@example.org>\r\nRCPT TO:<b@example.org")]
    [InlineData("a\0@example.org")]
    [InlineData("team: a@example.org, b@example.org;")]
    public async Task A_recipient_is_one_mailbox_or_nothing_is_sent(string to)
    {
        using var courier = Courier(1);

        (await courier.Mail(Letter(to), CancellationToken.None)).Should().Be(new Receipt(Carried.Failed, Reason: "The recipient is no mail address."));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a>\r\nX-Evil: 1")]
    public async Task An_id_that_would_end_its_header_is_not_sent(string id)
    {
        using var courier = Courier(1);

        (await courier.Mail(Letter("human@example.org") with { Id = id }, CancellationToken.None)).Reason.Should().Be("The mail's id is not one.");
    }

    [Theory]
    [InlineData("unknown@example.org", 550)]
    [InlineData("later@example.org", 451)]
    public async Task A_recipient_whom_the_server_refuses_is_told_with_its_code(string to, int status)
    {
        using var server = await ChoosyServer.Start();
        using var courier = Courier(server.Port);

        var receipt = await courier.Mail(Letter(to), CancellationToken.None);

        (receipt.Carried, receipt.Status).Should().Be((Carried.Failed, status));
        receipt.Reason.Should().NotContain("user").And.NotContain("not now", "nothing of what a server writes is kept");
        (await courier.Mail(Letter("human@example.org"), CancellationToken.None)).Carried.Should().Be(Carried.Delivered);
        await server.Process.Says("taken nobody false human@example.org");
    }

    /// <summary>Somebody on the way can cut STARTTLS out of what the server offers.</summary>
    [Fact]
    public async Task A_password_is_never_said_in_the_clear()
    {
        await using var server = new Receiver(async visit =>
        {
            await visit.Write("220 here\r\n");
            var said = new StreamReader(visit.Stream);
            for (var line = await said.ReadLineAsync(visit.Closed); line is not null; line = await said.ReadLineAsync(visit.Closed))
            {
                line.Should().NotContain("AUTH");
                await visit.Write(line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-here\r\n250 AUTH PLAIN LOGIN\r\n" : "221 bye\r\n");
            }
        });
        using var courier = Courier(server.Port, "budgets", "open sesame");

        (await courier.Mail(Letter("human@example.org"), CancellationToken.None)).Reason.Should().Contain("none is said in the clear");
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_on()
    {
        var clock = new FakeTimeProvider();
        await using var server = new Receiver(visit => visit.HungUp);
        using var courier = Courier(server.Port, clock: clock);

        var mails = Enumerable.Range(0, MailPost.MostAtOnce * 2).Select(_ => courier.Mail(Letter("human@example.org"), CancellationToken.None)).ToList();
        var visits = new List<Visit>();
        for (var i = 0; i < MailPost.MostAtOnce; i++)
        {
            visits.Add(await server.Next());
        }

        server.Count.Should().Be(MailPost.MostAtOnce);
        clock.Advance(MailPost.Patience);

        (await Task.WhenAll(mails)).Should().OnlyContain(r => r.Carried == Carried.Failed && r.Reason!.Contains("within 30 seconds"));
        await Task.WhenAll(visits.Select(v => v.HungUp));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("554 not you\r\n")]
    [InlineData("421 too busy\r\n")]
    public async Task A_server_that_is_none_or_says_no_has_taken_nothing(string greeting)
    {
        await using var server = new Receiver(visit => visit.Write(greeting));
        using var courier = Courier(server.Port);

        var receipt = await courier.Mail(Letter("human@example.org"), CancellationToken.None);

        receipt.Carried.Should().Be(Carried.Failed);
        receipt.Status.Should().Be(greeting.StartsWith('5') || greeting.StartsWith('4') ? int.Parse(greeting[..3]) : null);
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_taken_nothing()
    {
        using var courier = Courier(FreePorts.Take(1)[0]);
        (await courier.Mail(Letter("human@example.org"), CancellationToken.None)).Reason.Should().StartWith("No connection");

        using var none = Calling.Courier();
        none.CanMail.Should().BeFalse();
        (await none.Mail(Letter("human@example.org"), CancellationToken.None)).Reason.Should().Contain("Smtp:Host");
    }

    private static MailLetter Letter(string to) => new("msg_1", to, "subject", "text", "<p>html</p>", DateTimeOffset.UtcNow);

    private static Courier Courier(int port, string? user = null, string? password = null, string from = "budgets@example.com", TimeProvider? clock = null) => new(
        new CourierSettings(new SmtpSettings("127.0.0.1", port, user, password, SmtpSettings.Address(from)!), []), Lookup.System, clock ?? TimeProvider.System);
}

/// <summary>tests/Peers/smtp.mjs.</summary>
internal sealed class ChoosyServer : IDisposable
{
    private ChoosyServer(string[] certificate)
    {
        Port = FreePorts.Take(1)[0];
        Process = new ChildProcess("node", [Path.Combine(Peers.Root, "tests/Peers/smtp.mjs"), $"{Port}", .. certificate]);
    }

    public int Port { get; }

    public ChildProcess Process { get; }

    /// <param name="certificate">Files of the certificate and its key; none: no TLS.</param>
    public static async Task<ChoosyServer> Start(params string[] certificate)
    {
        var server = new ChoosyServer(certificate);
        await server.Process.Says("listening");
        return server;
    }

    public void Dispose() => Process.Dispose();
}
