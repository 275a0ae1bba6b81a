using System.Net;
using Budgets.Delivery;

namespace Budgets.Tests.Couriers;

/// <summary>What may be called, by the real guard; names are resolved as their owners would have it.</summary>
public sealed class BorderTests
{
    // What these names resolve to; any other name is somewhere on the Internet.
    private static readonly Dictionary<string, string> s_names = new()
    {
        ["localtest.me"] = "127.0.0.1",
        ["127.0.0.1.nip.io"] = "127.0.0.1",
        ["spoofed.example.org"] = "169.254.169.254",
        ["private.example.org"] = "10.1.2.3",
        ["mixed.example.org"] = "93.184.215.14 10.1.2.3",
        ["mixed6.example.org"] = "93.184.215.14 ::1",
        ["mapped.example.org"] = "::ffff:127.0.0.1",
        ["nat64.example.org"] = "64:ff9b::7f00:1",
        ["sixtofour.example.org"] = "2002:7f00:1::",
        ["teredo.example.org"] = "2001:0:7f00:1::",
        ["isatap.example.org"] = "2607:f8b0::5efe:7f00:1",
        ["linklocal.example.org"] = "fe80::1%1",
        ["unspecified.example.org"] = "0.0.0.0",
        ["cgnat.example.org"] = "100.64.0.1",
        ["azure.example.org"] = "168.63.129.16",
        ["site.example.org"] = "fec0::1",
    };

