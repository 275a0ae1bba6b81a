using System.Text.Json;
using Budgets.Delivery;
using static Budgets.Tests.Delivery.Told;

namespace Budgets.Tests.Delivery;

/// <summary>Who gets a letter, and which.</summary>
public sealed class TakingTests
{
    private readonly Paper _paper = new();

    [Fact]
    public void Each_layer_hears_on_its_own_channels_what_it_asked_for()
    {
        _paper.With(Hook(Layer.Above, "https://above.example.com/"), Human(Layer.Above, "boss@example.com"), Events(Layer.Above, AlertKinds.BudgetExceeded));
        _paper.With(Hook(Layer.Own, "https://own.example.com/"));

        _paper.Take(Warned(1), Of(AlertKinds.BudgetExceeded, 2));

        _paper.Made.Select(l => (l.Number, l.Layer, l.Channel)).Should().Equal(
            (1, Layer.Own, Channel.Webhook), (2, Layer.Above, Channel.Webhook), (2, Layer.Above, Channel.Email), (2, Layer.Own, Channel.Webhook));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(AlertKinds.PeriodReset, true)]
    [InlineData(AlertKinds.BudgetWarning, false)]
    public void A_windows_end_is_told_to_who_asked_for_it_or_named_nothing(AlertKinds? events, bool isTold)
    {
        _paper.With(Hook(Layer.Own, "https://own.example.com/"), Events(Layer.Own, events));

        _paper.Take(Of(AlertKinds.PeriodReset));

        _paper.Made.Any().Should().Be(isTold);
    }

    [Fact]
    public void Nobody_is_mailed_the_same_twice()
    {
        _paper.With(Human(Layer.Above, "boss@example.com"), Human(Layer.Own, "BOSS@example.com"));

        _paper.Take(Warned(1, 80, "Boss@Example.com", "other@example.com", "other@example.com"));

        _paper.Made.Select(l => l.Target).Should().Equal("boss@example.com", "other@example.com");
    }

