using System.Buffers;
using Budgets.Recharge;
using Budgets.Tests.Grains;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Payments;

/// <summary>What is stored of payments is a promise too.</summary>
public sealed class RechargeCodecTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly AgentId s_agent = new("agent_0123456789abcdefghij");

    /// <summary>Lives that have one of every event, with every member said.</summary>
    private static readonly RechargeEvent[] s_events =
    [
        new RechargeOrdered(s_noon, Id(1), Order(1)),
        new PaymentTried(s_noon.AddSeconds(1), Id(1), "It answered 500.", s_noon.AddSeconds(6)),
        new PaymentCreated(s_noon.AddSeconds(2), Id(1), "stripe", "pi_3MtwBwLkdIwHu7ix28a3tqPa"),
        new PaymentEnded(s_noon.AddSeconds(3), Id(1), PaymentStatus.Succeeded, "stripe", Ask.Usd(25), null),
        new RechargeReported(s_noon.AddSeconds(4), Id(1)),
        new RechargeOrdered(s_noon.AddSeconds(5), Id(2), Order(2) with { PaymentMethod = null }),
        new PaymentCreated(s_noon.AddSeconds(6), Id(2), "stripe", "pi_2"),
        new PaymentRefused(s_noon.AddSeconds(7), Id(2), PaymentStatus.ActionRequired, "authentication_required"),
        new PaymentEnded(s_noon.AddSeconds(8), Id(2), PaymentStatus.ActionRequired, "stripe", Money.Zero, "authentication_required"),
        new RechargeReported(s_noon.AddSeconds(9), Id(2)),
        new RechargeRepeated(s_noon.AddSeconds(10), Id(2)),
        new RechargeOrdered(s_noon.AddSeconds(11), Id(3), Order(3)),
        new PaymentCreated(s_noon.AddSeconds(12), Id(3), "stripe", "pi_3"),
        new PaymentRefused(s_noon.AddSeconds(13), Id(3), PaymentStatus.Declined, "card_declined"),
    ];

    public static TheoryData<string> Names => [.. s_events.Select(e => e.GetType().Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_of_payments_is_stored_as_approved(string name)
    {
        var example = s_events.First(e => e.GetType().Name == name);
        var written = new ArrayBufferWriter<byte>();
        RechargeCodec.Instance.Encode([example], written);

        Approved.Equal(name, written.WrittenSpan.ToArray());
        RechargeCodec.Instance.Decode(written.WrittenMemory).Should().Equal(example);
    }

    [Fact]
    public void The_state_of_payments_is_stored_as_approved()
    {
        var stored = EncodeState(s_events.Aggregate(new RechargeState(s_agent), RechargeFold.Apply));

        Approved.Equal("Payments", stored);
        EncodeState(RechargeCodec.Instance.DecodeState(stored)).Should().Equal(stored);
    }

    [Fact]
    public void Every_kind_of_event_of_payments_has_an_example() => s_events.Select(e => e.GetType()).Distinct().Should().BeEquivalentTo(
        typeof(RechargeEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RechargeEvent))));

    private static RechargeId Id(long number) => RechargeId.Of(s_agent, number);

    private static RechargeOrder Order(long number) => new(Id(number), s_agent, "scribe", Ask.Usd(25), s_noon, "pm_1MtwBwLkdIwHu7ix");

    private static byte[] EncodeState(RechargeState state)
    {
        var written = new ArrayBufferWriter<byte>();
        RechargeCodec.Instance.EncodeState(state, written);
        return written.WrittenSpan.ToArray();
    }
}