    private static readonly string[] s_hostile =
    [
        // No URL, or not one to post to
        "", " ", "hook", "/hook", "//example.org/hook", "example.org/hook", "https:", "https:/", "https://", "https:///hook", "https:example.org", "https:/example.org", @"https:\\example.org",
        "ftp://example.org/", "file:///etc/passwd", "gopher://example.org:70/_", "dict://example.org:11211/stats", "ldap://example.org/", "tftp://example.org/", "data:text/plain,x",
        "javascript:alert(1)", "jar:https://example.org!/", "ws://example.org/", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "httpss://example.org/", "view-source:https://example.org/",

        // In the clear, or at a stranger's ports
        "http://example.org/hook", "HTTP://EXAMPLE.ORG/", "http://example.org:443/", "https://example.org:22/", "https://example.org:25/", "https://example.org:80/", "https://example.org:6379/", "https://example.org:0/",
        "https://example.org:65536/", "https://example.org:99999/", "https://example.org:-1/", "https://example.org:+443/", "https://example.org:0443/", "https://example.org:/", "https://example.org:4 43/",
        "https://example.org:443:443/", "https://example.org:https/",

        // Two readers, two hosts
        "https://user@example.org/", "https://user:password@example.org/", "https://example.org@127.0.0.1/", "https://example.org:443@127.0.0.1/", "https://@example.org/", "https://:@example.org/",
        "https://127.0.0.1#@example.org/", "https://example.org#fragment", "https://example.org/hook#", @"https://127.0.0.1\@example.org/", @"https://example.org\@127.0.0.1/", @"https://example.org\.evil.org/",
        "https://example.org&@127.0.0.1/", "https://127.0.0.1?@example.org/", "https://127.0.0.1;@example.org/", "https://example.org%2f@127.0.0.1/", "https://example.org%00.evil.org/", "https://127.0.0.1%23.example.org/",
        "https://127.0.0.1%2f.example.org/", "https://%31%32%37.0.0.1/", "https://%6c%6f%63%61%6c%68%6f%73%74/", "https://exam ple.org/", "https://example.org/a b", "https://example.org/\r\nHost: inside", "https://example.org/%0", "https://example.org/%zz",
        "https://exa\tmple.org/", "\thttps://example.org/", "https://example.org/ ", "https://example.org/\u0000", "https://[example.org]/", "https://example.org,127.0.0.1/", "https://example_org/", "https://example.org/{x}",

        // Names of no public host
        "https://localhost/", "https://LOCALHOST/", "https://localhost:8443/", "https://localhost./", "https://localhost.localdomain/", "https://foo.localhost/", "https://ip6-localhost/", "https://broadcasthost/", "https://printer.local/", "https://metadata/",
        "https://metadata.google.internal/computeMetadata/v1/", "https://metadata.goog.internal/", "https://instance-data/", "https://instance-data.ec2.internal/", "https://kubernetes/", "https://kubernetes.default.svc.cluster.local/", "https://host.docker.internal/",
        "https://router.lan/", "https://nas.home/", "https://nas.home.arpa/", "https://wiki.corp/", "https://wiki.intranet/", "https://x.private/", "https://facebookcorewwwi.onion/", "https://1.0.0.127.in-addr.arpa/", "https://x.test/", "https://x.invalid/", "https://x.example/",

        // No names at all
        "https://example.org./", "https://.example.org/", "https://example..org/", "https://-example.org/", "https://example-.org/", "https://./", "https://../", "https://-/", "https://a." + new string('b', 64) + ".org/", "https://example.org/" + new string('x', 2_048),
        "https://" + string.Concat(Enumerable.Repeat("abcdefgh.", 32)) + "org/", "https://*.example.org/",

        // Letters that become others
        "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://１２７.０.０.１/", "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://ехample.org/", "https://bücher.example.org/", "https://loc\u00adalhost/", "https://example.org\u2044@127.0.0.1/", "https://example.org/é",

        // This machine, in every notation
        "https://127.0.0.1/", "https://127.0.0.1:8443/", "https://127.1/", "https://127.0.1/", "https://127.255.255.254/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0x0.0x0.0x1/", "https://0X7F.1/", "https://0177.0.0.1/", "https://017700000001/",
        "https://0177.0x0.0.1/", "https://00000177.0.0.1/", "https://127.0.0.01/", "https://127.000.000.001/", "https://0/", "https://0.0.0.0/", "https://0x0/", "https://00/", "https://127.0.0.1./", "https://4294967297/", "https://127.0.0.1.1/", "https://256.0.0.1/", "https://1.2.3.4.0x/",
        "https://0x/", "https://0x7f000001./", "https://8.8.8.8.8/", "https://134744072/", "https://8.8.2056/", "https://010.8.8.8/", "https://example.org.1/", "https://example.0x1/",

        // Networks that are not the Internet
        "https://0.1.2.3/", "https://10.0.0.1/", "https://10.255.255.255/", "https://100.64.0.1/", "https://100.127.255.255/", "https://169.254.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.0.0.1/", "https://192.0.0.170/", "https://192.0.2.1/",
        "https://192.31.196.1/", "https://192.52.193.1/", "https://192.88.99.1/", "https://192.168.0.1/", "https://192.175.48.1/", "https://198.18.0.1/", "https://198.19.255.255/", "https://198.51.100.1/", "https://203.0.113.1/", "https://224.0.0.1/", "https://239.255.255.250/",
        "https://240.0.0.1/", "https://255.255.255.255/",

        // The keys of the machine
        "https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/v2/credentials", "https://169.254.170.23/v1/credentials", "https://100.100.100.200/latest/meta-data/", "https://168.63.129.16/machine", "https://192.0.0.192/latest/", "https://[fd00:ec2::254]/", "https://[fd00:ec2::23]/",
        "https://[fd20:ce::254]/", "https://2852039166/", "https://0xa9fea9fe/", "https://0xa9.0xfe.0xa9.0xfe/", "https://0251.0376.0251.0376/", "https://169.16689662/",

        // IPv6
        "https://[::]/", "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[0000:0000:0000:0000:0000:0000:0000:0001]/", "https://[::1%25lo]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%1]/", "https://[fe80::1]/", "https://[fec0::1]/", "https://[fc00::1]/", "https://[fd12:3456::1]/",
        "https://[ff02::1]/", "https://[ff0e::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:0:127.0.0.1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:169.254.169.254]/", "https://[::127.0.0.1]/", "https://[::7f00:1]/", "https://[64:ff9b::127.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b::8.8.8.8]/", "https://[64:ff9b:1::1]/", "https://[100::1]/", "https://[100:0:0:1::1]/", "https://[2001::1]/", "https://[2001:0:7f00:1::]/", "https://[2001:2::1]/", "https://[2001:10::1]/", "https://[2001:20::1]/", "https://[2001:db8::1]/",
        "https://[2002:7f00:1::]/", "https://[2002:a9fe:a9fe::1]/", "https://[2002:808:808::1]/", "https://[2607:f8b0::5efe:7f00:1]/", "https://[2607:f8b0::200:5efe:7f00:1]/", "https://[3ffe::1]/", "https://[3fff::1]/", "https://[4000::1]/", "https://[5f00::1]/", "https://[2620:4f:8000::1]/",
        "https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[]/", "https://[::1]]/", "https://[[::1]]/", "https://[::1]:/", "https://[::1].example.org/", "https://[v1.fe80::a]/", "https://[1::2::3]/",

        // Names that their owners point inside
        .. s_names.Keys.Select(n => $"https://{n}/"),
    ];

    public static IReadOnlyList<string> Urls => s_hostile;

    public static TheoryData<string> Hostile => [.. s_hostile];

    public static TheoryData<string> Friendly =>
    [
        "https://example.org", "https://example.org/", "https://example.org?x=1", "https://EXAMPLE.org/Hook", "HTTPS://example.org/hook", "https://example.org:443/hook", "https://example.org:8443/hook?x=1&y=%20z", "https://hooks.slack.com/services/T0/B0/x~y;z=1,2(3)",
        "https://xn--bcher-kva.example.org/", "https://127.0.0.1.example.org/", "https://localhost.example.org/", "https://0x7f.example.org/", "https://a-b.c--d.org/@user:x", "https://user.pipedream.net/a//b/../c", "https://1.1.1.1/", "https://[2606:4700:4700::1111]/", "https://[2A00:1450:4001:80b::200e]:8443/x",
    ];

