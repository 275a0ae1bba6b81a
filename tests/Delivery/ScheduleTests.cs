using Budgets.Delivery;
using static Budgets.Tests.Delivery.Told;

namespace Budgets.Tests.Delivery;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>When a letter is tried, and when nothing is tried any more. All on paper: the clock is a variable.</summary>
public sealed class ScheduleTests
{
    private const string Url = "https://hooks.example.com/a?token=t";

    private static readonly Func<Lane, bool> s_webhook = l => l is { Channel: Channel.Webhook, Layer: Layer.Above };

    private readonly Paper _paper = new Paper().With(Hook(Layer.Above, Url), Human(Layer.Above, "human@example.com"), Human(Layer.Own, "agent@example.com"));

    [Fact]
    public void A_letter_is_tried_ten_times_and_each_wait_counts_from_the_try_before()
    {
        _paper.Take(Warned(1));
        var waits = new List<TimeSpan>();
        for (var letter = _paper.Made.First(); letter.NextTryAt is { } next; letter = _paper.Try(s_webhook, Carried.Failed))
        {
            waits.Add(next - _paper.Now);
            _paper.State.Due(s_webhook, next.AddTicks(-1)).Should().BeNull("it is not its turn yet");

            // Late, as a wake may be.
            _paper.Now = next.AddSeconds(7);
        }

        waits.Should().Equal(
            TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10),
            TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24));
        _paper.Made.First().Should().BeEquivalentTo(new { Status = DeliveryStatus.Failed, Tries = 10, LastError = "no", LastStatus = 500 });
    }

    [Theory]
    [InlineData(1, 60, 60)]
    [InlineData(1, 1, 5)]
    [InlineData(2, 60, 300)]
    [InlineData(2, 3600, 3600)]
    [InlineData(1, 400_000, 86_400)]
    [InlineData(9, 1, 86_400)]
    public void A_receiver_may_ask_for_a_longer_wait_up_to_a_day_and_never_gets_a_shorter_one(int tries, int asked, int waits) =>
        Schedule.Next(tries, Noon, TimeSpan.FromSeconds(asked)).Should().Be(Noon.AddSeconds(waits));

    [Fact]
    public void After_the_last_try_it_is_the_next_letters_turn()
    {
        _paper.Take(Warned(1), Warned(2, 95));
        for (var i = 0; i < 10; i++)
        {
            _paper.TryInTime(s_webhook, Carried.Failed).Number.Should().Be(1);
        }

        _paper.Try(s_webhook, Carried.Delivered).Should().BeEquivalentTo(new { Number = 2, Status = DeliveryStatus.Delivered, Tries = 1 });
    }

    [Fact]
    public void Who_answers_that_it_wants_no_more_is_asked_no_more_and_people_are_told()
    {
        _paper.Take(Warned(1, 80, "boss@example.com"), Warned(2, 95, "boss@example.com"));

        _paper.Try(s_webhook, Carried.Gone).Status.Should().Be(DeliveryStatus.Failed);

        _paper.State.Above.Disabled.Should().Be(Trying.Gone);
        _paper.State.Due(s_webhook, _paper.Now.AddDays(30)).Should().BeNull();
        _paper.State.Find("alr_0123456789abcdefghij_2-aw", null).Should().BeEquivalentTo(new { Status = DeliveryStatus.Failed, LastError = Reasons.WebhookDisabled });
        var told = _paper.Made.Where(l => l.Kind == AlertKinds.WebhookDisabled).ToList();
        told.Select(l => (l.Target, l.Layer)).Should().BeEquivalentTo(
            [("human@example.com", Layer.Above), ("agent@example.com", Layer.Own), ("boss@example.com", Layer.Above)]);
        told.Should().OnlyContain(l => l.Page!.Title == "A webhook of scribe is disabled");
        told.Should().OnlyContain(l => !l.Page!.Paragraphs[0].Contains("hooks", StringComparison.Ordinal), "one layer is not told where another's alerts went");
    }

    [Fact]
    public void The_other_layers_webhook_hears_of_it_if_it_wants_to()
    {
        var deaf = new Paper().With(Hook(Layer.Above, Url), Hook(Layer.Own, "https://own.example.com/"), Events(Layer.Own, AlertKinds.BudgetExceeded));
        foreach (var paper in new[] { _paper.With(Hook(Layer.Own, "https://own.example.com/")), deaf })
        {
            paper.Take(Warned(1));
            paper.Try(s_webhook, Carried.Gone);
        }

        _paper.Made.Should().ContainSingle(l => l.Kind == AlertKinds.WebhookDisabled && l.Channel == Channel.Webhook).Which.Layer.Should().Be(Layer.Own);
        deaf.Made.Should().NotContain(l => l.Kind == AlertKinds.WebhookDisabled);
    }

    [Fact]
    public void Five_days_of_failure_disable_a_webhook_and_not_a_moment_less()
    {
        _paper.Take([.. Enumerable.Range(1, 50).Select(i => Warned(i))]);
        var tries = 0;
        for (; _paper.State.Above.Disabled is null; tries++)
        {
            _paper.TryInTime(s_webhook, Carried.Failed);
        }

        _paper.State.Above.Disabled.Should().Be(Trying.Failing);
        (_paper.Now - Noon).Should().BeGreaterThanOrEqualTo(TimeSpan.FromDays(5)).And.BeLessThan(TimeSpan.FromDays(6));
        tries.Should().BeLessThan(30, "a dead receiver is left alone");
        _paper.State.Lanes[0].Waiting.Should().BeEmpty();
        _paper.Made.Should().Contain(l => l.Kind == AlertKinds.WebhookDisabled && l.Target == "human@example.com");
    }

    [Fact]
    public void One_success_and_the_five_days_begin_anew()
    {
        _paper.Take([.. Enumerable.Range(1, 50).Select(i => Warned(i))]);
        while (_paper.Now - Noon < TimeSpan.FromDays(4))
        {
            _paper.TryInTime(s_webhook, Carried.Failed);
        }

        _paper.TryInTime(s_webhook, Carried.Delivered);
        _paper.State.Above.FailingSince.Should().BeNull();
        var healed = _paper.Now;
        while (_paper.State.Above.Disabled is null)
        {
            _paper.TryInTime(s_webhook, Carried.Failed);
        }

        (_paper.Now - healed).Should().BeGreaterThanOrEqualTo(TimeSpan.FromDays(5));
    }

    [Fact]
    public void One_stumble_long_after_another_is_not_five_days_of_failure()
    {
        _paper.Take(Warned(1));
        for (var i = 0; i < 10; i++)
        {
            _paper.TryInTime(s_webhook, Carried.Failed);
        }

        _paper.Now += TimeSpan.FromDays(30);
        _paper.Take(Warned(2));

        _paper.Try(s_webhook, Carried.Failed).Status.Should().Be(DeliveryStatus.Pending);
        _paper.State.Above.Disabled.Should().BeNull();
    }

    [Fact]
    public void A_webhook_that_is_saved_again_is_enabled_and_tried_at_once()
    {
        _paper.Take(Warned(1));
        _paper.Try(s_webhook, Carried.Failed);
        _paper.With(Hook(Layer.Above, "https://mended.example.com/x"));

        var letter = _paper.State.Due(s_webhook, _paper.Now)!;
        (letter.Number, _paper.State.ReceiverOf(letter), letter.Target).Should().Be((1, "https://mended.example.com/x", "https://mended.example.com/x"));

        _paper.Try(s_webhook, Carried.Gone);
        _paper.With(Hook(Layer.Above, "https://mended.example.com/x"));
        (_paper.State.Above.Disabled, _paper.State.Above.FailingSince).Should().Be((null, null));
        _paper.Take(Warned(2));
        _paper.State.Due(s_webhook, _paper.Now)!.Number.Should().Be(2);
    }

    [Fact]
    public void What_the_receiver_before_has_answered_is_not_held_against_the_next()
    {
        _paper.Take(Warned(1));
        var sent = _paper.State.Due(s_webhook, _paper.Now)!;
        _paper.With(Hook(Layer.Above, "https://next.example.com/"));

        _paper.Apply(Trying.Tried(_paper.State, sent, Url, new Receipt(Carried.Gone, 410, "gone"), true, _paper.Now));

        _paper.State.Above.Disabled.Should().BeNull();
        _paper.State.Due(s_webhook, _paper.Now)!.Id.Should().Be(sent.Id);
    }

    [Fact]
    public void An_address_that_refuses_keeps_no_other_from_being_told()
    {
        _paper.Take(Warned(1, 80, "dead@example.com", "alive@example.com"), Warned(2, 95, "dead@example.com", "alive@example.com"));
        Func<Lane, bool> escalations = l => l.IsEscalation;

        _paper.Try(escalations, Carried.Failed).Target.Should().Be("dead@example.com");

        _paper.Try(escalations, Carried.Delivered).Should().BeEquivalentTo(new { Number = 1, Target = "alive@example.com" });
        _paper.Try(escalations, Carried.Delivered).Should().BeEquivalentTo(new { Number = 2, Target = "alive@example.com" });
        _paper.State.Due(escalations, _paper.Now).Should().BeNull();
    }
}
