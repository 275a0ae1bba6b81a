using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class HoldingTests
{
    /// <summary>A hold leaves no room for another's money (litellm #34732, #40095: check without hold).</summary>
    [Theory]
    //          spent held   wanted outcome
    [InlineData(0, 0, 25, Outcome.Accepted)]
    [InlineData(10, 10, 5, Outcome.Accepted)]
    [InlineData(10, 10, 6, Outcome.BudgetExceeded)]
    [InlineData(0, 25, 1, Outcome.BudgetExceeded)]
    public void A_hold_fits_what_is_neither_spent_nor_held_litellm_34732(int spent, int held, int wanted, Outcome outcome)
    {
        var book = Daily(25);
        book.Charge(spent);
        book.Hold(held, "before");

        book.Hold(wanted, "h").Outcome.Should().Be(outcome);

        book[LimitType.Daily].Should().Be((spent, held + (outcome == Outcome.Accepted ? wanted : 0)));
    }

    [Fact]
    public void Holds_count_in_every_window_and_charges_see_them()
    {
        var book = Of(new Limits(Daily: Usd(25)));
        book.Hold(20);

        foreach (var type in Books.Types)
        {
            book[type].Should().Be((0, 20));
        }

        book.Charge(6).Refusal!.Standing.Should().BeEquivalentTo(new { Held = Usd(20), Spent = Usd(0) });
    }

    /// <summary>bifrost: half-full holds of parallel agents; litellm #27639, new-api #4429: leaked holds block for ever.</summary>
    [Fact]
    public void A_hold_expires_by_itself_at_its_time_and_not_before_litellm_27639()
    {
        var book = Daily(25);
        book.Hold(25, ttl: 600);

        book.Later(599.999).Charge(25).Outcome.Should().Be(Outcome.BudgetExceeded);
        book.Later(0.001).Charge(25).Outcome.Should().Be(Outcome.Accepted);

        book.Entries.OfType<Expired>().Should().ContainSingle().Which.Should().BeEquivalentTo(new { At = book.Clock, Hold = new { Id = new HoldId("h"), Amount = Usd(25) } });
        book[LimitType.Daily].Should().Be((25, 0));
        book.State.Holds.Should().BeEmpty();
        book.State.NextExpiry.Should().BeNull();
    }

    [Fact]
    public void An_expiry_is_written_with_the_next_entry_and_never_by_a_refusal()
    {
        var book = Daily(25);
        book.Hold(20, ttl: 60);
        var entries = book.Entries.Count;

        book.Later(60).Charge(26).Outcome.Should().Be(Outcome.BudgetExceeded);
        book[LimitType.Daily].Held.Should().Be(0);
        book.Entries.Should().HaveCount(entries);

        book.Charge(1);
        book.Entries.Skip(entries).Select(e => e.GetType()).Should().Equal(typeof(Expired), typeof(Charged));
    }

    /// <summary>Each look through all holds costs as many steps as there are holds; a hot budget always has some.</summary>
    [Fact]
    public void An_expiry_that_is_past_is_not_looked_for_again_with_every_request()
    {
        var book = Of();
        book.Hold(1, "settled", ttl: 60);
        book.Hold(1, "extended", ttl: 60);
        book.Hold(1, "open", ttl: 3600);
        book.Settle(1, "settled");
        book.Extend(3600, "extended");

        book.Later(61).Charge(1);

        book.State.NextExpiry.Should().BeAfter(book.Clock);
    }

    [Fact]
    public void Several_expired_holds_end_in_the_order_of_their_times()
    {
        var book = Of();
        book.Hold(1, "late", ttl: 300);
        book.Hold(1, "b", ttl: 60);
        book.Hold(1, "a", ttl: 60);
        book.Hold(1, "open", ttl: 3600);

        book.Later(301).Charge(1);

        book.Entries.OfType<Expired>().Select(e => e.Hold.Id.Value).Should().Equal("a", "b", "late");
        book[LimitType.Daily].Held.Should().Be(1);
    }

    [Fact]
    public void A_release_gives_all_of_it_back()
    {
        var book = Daily(25);
        book.Hold(25);

        book.Release().Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Release, Amount = Money.Zero, Released = Usd(25) });
        book[LimitType.Daily].Should().Be((0, 0));
        book.Charge(25).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void The_receipt_of_a_hold_tells_its_end()
    {
        var book = Of();

        book.Hold(2, "h", ttl: 90, key: "k");

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Hold, Id = "h", Amount = Usd(2), ExpiresAt = book.Clock.AddSeconds(90), Key = "k" });
    }

    [Fact]
    public void What_a_hold_would_be_answered_is_foreseen_and_nothing_happens()
    {
        var book = Daily(25);
        book.Charge(10);
        book.Hold(5);
        var before = book.State;

        book.Foresee(10).Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, LargestThatFits = Usd(10) });
        var no = book.Foresee(10.01m);

        no.Outcome.Should().Be(Outcome.BudgetExceeded);
        no.LargestThatFits.Should().Be(Usd(10));
        no.Refusal.Should().BeEquivalentTo(book.Hold(10.01m, "x").Refusal);
        book.State.Should().Be(before);
    }

    /// <summary>What is foreseen as the largest amount is admitted, and a nano more is not.</summary>
    [Theory]
    [InlineData(25, null, null, null)]
    [InlineData(25, 12, null, null)]
    [InlineData(25, null, 3, null)]
    [InlineData(null, null, null, 9)]
    [InlineData(25, 12, 3, 9)]
    [InlineData(0, null, null, null)]
    public void The_largest_amount_that_fits_is_the_largest(int? daily, int? monthlyAbove, int? perCall, int? perMinute)
    {
        Money? Limit(int? dollars) => dollars is { } d ? Usd(d) : null;
        var book = Of(
            own: new Limits(Daily: Limit(daily), PerCall: Limit(perCall), PerMinute: Limit(perMinute)),
            above: new Limits(Monthly: Limit(monthlyAbove)));
        book.Charge(1, mode: ChargeMode.Record);
        book.Unfreeze();

        var largest = book.Foresee(0).LargestThatFits!.Value;

        book.Foresee(largest.InDollars + 0.000000001m).Outcome.Should().NotBe(Outcome.Accepted);
        book.Foresee(largest.InDollars).Outcome.Should().Be(daily == 0 ? Outcome.BudgetExceeded : Outcome.Accepted);
    }

    [Fact]
    public void Ten_thousand_holds_may_be_open_and_not_one_more()
    {
        var book = Of();
        var hold = new Hold(new HoldId("x"), Usd(1), book.Clock.AddHours(1), book.State.AdmissionNow(), default, Purpose.None);
        book.With(s => s with { Holds = s.Holds.SetItems(Enumerable.Range(1, BudgetState.MaxOpenHolds - 1).Select(i => KeyValuePair.Create(new HoldId($"x{i}"), hold))) });

        book.Hold(1, "the last one").Outcome.Should().Be(Outcome.Accepted);
        book.Hold(1, "one more").Outcome.Should().Be(Outcome.TooManyHolds);
        book.Foresee(1).Outcome.Should().Be(Outcome.TooManyHolds);
        book.Charge(1).Outcome.Should().Be(Outcome.Accepted);
    }

    /// <summary>Two holds under one id would leave one of them held for ever.</summary>
    [Fact]
    public void An_id_that_an_open_hold_has_is_not_given_to_another()
    {
        var book = Daily(10);
        book.Hold(2, "h");

        book.Hold(3, "h").Outcome.Should().Be(Outcome.IdempotencyKeyReused);

        book.Settle(2);
        book[LimitType.Daily].Should().Be((2, 0));
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1_000_000.01)]
    public void An_amount_out_of_range_changes_nothing_whoever_sends_it(double dollars)
    {
        var book = Daily(10);

        book.Hold((decimal)dollars).Outcome.Should().Be(Outcome.OutOfRange);
        book.Charge((decimal)dollars).Outcome.Should().Be(Outcome.OutOfRange);
        book.Charge((decimal)dollars, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.OutOfRange);

        book[LimitType.Daily].Should().Be((0, 0));
    }
}