    [Fact]
    public void The_corpus_is_a_corpus() => s_hostile.Distinct().Should().HaveCountGreaterThan(250);

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_URL_is_neither_saved_nor_called(string url)
    {
        using var courier = Calling.Courier(allowed: null, lookup: Resolve);

        (await courier.FaultOf(url, CancellationToken.None)).Should().NotBeNullOrEmpty();

        // Nothing listens where this would lead; the reason shows that it did not even come to that.
        var receipt = await courier.Post(url);
        (receipt.Carried, receipt.Status).Should().Be((Carried.Failed, null));
        receipt.Reason.Should().Be(await courier.FaultOf(url, CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Friendly))]
    public async Task A_receiver_on_the_Internet_may_be_called(string url)
    {
        using var courier = Calling.Courier(allowed: null, lookup: Resolve);

        (await courier.FaultOf(url, CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task What_a_private_name_resolves_to_is_not_told()
    {
        using var courier = Calling.Courier(allowed: null, lookup: Resolve);

        var faults = ((string[])["https://private.example.org/", "https://localtest.me/", "https://mixed.example.org/", "https://printer.local/", "https://10.9.9.9/"])
            .Select(async u => await courier.FaultOf(u, CancellationToken.None));

        (await Task.WhenAll(faults)).Distinct().Should().ContainSingle().Which.Should().NotContainAny("10.", "127.");
    }

    [Theory]
    [InlineData("http://10.1.2.3:9000/hook", true)]
    [InlineData("http://private.example.org:9000/", true)]
    [InlineData("https://private.example.org/", true)]
    [InlineData("http://receiver:8080/", true)]
    [InlineData("http://mixed.example.org/", false)]
    [InlineData("https://mixed.example.org/", true)]
    [InlineData("http://10.2.0.1/", false)]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("http://example.org/", false)]
    public async Task The_operator_opens_networks_and_no_more(string url, bool open)
    {
        using var courier = Calling.Courier("10.1.0.0/16", n => n == "receiver" ? Task.FromResult<IPAddress[]>([IPAddress.Parse("10.1.9.9")]) : Resolve(n));

        (await courier.FaultOf(url, CancellationToken.None) is null).Should().Be(open);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://spoofed.example.org/")]
    [InlineData("http://168.63.129.16/")]
    [InlineData("http://100.100.100.200/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://255.255.255.255/")]
    [InlineData("http://224.0.0.1/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/")]
    [InlineData("http://[2002:a9fe:a9fe::1]/")]
    [InlineData("http://[::169.254.169.254]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[ff02::1]/")]
    [InlineData("http://2852039166/")]
    [InlineData("http://user@10.0.0.1/")]
    public async Task An_operator_who_opens_everything_opens_not_the_keys_of_his_machine(string url)
    {
        using var courier = Calling.Courier("0.0.0.0/0 ::/0", Resolve);

        (await courier.FaultOf(url, CancellationToken.None)).Should().NotBeNull();
        (await courier.FaultOf("http://10.0.0.1:9000/", CancellationToken.None)).Should().BeNull();
        (await courier.FaultOf("http://[64:ff9b::10.0.0.1]/", CancellationToken.None)).Should().BeNull();
    }

    /// <summary>Public at the first look, the loopback address at the second.</summary>
    [Fact]
    public async Task A_name_that_changes_its_mind_is_not_called()
    {
        var looks = 0;
        using var courier = Calling.Courier(allowed: null, lookup: _ => Task.FromResult<IPAddress[]>([++looks == 1 ? Calling.Elsewhere : IPAddress.Loopback]));

        (await courier.FaultOf("https://rebind.example.org/", CancellationToken.None)).Should().BeNull();
        (await courier.Post("https://rebind.example.org/")).Reason.Should().Contain("not on the public Internet");
        looks.Should().Be(2);
    }

    /// <summary>The same where somebody listens at both addresses: it is connected to what was checked, by the one look that was checked.</summary>
    [Fact]
    public async Task A_connection_goes_to_the_address_that_was_checked()
    {
        var looks = 0;
        var (open, closed) = (IPAddress.Parse("127.0.0.2"), IPAddress.Loopback);
        await using var receiver = Receiver.Answering(Calling.Ok);
        using var courier = Calling.Courier("127.0.0.2/32", _ => Task.FromResult<IPAddress[]>([++looks == 1 ? open : closed]));

        (await courier.Post(receiver.Url("rebind.example.org"))).Carried.Should().Be(Carried.Delivered);
        (await receiver.Next()).Called.Should().Be(open);
        looks.Should().Be(1);
        (await courier.Post(receiver.Url("rebind.example.org"))).Reason.Should().Contain("not on the public Internet");
        receiver.Count.Should().Be(1);
    }

    [Fact]
    public async Task A_host_with_one_address_inside_is_not_called_at_its_others()
    {
        await using var receiver = Receiver.Answering(Calling.Ok);
        using var courier = Calling.Courier("127.0.0.2/32", _ => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]));

        (await courier.Post(receiver.Url("mixed.example.org"))).Carried.Should().Be(Carried.Failed);
        receiver.Count.Should().Be(0);
    }

    private static Task<IPAddress[]> Resolve(string name) => Task.FromResult<IPAddress[]>(
        s_names.TryGetValue(name, out var addresses) ? [.. addresses.Split(' ').Select(IPAddress.Parse)] : [Calling.Elsewhere]);
}
