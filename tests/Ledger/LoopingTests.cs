using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"The same requests again and again, and nothing new in between, are a loop."</summary>
public sealed class LoopingTests
{
    private static readonly LoopRule FiveInTen = new(5, 10, Freezes: true);

    [Fact]
    public void The_same_request_over_and_over_freezes_the_agent_and_shows_what_it_was()
    {
        var book = Watched(FiveInTen);

        for (var i = 0; i < 4; i++)
        {
            Say(book, "search").Outcome.Should().Be(Outcome.Accepted);
            book.State.Freeze.Should().BeNull();
        }

        Say(book, "search").Outcome.Should().Be(Outcome.Accepted, "what was admitted was admitted; the next is not");
        Say(book, "search").Outcome.Should().Be(Outcome.Frozen);

        (book.State.Freeze!.By, book.State.Freeze.Tripped).Should().Be((Looping.By, true));
        var alert = book.State.Outbox.Should().ContainSingle().Subject;
        alert.Kind.Should().Be(AlertKinds.RunawayDetected);
        alert.Detail.Should().Contain("'search'").And.Contain("5 times").And.Contain("frozen until somebody unfreezes it");
    }

    [Fact]
    public void A_loop_of_several_steps_is_a_loop_too()
    {
        var book = Watched(FiveInTen);

        for (var i = 0; book.State.Freeze is null && i < 100; i++)
        {
            Say(book, i % 2 == 0 ? "plan" : "search");
        }

        book.State.Freeze.Should().NotBeNull();
        book.Entries.OfType<Charged>().Should().HaveCountLessThan(14);
    }

    [Fact]
    public void An_agent_that_gets_on_is_never_stopped_however_often_it_asks_the_same()
    {
        var book = Watched(FiveInTen);

        for (var i = 0; i < 500; i++)
        {
            Say(book, i % 4 == 3 ? $"step-{i}" : "search");
        }

        book.State.Freeze.Should().BeNull();
        book.State.Repeats.Length.Should().BeLessThanOrEqualTo(Looping.MostSteps);
    }

    [Fact]
    public void The_same_request_now_and_then_is_no_loop()
    {
        var book = Watched(FiveInTen);

        for (var i = 0; i < 50; i++)
        {
            Say(book.Later(200), "poll");
        }

        book.State.Freeze.Should().BeNull("five take more than ten minutes");
    }

    [Fact]
    public void Other_amounts_models_or_operations_are_other_requests()
    {
        var book = Watched(FiveInTen);

        for (var i = 1; i <= 20; i++)
        {
            book.Charge(0.01m * i, purpose: Purpose.None with { Operation = "search" });
        }

        book.State.Freeze.Should().BeNull();
    }

    [Fact]
    public void Requests_that_say_nothing_of_themselves_are_not_compared()
    {
        var book = Watched(FiveInTen);

        for (var i = 0; i < 20; i++)
        {
            book.Charge(0.01m);
        }

        book.State.Freeze.Should().BeNull();
    }

    [Fact]
    public void Whoever_only_wants_to_know_is_told_once_and_the_agent_goes_on()
    {
        var book = Watched(FiveInTen with { Freezes = false });

        for (var i = 0; i < 50; i++)
        {
            Say(book, "search").Outcome.Should().Be(Outcome.Accepted);
        }

        book.State.Outbox.Should().ContainSingle().Which.Detail.Should().EndWith("The agent goes on.");
    }

    [Fact]
    public void Reservations_count_as_charges_do_and_the_freeze_ends_by_itself_if_the_layer_says_so()
    {
        var book = Of(new Limits(Daily: Usd(100), Loop: FiveInTen, ResumeAfterSeconds: 60));
        for (var i = 0; i < 5; i++)
        {
            book.Hold(1, $"h{i}", purpose: Purpose.None with { Model = "gpt-5" });
        }

        book.Hold(1, "h6").Outcome.Should().Be(Outcome.Frozen);
        book.Later(60).Hold(1, "h7").Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void Unfrozen_the_agent_has_all_its_repetitions_before_it_again()
    {
        var book = Watched(FiveInTen);
        Five(book);

        book.Unfreeze();
        Five(book);

        book.Entries.OfType<Frozen>().Should().HaveCount(2);
        book.ReadAgain().Should().BeEquivalentTo(book.State);
    }

    [Fact]
    public void The_rule_from_above_holds_whatever_the_agent_sets()
    {
        var book = Of(above: new Limits(Daily: Usd(100), Loop: FiveInTen));
        book.Configure(c => c with { Loop = Change.To<LoopRule?>(new LoopRule(1_000, 10, false)) });

        Five(book);

        book.State.Freeze.Should().NotBeNull();
    }

    private static Passbook Watched(LoopRule rule)
    {
        var book = Of(new Limits(Daily: Usd(100), Loop: rule));
        book.Configure(c => c with { Wanted = Change.To<AlertKinds?>(Alert.Usual) });
        return book;
    }

    private static void Five(Passbook book)
    {
        for (var i = 0; i < 5; i++)
        {
            Say(book, "search");
        }
    }

    private static Decision Say(Passbook book, string operation) => book.Charge(0.01m, purpose: Purpose.None with { Operation = operation, Model = "gpt-5" });
}
