using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>When a budget wants to be woken, and what it writes then.</summary>
public sealed class NextWakeTests
{
    [Fact]
    public void A_budget_without_holds_is_never_woken()
    {
        var book = Daily(25);
        book.State.NextWake().Should().BeNull();

        book.Charge(1);
        book.State.NextWake().Should().BeNull("spent money waits for nothing");

        book.Hold(1, "h");
        book.Settle(1, "h");
        book.State.NextWake().Should().BeNull("what was held is settled");
    }

    [Fact]
    public void It_is_woken_for_its_first_expiry_and_then_for_the_next()
    {
        var book = Daily(25);
        book.Hold(1, "late", ttl: 3600);
        book.Hold(1, "early", ttl: 60);
        book.State.NextWake().Should().Be(book.Clock.AddSeconds(60));

        book.Later(60);
        var (events, next) = book.State.Unasked(book.Clock);

        events.Should().ContainSingle().Which.Should().BeOfType<Expired>().Which.Hold.Id.Value.Should().Be("early");
        next.Should().Be(book.Clock.AddSeconds(3540));
        events.Aggregate(book.State, Fold.Apply).NextWake().Should().Be(next, "what is set before the append is what the woken budget wants");
    }

    /// <summary>The expiry that it was woken for is over by settlement; the hold that is left is later.</summary>
    [Fact]
    public void Woken_in_vain_it_writes_nothing_and_waits_for_what_is_left()
    {
        var book = Daily(25);
        book.Hold(1, "settled", ttl: 60);
        book.Hold(1, "open", ttl: 3600);
        book.Settle(1, "settled");

        book.Later(60);
        var (events, next) = book.State.Unasked(book.Clock);

        events.Should().BeEmpty();
        next.Should().Be(book.Clock.AddSeconds(3540));
    }

    [Fact]
    public void Windows_and_days_that_have_only_ended_are_not_written_for_nobody()
    {
        var book = Daily(25);
        book.Charge(1);

        book.Later(3 * 86_400);

        book.State.Unasked(book.Clock).Events.Should().BeEmpty();
        book.State.Unasked(book.Clock).Next.Should().BeNull();
    }
}
