using System.Buffers;
using Budgets.Delivery;
using Budgets.Tests.Journal;
using static Budgets.Tests.Delivery.Told;

namespace Budgets.Tests.Delivery;

/// <summary>What is stored of letters is a promise too.</summary>
public sealed class DeliveryCodecTests
{
    private static readonly DeliveryEvent[] s_events = Life();

    public static TheoryData<string> Names => [.. s_events.Select(e => e.GetType().Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_of_letters_is_stored_as_approved(string name)
    {
        var example = s_events.First(e => e.GetType().Name == name);

        var stored = Encode(example);

        Approved.Equal(name, stored);
        DeliveryCodec.Instance.Decode(stored).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void The_state_of_letters_is_stored_as_approved()
    {
        var stored = EncodeState(s_events.Aggregate(new DeliveryState(Agent), DeliveryFold.Apply));

        Approved.Equal("Letters", stored);
        EncodeState(DeliveryCodec.Instance.DecodeState(stored)).Should().Equal(stored);
    }

    [Fact]
    public void A_body_is_the_same_to_the_byte_after_it_was_stored()
    {
        var paper = new Paper().With(Hook(Layer.Own, "https://own.example.com/"));
        var taken = paper.Take(Of(AlertKinds.RunawayDetected) with { AgentName = "naïve \"<&'>\" \u2028 \ud83d\ude00", Detail = "\t\\" }).Single();

        var read = (LettersMade)DeliveryCodec.Instance.Decode(Encode(taken)).Single();
        var state = DeliveryCodec.Instance.DecodeState(EncodeState(paper.State));

        read.Letters.Single().Body.Should().Be(taken.Letters.Single().Body);
        state.Waiting.Single().Body.Should().Be(taken.Letters.Single().Body);
    }

    [Fact]
    public void Every_kind_of_event_of_letters_has_an_example() => s_events.Select(e => e.GetType()).Distinct().Should().BeEquivalentTo(
        typeof(DeliveryEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(DeliveryEvent))));

    /// <summary>A life that has one of every event, with every member said.</summary>
    private static DeliveryEvent[] Life()
    {
        var paper = new Paper { CanMail = false };
        var events = new List<DeliveryEvent>();
        Happen(Changing.Set(paper.State, new ChannelsRequest(
            Layer.Above, "operator", Change.To<string?>("https://hooks.example.com/a?token=t"), Change.To<string?>("boss@example.com"),
            Change.To<AlertKinds?>(AlertKinds.BudgetWarning | AlertKinds.PeriodReset | AlertKinds.WebhookDisabled)), OldSecret, Noon).Happened);
        Happen(Changing.Rotate(paper.State, Layer.Above, NewSecret, TimeSpan.FromHours(1), "agent:manage", Noon.AddSeconds(1)).Happened);
        var taken = Taking.Take(paper.State, Agent, [Warned(7, 80, "e@example.com") with { Coalesced = 2 }], canMail: false, Noon.AddSeconds(2)).Single();
        Happen([taken with { Dropped = [new NoRoom(Channel.Email, Layer.Own, false, 3)] }]);
        var letter = paper.State.Waiting.Single();
        Happen([new LetterTried(Noon.AddSeconds(3), letter.Id, Carried.Failed, 503, "It answered 503.", Noon.AddSeconds(8))]);
        Happen([new LetterReplayed(Noon.AddSeconds(4), letter.Id)]);
        Happen([Taking.Disable(paper.State, Layer.Above, Trying.Failing, canMail: true, Noon.AddSeconds(5)) with { Dropped = [new NoRoom(Channel.Webhook, Layer.Own, false, 1)] }]);
        return [.. events];

        void Happen(IEnumerable<DeliveryEvent> happened)
        {
            events.AddRange(happened);
            paper.Apply([.. happened]);
        }
    }

    private static byte[] Encode(DeliveryEvent e)
    {
        var written = new ArrayBufferWriter<byte>();
        DeliveryCodec.Instance.Encode([e], written);
        return written.WrittenSpan.ToArray();
    }

    private static byte[] EncodeState(DeliveryState state)
    {
        var written = new ArrayBufferWriter<byte>();
        DeliveryCodec.Instance.EncodeState(state, written);
        return written.WrittenSpan.ToArray();
    }
}
