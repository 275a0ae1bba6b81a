using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class SettlingTests
{
    /// <summary>$10 held of $25. new-api #6911: a settlement above its hold failed, and was under-charged.</summary>
    [Theory]
    //          settled released overage
    [InlineData(0, 10, false)]
    [InlineData(4, 6, false)]
    [InlineData(10, 0, false)]
    [InlineData(11, 0, true)]
    [InlineData(40, 0, true)]
    public void What_was_really_spent_is_booked_and_the_rest_given_back_new_api_6911(int settled, int released, bool overage)
    {
        var book = Daily(25);
        book.Hold(10);

        book.Settle(settled).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Settle, Amount = Usd(settled), Released = Usd(released), Overage = overage, Late = false });
        book[LimitType.Daily].Should().Be((settled, 0));
        book.Charge(Math.Max(0, 25 - settled) + 0.01m).Outcome.Should().Be(Outcome.BudgetExceeded);
    }

    /// <summary>The provider's bill arrives after the hold expired: the money is gone all the same.</summary>
    [Theory]
    [InlineData(false)] // the expiry was not written yet
    [InlineData(true)]
    public void A_late_commit_is_booked_and_flagged(bool expiryWritten)
    {
        var book = Daily(25);
        book.Hold(10, ttl: 60);
        var hold = book.State.Holds[new HoldId("h")].Ended();
        book.Later(61);
        if (expiryWritten)
        {
            book.Charge(1);
        }

        book.Settle(7, recalled: expiryWritten ? new Recalled(Hold: hold) : default).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Amount = Usd(7), Released = Money.Zero, Late = true });
        book[LimitType.Daily].Should().Be((expiryWritten ? 8 : 7, 0));
        book.Settle(7).ReplayOf.Should().BePositive("it is settled now");
        book.Settle(8).Outcome.Should().Be(Outcome.HoldSettled);
    }

    [Fact]
    public void A_late_commit_above_what_is_left_is_an_overage()
    {
        var book = Daily(25);
        book.Hold(10, ttl: 60);
        book.Later(61).Charge(25);

        book.Settle(10, recalled: new Recalled(Hold: book.Entries.OfType<Expired>().Single().Hold)).Outcome.Should().Be(Outcome.Accepted);

        book[LimitType.Daily].Spent.Should().Be(35);
        book.Receipt.Overage.Should().BeTrue("spent + held ≤ limit is broken, and only overage may do that");
    }

    [Fact]
    public void An_expired_hold_cannot_be_released_or_extended()
    {
        var book = Of();
        book.Hold(10, ttl: 60);
        book.Later(60);

        book.Release().Outcome.Should().Be(Outcome.HoldExpired);
        book.Extend(60).Outcome.Should().Be(Outcome.HoldExpired);
    }

    [Fact]
    public void A_settlement_is_admitted_while_frozen_closed_and_over_the_limit()
    {
        var book = Daily(25);
        book.Hold(10, "frozen");
        book.Hold(10, "closed");
        book.Configure(c => c with { Daily = Change.To<Money?>(Usd(1)) });
        book.Freeze();
        book.Settle(10, "frozen").Outcome.Should().Be(Outcome.Accepted);
        book.Close();

        book.Settle(9, "closed").Outcome.Should().Be(Outcome.Accepted);

        book[LimitType.Daily].Should().Be((19, 0));
    }

    [Fact]
    public void A_release_is_admitted_while_frozen_and_closed()
    {
        var book = Of();
        book.Hold(10, "frozen");
        book.Hold(10, "closed");
        book.Freeze();
        book.Release("frozen").Outcome.Should().Be(Outcome.Accepted);
        book.Close();

        book.Release("closed").Outcome.Should().Be(Outcome.Accepted);

        book[LimitType.Total].Should().Be((0, 0));
    }

    [Fact]
    public void A_settlement_says_only_what_it_knows_better_than_its_hold()
    {
        var book = Of();
        book.Hold(10, purpose: new Purpose("gpt-5", "search", ["eu"]));

        book.Settle(3, purpose: new Purpose(Usage: new TokenUsage(100, 20)));

        book.Entries.OfType<Settled>().Single().Purpose.Should().BeEquivalentTo(new Purpose("gpt-5", "search", ["eu"], new TokenUsage(100, 20)));
        book.Now.Days[^1].Usage.Total.Should().Be(new Sums(Usd(3), 1, 100, 20, 0, 0));
    }

    /// <summary>litellm #37992: an explicit zero was replaced by an estimate.</summary>
    [Fact]
    public void An_explicit_zero_is_booked_as_zero_litellm_37992()
    {
        var book = Of();
        book.Hold(10, purpose: new Purpose(Usage: new TokenUsage(5000, 5000)));

        book.Settle(0, purpose: new Purpose(Usage: new TokenUsage()));

        book.Now.Days[^1].Usage.Total.Should().Be(new Sums(Usd(0), 1, 0, 0, 0, 0));
    }

    [Fact]
    public void A_settlement_beyond_the_books_is_refused_and_the_hold_stays()
    {
        var book = Of().With(s => s with { Windows = [.. s.Windows.Select(w => w with { Spent = Money.MaxBooked - Usd(5) })] });
        book.Hold(5);

        book.Settle(5.01m).Outcome.Should().Be(Outcome.AmountTooLarge);

        book.State.Holds.Should().ContainKey(new HoldId("h"));
        book.Settle(5).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void Holds_nobody_made_are_unknown()
    {
        var book = Of();

        book.Settle(1).Outcome.Should().Be(Outcome.HoldUnknown);
        book.Release().Outcome.Should().Be(Outcome.HoldUnknown);
        book.Extend(1).Outcome.Should().Be(Outcome.HoldUnknown);
    }

    [Fact]
    public void The_ends_that_the_state_forgot_are_known_from_the_journal()
    {
        var book = Of();
        book.Hold(10);
        book.Settle(4);
        var known = new Recalled(HoldEnd: book.State.Memory[Digest.Of(new HoldId("h"))], Hold: book.Entries.OfType<Settled>().Single().Hold);
        book.Forgetting();

        book.Settle(4, recalled: known).ReplayOf.Should().Be(known.HoldEnd!.Value.Seq);
        book.Settle(5, recalled: known).Outcome.Should().Be(Outcome.HoldSettled);
        book.Release(recalled: known).Outcome.Should().Be(Outcome.HoldSettled);
    }
}
