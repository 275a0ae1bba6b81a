using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Budgets.Couriers;
using Budgets.Couriers.Webhooks;
using Budgets.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Couriers;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>Whoever is called may do his worst: he is cut off, and holds up nobody but himself.</summary>
public sealed class HostileReceiverTests
{
    [Fact]
    public async Task One_that_hangs_is_cut_off()
    {
        var clock = new FakeTimeProvider();
        await using var receiver = Receiver.Hanging();
        using var courier = Calling.Courier(clock: clock);

        var post = courier.Post(receiver.Url());
        var visit = await receiver.Next();
        await visit.WasRead;
        clock.Advance(WebhookPost.Patience - TimeSpan.FromMilliseconds(1));
        post.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));

        (await post).Should().Be(new Receipt(Carried.Failed, Reason: "The receiver did not answer within 15 seconds."));
        await visit.HungUp;
    }

    [Fact]
    public async Task One_that_drips_its_answer_is_cut_off()
    {
        var clock = new FakeTimeProvider();
        var dripped = new TaskCompletionSource();
        await using var receiver = new Receiver(async visit =>
        {
            await visit.Read();
            await visit.Write("HTTP/1.1 200 OK\r\n");
            for (var i = 0; i < 20; i++)
            {
                await visit.Write($"X-Drip-{i}: drop\r\n");
            }

            dripped.SetResult();
            await visit.HungUp;
        });
        using var courier = Calling.Courier(clock: clock);

        var post = courier.Post(receiver.Url());
        await dripped.Task;
        clock.Advance(WebhookPost.Patience);

        (await post).Carried.Should().Be(Carried.Failed);
        await (await receiver.Next()).HungUp;
    }

    /// <summary>The status is all that counts.</summary>
    [Fact]
    public async Task One_that_drips_what_nobody_reads_has_taken_the_letter()
    {
        await using var receiver = new Receiver(async visit =>
        {
            await visit.Read();
            await visit.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd");
            await visit.HungUp;
        });
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).Carried.Should().Be(Carried.Delivered);
        await (await receiver.Next()).HungUp;
    }

    [Theory]
    [InlineData("Content-Length: 10485760")]
    [InlineData("Connection: close")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task One_that_answers_ten_megabytes_sends_them_to_a_closed_connection(string header)
    {
        const int megabyte = 1 << 20;
        var block = Encoding.ASCII.GetBytes(header.Contains("chunked", StringComparison.Ordinal) ? "4000\r\n" + new string('x', 0x4000) + "\r\n" : new string('x', 0x4000));
        var sent = 0;
        var refused = new TaskCompletionSource<int>();
        await using var receiver = new Receiver(async visit =>
        {
            visit.Socket.SendBufferSize = 0x4000;
            await visit.Read();
            await visit.Write($"HTTP/1.1 200 OK\r\n{header}\r\n\r\n");
            try
            {
                while (sent < 10 * megabyte)
                {
                    await visit.Stream.WriteAsync(block, visit.Closed);
                    sent += block.Length;
                }
            }
            catch (IOException)
            {
                // The connection is closed, as it should be.
            }

            refused.SetResult(sent);
        });
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).Should().Be(new Receipt(Carried.Delivered, 200));
        (await refused.Task.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeLessThan(4 * megabyte, "what fits into the sockets' own buffers, and 64 KB");
    }

    [Theory]
    [InlineData("", "closed the connection")]
    [InlineData("HTTP/1.1 200", "closed the connection")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP")]
    [InlineData("HTTP/1.1 two hundred\r\n\r\n", "not HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not HTTP")]
    [InlineData("\0\u0001\u0002\u0003\r\n\r\n\r\n", "not HTTP")]
    public async Task One_that_talks_gibberish_or_not_at_all_has_not_answered(string answer, string reason)
    {
        await using var receiver = Receiver.Answering(answer);
        using var courier = Calling.Courier();

        var receipt = await courier.Post(receiver.Url());

        (receipt.Carried, receipt.Status).Should().Be((Carried.Failed, null));
        receipt.Reason.Should().Contain(reason);
    }

    [Fact]
    public async Task One_that_hangs_up_at_once_or_is_not_there_has_not_answered()
    {
        await using var receiver = new Receiver(_ => Task.CompletedTask);
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).Carried.Should().Be(Carried.Failed);
        var nobody = Crash.FreePorts.Take(1)[0];
        (await courier.Post($"http://127.0.0.1:{nobody}/")).Reason.Should().Be("No connection to the receiver came about.");
        using var noName = Calling.Courier(lookup: _ => throw new SocketException((int)SocketError.HostNotFound));
        (await noName.Post("https://gone.example.org/")).Reason.Should().Be("The URL's host was not found.");
    }

    [Fact]
    public async Task One_with_endless_headers_is_cut_off()
    {
        await using var receiver = new Receiver(async visit =>
        {
            await visit.Read();
            await visit.Write("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await visit.Write($"X-More: {new string('x', 1000)}\r\n");
            }
        });
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).Reason.Should().Contain("more than 16 KB of headers");
    }

    [Fact]
    public async Task One_without_TLS_where_it_is_asked_for_gets_no_letter()
    {
        await using var receiver = new Receiver(visit => visit.HungUp);
        using var courier = Calling.Courier();

        var post = courier.Post(receiver.Url().Replace("http:", "https:", StringComparison.Ordinal));
        var visit = await receiver.Next();
        await visit.Write("220 not TLS\r\n\r\n");

        (await post).Reason.Should().Contain("No TLS connection");
    }

    /// <summary>A certificate names where its issuer's can be fetched: a URL that nobody has checked.</summary>
    [Fact]
    public async Task A_certificate_leads_nobody_anywhere()
    {
        await using var inside = Receiver.Answering(Calling.Ok);
        using var certificate = Certificate.Of("127.0.0.1", inside.Url(path: "/issuer.crt"));
        await using var receiver = new Receiver(visit => visit.HungUp, certificate);
        using var courier = Calling.Courier();

        (await courier.Post(receiver.Url())).Reason.Should().Contain("No TLS connection");
        inside.Count.Should().Be(0);
    }

    [Fact]
    public async Task Whoever_gives_up_is_not_told_that_it_failed()
    {
        await using var receiver = Receiver.Hanging();
        using var courier = Calling.Courier();
        using var enough = new CancellationTokenSource();

        var post = courier.Post(Calling.Letter(receiver.Url()), enough.Token);
        var visit = await receiver.Next();
        await visit.WasRead;
        await enough.CancelAsync();

        await FluentActions.Awaiting(() => post).Should().ThrowAsync<OperationCanceledException>();
        await visit.HungUp;
    }

    /// <summary>With more letters than may be on their way to all together: a thousand agents may share one receiver.</summary>
    [Fact]
    public async Task One_that_hangs_holds_up_nobody_else_and_who_waits_for_his_turn_has_not_failed()
    {
        var clock = new FakeTimeProvider();
        await using var hanging = Receiver.Hanging();
        await using var fine = Receiver.Answering(Calling.Ok);
        using var courier = Calling.Courier(clock: clock);
        using var over = new CancellationTokenSource();

        var posts = Enumerable.Range(0, Places.Most + 100).Select(_ => courier.Post(Calling.Letter(hanging.Url()), over.Token)).ToList();
        for (var i = 0; i < Places.MostToOne; i++)
        {
            await (await hanging.Next()).WasRead;
        }

        (await courier.Post(fine.Url("fine.example.org"))).Carried.Should().Be(Carried.Delivered);
        hanging.Count.Should().Be(Places.MostToOne);
        clock.Advance(WebhookPost.Patience);

        (await Task.WhenAll(posts.Take(Places.MostToOne))).Should().OnlyContain(r => r.Carried == Carried.Failed);
        await (await hanging.Next()).WasRead;
        posts.Skip(Places.MostToOne).Should().OnlyContain(p => !p.IsCompleted, "their turn has just come, or has not");

        await over.CancelAsync();
        await Task.WhenAll(posts).ContinueWith(_ => { }, TaskScheduler.Default);
        posts.Skip(Places.MostToOne).Should().OnlyContain(p => p.IsCanceled);
    }

    [Fact]
    public async Task A_slow_name_server_holds_only_so_many_threads()
    {
        var clock = new FakeTimeProvider();
        var (asked, most) = (0, 0);
        var answer = new TaskCompletionSource<IPAddress[]>();
        var full = new TaskCompletionSource();
        using var courier = Calling.Courier(clock: clock, lookup: _ =>
        {
            if (Interlocked.Increment(ref asked) == Lookup.MostAtOnce)
            {
                full.SetResult();
            }

            most = Math.Max(most, asked);
            return answer.Task;
        });

        var posts = Enumerable.Range(0, 100).Select(i => courier.Post($"https://h{i}.example.org/")).ToList();
        await full.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var saving = courier.FaultOf("https://h.example.org/", CancellationToken.None);
        clock.Advance(WebhookPost.Patience);

        (await saving).Should().BeNull("what cannot be looked up now is looked up when it is called");
        (await Task.WhenAll(posts)).Should().OnlyContain(r => r.Carried == Carried.Failed);
        most.Should().Be(Lookup.MostAtOnce, "those who were given up on still ask");
        answer.SetResult([IPAddress.Loopback]);
    }
}
