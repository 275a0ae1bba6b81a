using System.Buffers;
using System.Text;
using Budgets.ApiHost.Gateway;

namespace Budgets.Tests.Gateway;

/// <summary>Events read the same however the network cuts them.</summary>
public sealed class EventStreamTests
{
    private const string Key = "sk-canary-0123456789";

    private static readonly Provider s_provider = new("openai", Dialect.OpenAi, "http://127.0.0.1/v1", Key);

    private static readonly CallBound s_bound = new(new TokenUsage(1_000, 100), 100, true);

    [Fact]
    public void Wherever_the_bytes_are_cut_the_same_is_passed_on_and_read()
    {
        string[] events = [": a comment\n\n", Said.Chunk("H\u00e9") + "\r\n\r\n", Said.Chunk("llo") + "\n\n", Said.UsageChunk() + "\n\n", "data: [DONE]\n\n"];
        var all = Encoding.UTF8.GetBytes(string.Concat(events));
        var passed = string.Concat(events[0], events[1], events[2], events[4]);

        for (var cut = 0; cut <= all.Length; cut++)
        {
            foreach (var strips in (bool[])[true, false])
            {
                var (output, meter) = Run(strips, all[..cut], all[cut..]);
                output.Should().Be(strips ? passed : Encoding.UTF8.GetString(all));
                meter.Spent(true).Should().Be(new Spent.Used(new TokenUsage(11, 9), IsTold: true, Model: "gpt-4o"));
                meter.IsDone.Should().BeTrue();
            }
        }

        Run(true, [.. all.Select(b => new[] { b })]).Output.Should().Be(passed);
    }

    [Fact]
    public void An_event_that_never_ends_is_passed_on_counted_and_not_kept()
    {
        var part = Encoding.UTF8.GetBytes(new string('x', 1 << 20));

        var (output, meter) = Run(true, [Encoding.UTF8.GetBytes("data: "), .. Enumerable.Repeat(part, 10)]);

        output.Length.Should().Be((10 << 20) + 6);
        meter.Spent(false).Should().Be(new Spent.Used(new TokenUsage(1_000, 100)));
    }

    [Fact]
    public void What_is_not_text_or_not_JSON_is_counted_by_its_bytes()
    {
        var (_, meter) = Run(false, [.. "data: {\"choices\":[\"\\ud800\"]}\n\n"u8, .. "data: nonsense\n\n"u8]);

        meter.Spent(true).Should().BeOfType<Spent.Used>().Which.Usage.OutputTokens.Should().BeGreaterThan(8);
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"of CANARY\"}}")]
    [InlineData("data: {\"id\":\"c1\",\"choices\":[],\"usage\":{},\"error\":{\"message\":\"of CANARY\"}}")]
    [InlineData("data: {\"error\":\"of CANARY\"}")]
    [InlineData("data: {\"object\":\"error\",\"message\":\"of CANARY\"}")]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"of CANARY\"}}}")]
    [InlineData("event: error\ndata: {\"message\":\"of CANARY\"}")]
    [InlineData("event:error\r\ndata: of CANARY")]
    [InlineData("data: of CANARY")]
    [InlineData("data: \"of CANARY\"")]
    public void Wherever_an_error_is_cut_no_key_is_in_it_and_nothing_else_is_changed(string error)
    {
        var good = Said.Chunk("an sk-learner in org-mode");
        var all = Encoding.UTF8.GetBytes($"{good}\n\n{error.Replace("CANARY", Key, StringComparison.Ordinal)}\n\n{good}\n\n");

        for (var cut = 0; cut <= all.Length; cut++)
        {
            Run(cut % 2 == 0, all[..cut], all[cut..]).Output.Should().Be($"{good}\n\n{error.Replace("CANARY", "[hidden]", StringComparison.Ordinal)}\n\n{good}\n\n");
        }
    }

    [Fact]
    public void A_sign_of_life_waits_for_nothing()
    {
        var (asking, _) = Asking.Read(ModelRoute.Chat, Encoding.UTF8.GetBytes(Said.HelloStreamed));
        var output = new ArrayBufferWriter<byte>();
        using var events = new EventStream(new Meter(asking!, s_bound), s_provider, strips: false);

        events.Pass([.. ": still here\n"u8, .. "data: {\"id\""u8], output);

        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be(": still here\n");
    }

    private static (string Output, Meter Meter) Run(bool strips, params byte[][] parts)
    {
        var (asking, _) = Asking.Read(ModelRoute.Chat, Encoding.UTF8.GetBytes(Said.HelloStreamed));
        var meter = new Meter(asking!, s_bound);
        var output = new ArrayBufferWriter<byte>();
        using var events = new EventStream(meter, s_provider, strips);
        foreach (var part in parts)
        {
            events.Pass(part, output);
        }

        events.End(output);
        return (Encoding.UTF8.GetString(output.WrittenSpan), meter);
    }
}
