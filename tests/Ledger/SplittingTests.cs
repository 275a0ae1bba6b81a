using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>One hold for several calls, and what is taken out of it for each.</summary>
public sealed class SplittingTests
{
    [Fact]
    public void What_is_taken_out_moves_no_sum_and_ends_like_any_hold()
    {
        var book = Daily(10);
        book.Hold(10, "all");

        Part(book, 4, "a").Outcome.Should().Be(Outcome.Accepted);
        Part(book, 6, "b").Outcome.Should().Be(Outcome.Accepted);
        book[LimitType.Daily].Should().Be((0, 10));
        book.Settle(1, "a");
        book.Release("b");
        book[LimitType.Daily].Should().Be((1, 0));
        book.Release("all");

        book[LimitType.Daily].Should().Be((1, 0));
        book.State.Holds.Should().BeEmpty();
        book.ReadAgain().Should().BeEquivalentTo(book.State);
    }

    [Fact]
    public void No_more_can_be_taken_out_than_is_there()
    {
        var book = Daily(100);
        book.Hold(10, "all");
        Part(book, 6, "a");

        Part(book, 5, "b").Outcome.Should().Be(Outcome.OutOfRange);

        book[LimitType.Daily].Should().Be((0, 10));
    }

    [Fact]
    public void The_same_part_asked_for_again_is_taken_out_once()
    {
        var book = Daily(10);
        book.Hold(10, "all");
        Part(book, 4, "a", "key");

        Part(book, 4, "a", "key").Events.Should().BeEmpty();
        Part(book, 4, "a", "another").Outcome.Should().Be(Outcome.IdempotencyKeyReused);

        book.State.Holds[new HoldId("all")].Amount.Should().Be(Usd(6));
    }

    [Theory]
    [InlineData("release", Outcome.HoldReleased)]
    [InlineData("settle", Outcome.HoldSettled)]
    [InlineData("expire", Outcome.HoldExpired)]
    [InlineData("nothing", Outcome.HoldUnknown)]
    [InlineData("freeze", Outcome.Frozen)]
    [InlineData("close", Outcome.AgentClosed)]
    public void Nothing_comes_out_of_a_hold_that_has_ended_or_of_an_agent_that_was_stopped(string what, Outcome outcome)
    {
        var book = Daily(10);
        if (what != "nothing")
        {
            book.Hold(10, "all");
        }

        _ = what switch
        {
            "release" => book.Release("all").Outcome,
            "settle" => book.Settle(1, "all").Outcome,
            "expire" => book.Later(600).Foresee(0).Outcome,
            "freeze" => (object)book.Freeze("stop"),
            "close" => book.Close(),
            _ => "",
        };

        Part(book, 1, "a").Outcome.Should().Be(outcome);
    }

    [Fact]
    public void A_part_is_booked_on_the_day_that_admitted_its_whole()
    {
        var book = Daily(10).At("2026-03-04T23:59Z");
        book.Hold(10, "all");
        book.At("2026-03-05T00:01Z");
        Part(book, 4, "a");
        book.Release("all");

        book.Settle(3, "a");

        book[LimitType.Daily].Should().Be((0, 0));
        book[LimitType.Total].Should().Be((3, 0));
        book.ReadAgain().Should().BeEquivalentTo(book.State);
    }

    [Fact]
    public void A_part_that_nobody_ends_expires_by_itself_and_leaves_its_whole_alone()
    {
        var book = Daily(10);
        book.Hold(10, "all", ttl: 1200);
        Part(book, 4, "a");

        book.Later(600)[LimitType.Daily].Should().Be((0, 6));
        book.Later(600)[LimitType.Daily].Should().Be((0, 0));
    }

    /// <summary>A host that is killed: what was under way is booked, what was never begun costs nothing.</summary>
    [Fact]
    public void A_part_that_books_itself_is_spent_when_nobody_ends_it_and_the_rest_of_its_whole_is_not()
    {
        var book = Daily(10);
        book.Hold(10, "all");
        Part(book, 4, "a", booksItself: true);
        Part(book, 3, "b", booksItself: true);
        book.Settle(1, "a");

        book.Later(600);
        book[LimitType.Daily].Should().Be((4, 0));
        book.Settle(2, "b");

        book[LimitType.Daily].Should().Be((3, 0));
        book.ReadAgain().Should().BeEquivalentTo(book.State);
    }

    /// <summary>A hold for calls of two dollars each, by an agent that may spend so much on one call.</summary>
    [Theory]
    [InlineData(2, Outcome.Accepted)]
    [InlineData(1.99, Outcome.BudgetExceeded)]
    public void A_limit_on_one_call_is_about_the_dearest_of_them(decimal perCall, Outcome outcome)
    {
        var book = Of(new Limits(PerCall: Usd(perCall), Daily: Usd(50)));

        Holding.Foresee(book.State, Asked(20, 2), book.Clock).Outcome.Should().Be(outcome, "it is foreseen");
        Whole(book, 20, 2).Outcome.Should().Be(outcome);
    }

    [Fact]
    public void Who_asks_for_too_many_learns_how_much_would_have_fitted()
    {
        var book = Of(new Limits(PerCall: Usd(2), Daily: Usd(50), Weekly: Usd(30)));
        book.Charge(2);

        Whole(book, 60, 2).Refusal!.Headroom.Should().Be(Usd(28));
    }

    private static Decision Whole(Passbook book, decimal dollars, decimal dearest)
    {
        var decision = Holding.Hold(book.State, Asked(dollars, dearest), book.Clock);
        book.Take(decision);
        return decision;
    }

    private static HoldRequest Asked(decimal dollars, decimal dearest) =>
        new(new HoldId("all"), Usd(dollars), Purpose.None, new IdempotencyKey("whole"), 600, Dearest: Usd(dearest));

    private static Decision Part(Passbook book, decimal dollars, string id, string? key = null, bool? booksItself = null)
    {
        var decision = Holding.Hold(
            book.State, new HoldRequest(new HoldId(id), Usd(dollars), Purpose.None, new IdempotencyKey(key ?? $"part-{id}"), 600, BooksItself: booksItself, OutOf: new HoldId("all")), book.Clock);
        book.Take(decision);
        return decision;
    }
}
