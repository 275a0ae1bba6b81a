using System.Buffers;
using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Routing;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Routing;

/// <summary>What was learnt is stored for good, too.</summary>
public sealed class RoutingCodecTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 23, 58, 0, TimeSpan.Zero);
    private static readonly AgentId Root = new("agent_parent789abcdefghij");

    private static readonly CallRated[] Events =
    [
        new(Start, new HoldId("gwr_0123456789abcdefghij"), Root, "chat/completions", Complexity.Simple, "gpt-4o-mini", 0.75),
        new(Start.AddSeconds(1), new HoldId("gwr_1123456789abcdefghij"), new AgentId("agent_0123456789abcdefghij"), "chat/completions", Complexity.Simple, "gpt-4o", 1),
    ];

    [Fact]
    public void A_rating_is_stored_as_approved_and_is_found_by_its_call()
    {
        var written = new ArrayBufferWriter<byte>();
        RoutingCodec.Instance.Encode([Events[0]], written);
        var stored = written.WrittenSpan.ToArray();
        var filed = ImmutableArray.CreateBuilder<Filing>();
        RoutingCodec.Instance.File(Events[0], 7, filed);

        Approved.Equal(nameof(CallRated), stored);
        RoutingCodec.Instance.Decode(stored).Should().Equal(Events[0]);
        filed.Should().Equal(new Filing(Digest.Of(Events[0].Call), 7));
        typeof(RoutingEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RoutingEvent))).Should().Equal(typeof(CallRated));
    }

    [Fact]
    public void What_was_learnt_is_stored_as_approved()
    {
        var stored = Encode(Events.Aggregate(new RoutingState(Root), RoutingFold.Apply));

        Approved.Equal("Routing", stored);
        Encode(RoutingCodec.Instance.DecodeState(stored)).Should().Equal(stored);
    }

    private static byte[] Encode(RoutingState state)
    {
        var written = new ArrayBufferWriter<byte>();
        RoutingCodec.Instance.EncodeState(state, written);
        return written.WrittenSpan.ToArray();
    }
}
