using System.Net.Sockets;
using System.Text;
using Budgets.Payments;
using Budgets.Recharge;
using Budgets.Tests.Couriers;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Payments;

/// <summary>Whoever answers in Stripe's place, or Stripe on a bad day: never an exception, never a success that is none, and the key goes nowhere else.</summary>
public sealed class HostileStripeTests
{
    private const string Payment = "pi_1";

    public static TheoryData<string, string> Answers => new()
    {
        { "nothing", "" },
        { "half a line", "HTTP/1.1 200" },
        { "no JSON", Whole("200 OK", "<html>") },
        { "an empty object", Whole("200 OK", "{}") },
        { "another thing", Whole("200 OK", """{"object":"charge","id":"pi_1","status":"succeeded"}""".Replace("pi_1", "ch_1", StringComparison.Ordinal)) },
        { "another payment", Whole("200 OK", """{"object":"payment_intent","id":"pi_2","status":"succeeded","currency":"usd","amount_received":2500}""") },
        { "another currency", Whole("200 OK", """{"object":"payment_intent","id":"pi_1","status":"succeeded","currency":"jpy","amount_received":2500}""") },
        { "a state of another age", Whole("200 OK", """{"object":"payment_intent","id":"pi_1","status":"glorious","currency":"usd"}""") },
        { "too much money", Whole("200 OK", """{"object":"payment_intent","id":"pi_1","status":"succeeded","currency":"usd","amount_received":9223372036854775807}""") },
        { "half a body", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{" },
        { "an error without one", Whole("400 Bad Request", "{}") },
        { "an error of no kind", Whole("402 Payment Required", "no") },
        { "a teapot", Whole("418 I'm a teapot", "[]") },
        { "a maintenance page", Whole("503 Service Unavailable", "<html>") },
        { "more than a megabyte", Whole("200 OK", $$"""{"object":"payment_intent","id":"pi_1","status":"succeeded","currency":"usd","amount_received":2500,"description":"{{new string('x', StripeWire.MostOfAnAnswer)}}"}""") },
        { "more than a megabyte in pieces", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat($"10000\r\n{new string(' ', 0x10000)}\r\n", 20)) + "0\r\n\r\n" },
        { "headers without end", "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat($"X: {new string('x', 1000)}\r\n", 100)) + "\r\n" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_that_is_none_is_no_answer(string what, string answer)
    {
        await using var receiver = new Receiver(async visit =>
        {
            await visit.Read();
            await visit.Write(answer);
        });
        using var payments = Of(receiver);

        foreach (var heard in (PaymentAnswer[])[await payments.Retrieve(Payment, default), await payments.Confirm(Payment, Order, default), await payments.Cancel(Payment, default)])
        {
            heard.Standing.Should().Be(PaymentStanding.Unanswered, what);
            heard.Reason.Should().NotBeNullOrEmpty().And.NotContain("xxx").And.NotContain("html");
        }
    }

    [Theory]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public async Task A_redirect_is_not_followed(string status)
    {
        await using var elsewhere = Receiver.Answering(Whole("200 OK", Succeeded));
        await using var receiver = Receiver.Answering(Whole(status, "{}", $"Location: {elsewhere.Url()}\r\n"));
        using var payments = Of(receiver);

        (await payments.Retrieve(Payment, default)).Standing.Should().Be(PaymentStanding.Unanswered);
        (await payments.Confirm(Payment, Order, default)).Standing.Should().Be(PaymentStanding.Unanswered);
        elsewhere.Count.Should().Be(0, "the key is for one address only");
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_sees_no_key()
    {
        using var authority = Certificate.Authority();
        using var certificate = Certificate.Of("127.0.0.1", authority);
        var wasRead = false;
        await using var receiver = new Receiver(
            async visit =>
            {
                await visit.Read();
                wasRead = true;
            },
            certificate);
        using var payments = new StripePayments(new PaymentSettings(FakeStripe.Key, FakeStripe.WebhookSecret, new Uri(receiver.Url(path: ""))));

        (await payments.Retrieve(Payment, default)).Standing.Should().Be(PaymentStanding.Unanswered);
        wasRead.Should().BeFalse();
    }

    [Fact]
    public async Task Nobody_there_is_no_answer()
    {
        using var closed = new TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var port = ((System.Net.IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using var payments = new StripePayments(new PaymentSettings(FakeStripe.Key, FakeStripe.WebhookSecret, new Uri($"http://127.0.0.1:{port}")));

        (await payments.Create(Order, 0, default)).Standing.Should().Be(PaymentStanding.Unanswered);
    }

    /// <summary>The other side of the table above: the same words, well said, are believed.</summary>
    [Fact]
    public async Task An_answer_that_is_one_is_believed()
    {
        await using var receiver = Receiver.Answering(Whole("200 OK", Succeeded));
        using var payments = Of(receiver);

        (await payments.Retrieve(Payment, default)).Should().Be(new PaymentAnswer(PaymentStanding.Succeeded, Payment, Ask.Usd(25)));
    }

    private const string Succeeded = """{"object":"payment_intent","id":"pi_1","status":"succeeded","currency":"usd","amount_received":2500}""";

    private static RechargeOrder Order
    {
        get
        {
            var agent = new AgentId("agent_0123456789abcdefghij");
            return new RechargeOrder(RechargeId.Of(agent, 1), agent, "scribe", Ask.Usd(25), new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero), FakeStripe.Good);
        }
    }

    private static StripePayments Of(Receiver receiver) => new(new PaymentSettings(FakeStripe.Key, FakeStripe.WebhookSecret, new Uri(receiver.Url(path: ""))));

    private static string Whole(string status, string body, string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";
}
