using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class ExtendingTests
{
    /// <summary>A hold of ten minutes, asked for after nine, extended by so many seconds.</summary>
    [Theory]
    [InlineData(60, 660)]
    [InlineData(86_340, 86_940)] // a day from now exactly
    [InlineData(86_400, 86_940)] // never more than a day from now
    public void An_extension_counts_from_the_old_expiry_and_ends_a_day_from_now(int extend, int expiresAfter)
    {
        var book = Of();
        var start = book.Clock;
        book.Hold(5, ttl: 600);

        book.Later(540).Extend(extend).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Extend, Amount = Usd(5), ExpiresAt = start.AddSeconds(expiresAfter) });
        book.At(start.AddSeconds(expiresAfter).AddTicks(-1))[LimitType.Total].Held.Should().Be(5);
        book.At(start.AddSeconds(expiresAfter))[LimitType.Total].Held.Should().Be(0);
    }

    [Fact]
    public void Extending_one_hold_does_not_delay_the_expiry_of_another()
    {
        var book = Of();
        book.Hold(1, "a", ttl: 60);
        book.Hold(2, "b", ttl: 120);
        book.Extend(3600, "a");

        book.Later(120)[LimitType.Total].Held.Should().Be(1);
    }

    [Fact]
    public void No_money_moves()
    {
        var book = Daily(25);
        book.Hold(5);

        book.Extend(60);

        book[LimitType.Daily].Should().Be((0, 5));
        book.State.Holds.Should().ContainSingle();
    }

    [Fact]
    public void A_frozen_or_closed_agent_extends_nothing_and_its_holds_expire()
    {
        var book = Of();
        book.Hold(5, ttl: 60);
        book.Freeze("stop");
        book.Extend(60).Should().BeEquivalentTo(new { Outcome = Outcome.Frozen, Refusal = new { FrozenReason = "stop" } });
        book.Close();

        book.Extend(60).Outcome.Should().Be(Outcome.AgentClosed);
        book.Later(60)[LimitType.Total].Held.Should().Be(0);
    }

    [Fact]
    public void A_hold_that_ended_is_not_extended()
    {
        var book = Of();
        book.Hold(5, "settled");
        book.Settle(5, "settled");
        book.Hold(5, "released");
        book.Release("released");

        book.Extend(60, "settled").Outcome.Should().Be(Outcome.HoldSettled);
        book.Extend(60, "released").Outcome.Should().Be(Outcome.HoldReleased);
    }

    [Fact]
    public void The_same_extension_again_extends_once()
    {
        var book = Of();
        book.Hold(5, ttl: 600);
        book.Extend(60, key: "k");

        book.Extend(60, key: "k").ReplayOf.Should().Be(book.State.Seq);

        book.State.Holds[new HoldId("h")].ExpiresAt.Should().Be(book.Clock.AddSeconds(660));
    }
}
