using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Budgets.Delivery;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>A letter that arrives, and what its receiver makes of it.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task A_receiver_verifies_what_was_sent_with_either_secret_and_refuses_it_old_or_altered()
    {
        var (newer, older) = (WebhookSecret.Make(), WebhookSecret.Make());
        const string body = """{"alert_type":"budget_warning","recommended_action":"Größere Pause – 3.2 hours"}""";
        await using var receiver = Receiver.Answering(Calling.Ok);
        using var courier = Calling.Courier();

        var receipt = await courier.Post(Calling.Letter(receiver.Url(), body, newer, older), CancellationToken.None);
        var old = await courier.Post(Calling.Letter(receiver.Url(), body, newer, older) with { SentAt = DateTimeOffset.UtcNow.AddMinutes(-6) }, CancellationToken.None);
        var (fresh, stale) = (await receiver.Next(), await receiver.Next());

        receipt.Should().Be(new Receipt(Carried.Delivered, 200));
        old.Carried.Should().Be(Carried.Delivered);
        Encoding.UTF8.GetString(fresh.Body).Should().Be(body);
        (await Verify(
            (newer, fresh.Headers, body),
            (older, fresh.Headers, body),
            (WebhookSecret.Make(), fresh.Headers, body),
            (newer, fresh.Headers, body.Replace("3.2", "9.9", StringComparison.Ordinal)),
            (newer, new(fresh.Headers) { ["webhook-id"] = "msg_other" }, body),
            (newer, new(fresh.Headers) { ["webhook-timestamp"] = $"{long.Parse(fresh.Headers["webhook-timestamp"]) + 1}" }, body),
            (newer, stale.Headers, body)))
            .Should().Equal(null, null, "No matching signature found", "No matching signature found", "No matching signature found", "No matching signature found", "Message timestamp too old");
    }

    [Fact]
    public async Task A_request_says_what_the_letter_says_and_nothing_of_the_house()
    {
        using var activity = new Activity("inside").SetIdFormat(ActivityIdFormat.W3C).SetBaggage("agent", "secret").Start();
        await using var receiver = Receiver.Answering("HTTP/1.1 200 OK\r\nSet-Cookie: who=you\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var courier = Calling.Courier();

        await courier.Post(receiver.Url(path: "/a/b?c=%20d"));
        await courier.Post(receiver.Url(path: "/a/b?c=%20d"));
        await receiver.Next();
        var visit = await receiver.Next();

        visit.RequestLine.Should().Be("POST /a/b?c=%20d HTTP/1.1");
        visit.Headers.Keys.Should().BeEquivalentTo("Host", "User-Agent", "Content-Type", "Content-Length", "webhook-id", "webhook-timestamp", "webhook-signature");
        visit.Headers["Content-Type"].Should().Be("application/json");
        visit.Headers["Host"].Should().Be($"127.0.0.1:{receiver.Port}");
    }

    [Theory]
    [InlineData(200, Carried.Delivered)]
    [InlineData(202, Carried.Delivered)]
    [InlineData(204, Carried.Delivered)]
    [InlineData(299, Carried.Delivered)]
    [InlineData(300, Carried.Failed)]
    [InlineData(304, Carried.Failed)]
    [InlineData(400, Carried.Failed)]
    [InlineData(404, Carried.Failed)]
    [InlineData(410, Carried.Gone)]
    [InlineData(429, Carried.Failed)]
    [InlineData(500, Carried.Failed)]
    [InlineData(599, Carried.Failed)]
    public async Task Only_a_2xx_is_a_delivery(int status, Carried carried)
    {
        await using var receiver = Receiver.Answering($"HTTP/1.1 {status} whatever\r\nContent-Length: {(status is 204 or 304 ? 0 : 7)}\r\n\r\n{(status is 204 or 304 ? "" : "private")}");
        using var courier = Calling.Courier();

        var receipt = await courier.Post(receiver.Url());

        (receipt.Carried, receipt.Status).Should().Be((carried, status));
        (receipt.Reason is null).Should().Be(carried == Carried.Delivered);
        receipt.Reason?.Should().NotContain("whatever").And.NotContain("private", "nothing of what a receiver writes is kept");
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_a_failure_and_nobody_goes_where_it_points(int status)
    {
        await using var inside = Receiver.Answering(Calling.Ok);
        await using var receiver = Receiver.Answering($"HTTP/1.1 {status} Elsewhere\r\nLocation: {inside.Url()}\r\nContent-Length: 0\r\n\r\n");
        using var courier = Calling.Courier();

        var receipt = await courier.Post(receiver.Url());

        (receipt.Carried, receipt.Status).Should().Be((Carried.Failed, status));
        inside.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("Retry-After: 120", 120)]
    [InlineData("Retry-After: 0", null)]
    [InlineData("Retry-After: -5", null)]
    [InlineData("Retry-After: soon", null)]
    [InlineData("Retry-After: 99999999", 86_400)]
    [InlineData("Retry-After: 99999999999999999999", null)]
    [InlineData("Date: Sat, 28 Feb 2026 12:00:00 GMT\r\nRetry-After: Sat, 28 Feb 2026 12:05:00 GMT", 300)]
    [InlineData("Date: Sat, 28 Feb 2026 12:00:00 GMT\r\nRetry-After: Sat, 28 Feb 2026 11:00:00 GMT", null)]
    [InlineData("Date: Sat, 28 Feb 2026 12:00:00 GMT\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    [InlineData("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    [InlineData("X-Nothing: 1", null)]
    public async Task A_receiver_may_ask_to_be_left_alone_for_a_day_at_most(string header, int? seconds)
    {
        await using var receiver = Receiver.Answering($"HTTP/1.1 503 Busy\r\n{header}\r\nContent-Length: 0\r\n\r\n");
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).RetryAfter.Should().Be(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Fact]
    public async Task Nothing_goes_out_unsigned_or_without_a_name()
    {
        await using var receiver = Receiver.Answering(Calling.Ok);
        using var courier = Calling.Courier();

        foreach (var secret in (string[])["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64", Calling.Secret[6..]])
        {
            (await courier.Post(Calling.Letter(receiver.Url(), "{}", Calling.Secret, secret), CancellationToken.None)).Carried.Should().Be(Carried.Failed, secret);
        }

        foreach (var id in (string[])["", "a b", "a.1", "a\r\nX-Evil: 1", "é"])
        {
            (await courier.Post(Calling.Letter(receiver.Url()) with { Id = id }, CancellationToken.None)).Carried.Should().Be(Carried.Failed, id);
        }

        (await courier.Post(Calling.Letter(receiver.Url()) with { Secrets = [] }, CancellationToken.None)).Carried.Should().Be(Carried.Failed);
        (await courier.Post(Calling.Letter(receiver.Url()) with { Secrets = default }, CancellationToken.None)).Carried.Should().Be(Carried.Failed);
        receiver.Count.Should().Be(0);
    }

    [Fact]
    public void A_secret_is_32_random_bytes_and_reads_as_them()
    {
        var secret = WebhookSecret.Make();

        secret.Should().StartWith("whsec_").And.NotBe(WebhookSecret.Make());
        WebhookSecret.Parse(secret).Should().Equal(Convert.FromBase64String(secret[6..])).And.HaveCount(32);
        WebhookSecret.Parse("whsec_" + Convert.ToBase64String(new byte[23])).Should().BeNull();
        WebhookSecret.Parse("whsec_" + Convert.ToBase64String(new byte[65])).Should().BeNull();
        WebhookSecret.Parse(null).Should().BeNull();
    }

    private static async Task<string?[]> Verify(params (string Secret, Dictionary<string, string> Headers, string Body)[] received)
    {
        var asked = JsonSerializer.Serialize(received.Select(r => new { secret = r.Secret, headers = r.Headers, body = r.Body }));
        return JsonSerializer.Deserialize<string?[]>(await Peers.Run(asked, "tests/Peers/verify.mjs"))!;
    }
}