    [Fact]
    public void Escalations_go_out_whatever_the_channels_say()
    {
        _paper.With(Human(Layer.Own, "agent@example.com"), Events(Layer.Own, AlertKinds.Test));

        _paper.Take(Of(AlertKinds.BudgetExceeded, 1, "boss@example.com"));

        _paper.Made.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Target = "boss@example.com", IsEscalation = true, Channel = Channel.Email });
    }

    [Fact]
    public void The_same_numbers_again_change_nothing()
    {
        _paper.With(Hook(Layer.Own, "https://own.example.com/"));
        _paper.Take(Warned(1), Warned(2), Warned(4));

        _paper.Take(Warned(1), Warned(2), Warned(3), Warned(4)).Should().BeEmpty();

        _paper.Take(Warned(4), Warned(5), Warned(5)).Should().ContainSingle().Which.Letters.Should().ContainSingle().Which.Number.Should().Be(5);
    }

    [Fact]
    public void An_id_is_of_one_letter_for_ever()
    {
        _paper.With(Hook(Layer.Above, "https://a.example.com/"), Human(Layer.Above, "a@example.com"), Hook(Layer.Own, "https://o.example.com/"), Human(Layer.Own, "o@example.com"));

        _paper.Take(Warned(1, 80, "e@example.com", "f@example.com"), Warned(11));
        _paper.Take(Child, Of(AlertKinds.ChildOverBudget, 1, "e@example.com") with { Agent = Child });

        _paper.Made.Select(l => l.Id).Should().OnlyHaveUniqueItems().And.HaveCount(15).And.Contain(
            ["alr_0123456789abcdefghij_1-aw", "alr_0123456789abcdefghij_1-oh", "alr_0123456789abcdefghij_1-e1", "alr_child6789abcdefghij_1-caw"]);
        var again = new Paper().With(Hook(Layer.Above, "https://a.example.com/"));
        again.Take(Warned(1)).Single().Letters.Single().Should().BeEquivalentTo(_paper.Made.First());
    }

    [Fact]
    public void Without_a_mail_server_a_mail_has_failed_at_once_and_says_why()
    {
        _paper.CanMail = false;
        _paper.With(Human(Layer.Above, "boss@example.com"), Hook(Layer.Above, "https://a.example.com/"));

        _paper.Take(Warned(1, 80, "e@example.com"));

        _paper.Made.Where(l => l.Channel == Channel.Email).Should().HaveCount(2).And.OnlyContain(l => l.Status == DeliveryStatus.Failed && l.LastError == "not_configured");
        _paper.State.Waiting.Should().ContainSingle().Which.Channel.Should().Be(Channel.Webhook);
    }

    [Fact]
    public void What_has_no_room_is_counted_and_the_next_letter_that_has_says_so()
    {
        Func<Lane, bool> webhook = l => l is { Channel: Channel.Webhook, Layer: Layer.Own };
        _paper.With(Hook(Layer.Own, "https://own.example.com/"));
        _paper.Take([.. Enumerable.Range(1, Lane.MostWaiting).Select(i => Warned(i))]);

        _paper.Take([.. Enumerable.Range(Lane.MostWaiting + 1, 7).Select(i => Warned(i))]);
        _paper.State.Shown(Layer.Own).Should().BeEquivalentTo(new { Waiting = Lane.MostWaiting, Dropped = 7 });
        _paper.Try(webhook, Carried.Delivered);
        _paper.Take(Warned(1_000) with { Coalesced = 2 });
        _paper.Try(webhook, Carried.Delivered);
        _paper.Take(Warned(1_001));

        Dropped(1_000).Should().Be(9);
        Dropped(1_001).Should().BeNull();
        _paper.State.Shown(Layer.Own).Dropped.Should().Be(7);

        int? Dropped(long number) =>
            JsonDocument.Parse(_paper.Made.Single(l => l.Number == number).Body!).RootElement.TryGetProperty("alerts_dropped", out var dropped) ? dropped.GetInt32() : null;
    }

    [Fact]
    public void Many_alerts_at_once_are_many_events()
    {
        _paper.With(Hook(Layer.Own, "https://own.example.com/"));

        var taken = _paper.Take([.. Enumerable.Range(1, 100).Select(i => Warned(i))]);

        taken.Should().HaveCount(4);
        taken.SelectMany(t => t.Letters).Select(l => l.Number).Should().Equal(Enumerable.Range(1, 100).Select(i => (long)i));
    }

    [Fact]
    public void A_thousand_sources_are_remembered_and_the_one_that_was_silent_longest_is_forgotten()
    {
        foreach (var i in Enumerable.Range(1, DeliveryState.MostSources + 4))
        {
            _paper.Take(new AgentId($"agent_{i}"), Warned(3));
            _paper.Take(new AgentId("agent_often"), Warned(i));
        }

        _paper.State.Sources.Should().HaveCount(DeliveryState.MostSources);
        _paper.State.UpTo(new AgentId("agent_often")).Should().Be(DeliveryState.MostSources + 4);
        _paper.State.UpTo(new AgentId("agent_1")).Should().Be(0);
    }

    [Fact]
    public void A_channel_that_is_taken_away_ends_what_waits_for_it()
    {
        _paper.With(Hook(Layer.Own, "https://own.example.com/"), Human(Layer.Own, "o@example.com"));
        _paper.Take(Warned(1));

        _paper.With(Hook(Layer.Own, null));

        _paper.State.Own.Secrets.Should().BeEmpty();
        _paper.State.Find("alr_0123456789abcdefghij_1-ow", null).Should().BeEquivalentTo(new { Status = DeliveryStatus.Failed, LastError = Reasons.ChannelRemoved });
        _paper.State.Waiting.Should().ContainSingle().Which.Channel.Should().Be(Channel.Email);
        _paper.With(Human(Layer.Own, null));
        _paper.State.Waiting.Should().BeEmpty();
    }

    [Fact]
    public void Two_secrets_sign_until_the_overlap_has_passed()
    {
        _paper.With(Hook(Layer.Own, "https://own.example.com/"));
        var (outcome, happened) = Changing.Rotate(_paper.State, Layer.Own, NewSecret, TimeSpan.FromHours(1), "operator", Noon);
        _paper.Apply(happened);

        outcome.Secret.Should().Be(NewSecret);
        _paper.State.Own.SecretsAt(Noon.AddHours(1).AddTicks(-1)).Should().Equal(NewSecret, OldSecret);
        _paper.State.Own.SecretsAt(Noon.AddHours(1)).Should().Equal(NewSecret);
        var (nothing, none) = Changing.Rotate(_paper.State, Layer.Above, NewSecret, TimeSpan.FromHours(1), "operator", Noon);
        (nothing.Secret, none.Length).Should().Be((null, 0), "there is nothing to sign for");
    }

    [Fact]
    public void A_secret_is_made_once_and_never_printed()
    {
        var (first, happened) = Changing.Set(_paper.State, Hook(Layer.Own, "https://own.example.com/"), OldSecret, Noon);
        _paper.Apply(happened);
        var (second, _) = Changing.Set(_paper.State, Hook(Layer.Own, "https://other.example.com/"), NewSecret, Noon);

        (first.Secret, second.Secret).Should().Be((OldSecret, null));
        foreach (var printed in new object[] { first, happened[0], _paper.State, _paper.State.Own, _paper.State.Own.Secrets[0], _paper.State.Shown(Layer.Own) })
        {
            printed.ToString().Should().NotContain("whsec_");
        }
    }
}
