using System.Buffers;
using Budgets.Ledger;
using Budgets.Tests.Journal;
using Budgets.Trees;

namespace Budgets.Tests.Trees;

/// <summary>What a tree stores is a promise too.</summary>
public sealed class TreeCodecTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 23, 58, 0, TimeSpan.Zero);

    private static readonly AgentId Parent = new("agent_parent789abcdefghij");
    private static readonly AgentId First = new("agent_0123456789abcdefghij");
    private static readonly AgentId Second = new("agent_1123456789abcdefghij");

    /// <summary>A life that has one of every event, with every member said.</summary>
    private static readonly TreeEvent[] Events =
    [
        new ChildAgreed(Start, "agent:manage", First, new ChildTerms("scribe", OverrunPolicy.Alert, Usd(1), Usd(5), Usd(20), Usd(0.000000001m), Start.AddDays(1), IsRun: true)),
        new ChildAgreed(Start, "operator", Second, new ChildTerms("reader", OverrunPolicy.Block)),
        new OvercommitAgreed(Start.AddSeconds(1), "operator", Allowed: false),
        new TreeAsked(Start.AddSeconds(2), new Asked(1, 1, Usd(0), Usd(2), Usd(10), IsExact: true)),
        new TreeAnswered(Start.AddSeconds(3), new Answered(1, 1, Usd(10), Start.AddMinutes(2), IsExact: true)),
        new ChildLent(Start.AddSeconds(4), First, new Loan(1, 2, Usd(3), Usd(1), Usd(0.5m), default, 1, Start.AddMinutes(2), IsExact: true, Start.AddSeconds(4), IsOpen: true)),
        new ChildLeft(Start.AddSeconds(5), "parent:manage", First),
        new ChildForgotten(Start.AddSeconds(6), Second),
    ];

    public static TheoryData<string> Names => [.. Events.Select(e => e.GetType().Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_of_a_tree_is_stored_as_approved(string name)
    {
        var example = Events.First(e => e.GetType().Name == name);

        var stored = Encode(example);

        Approved.Equal(name, stored);
        TreeCodec.Instance.Decode(stored).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void A_tree_is_stored_as_approved()
    {
        var stored = EncodeState(Events.Aggregate(new TreeState(Parent), TreeFold.Apply));

        Approved.Equal("Tree", stored);
        EncodeState(TreeCodec.Instance.DecodeState(stored)).Should().Equal(stored);
    }

    [Fact]
    public void Every_kind_of_event_of_a_tree_has_an_example() => Events.Select(e => e.GetType()).Distinct().Should().BeEquivalentTo(
        typeof(TreeEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(TreeEvent))));

    private static Money Usd(decimal dollars) => Money.FromDollars(dollars);

    private static byte[] Encode(TreeEvent e)
    {
        var written = new ArrayBufferWriter<byte>();
        TreeCodec.Instance.Encode([e], written);
        return written.WrittenSpan.ToArray();
    }

    private static byte[] EncodeState(TreeState state)
    {
        var written = new ArrayBufferWriter<byte>();
        TreeCodec.Instance.EncodeState(state, written);
        return written.WrittenSpan.ToArray();
    }
}
