using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"The same key has one effect", whatever happened since.</summary>
public sealed class RepeatingTests
{
    [Fact]
    public void The_same_charge_again_is_answered_from_the_book_and_costs_nothing_midaz_2279()
    {
        var book = Daily(25);
        book.Charge(10, "k");
        var seq = book.State.Seq;

        var again = book.Charge(10, "k");

        again.Should().Be(Decision.Replay(seq));
        book[LimitType.Daily].Spent.Should().Be(10);
    }

    [Fact]
    public void The_same_hold_again_holds_once_midaz_2279()
    {
        var book = Daily(25);
        book.Hold(10, "first try", key: "k");

        book.Hold(10, "second try", key: "k").ReplayOf.Should().Be(book.State.Seq);

        book[LimitType.Daily].Held.Should().Be(10);
        book.State.Holds.Should().ContainSingle();
    }

    [Fact]
    public void A_replay_comes_before_every_reason_to_refuse()
    {
        var book = Daily(25);
        book.Charge(25, "k");
        book.Freeze();
        book.Close();

        book.At("2026-03-09T00:00Z").Charge(25, "k").ReplayOf.Should().BePositive();
    }

    [Fact]
    public void A_refused_key_is_free_to_ask_again()
    {
        var book = Daily(25);
        book.Charge(25);
        book.Charge(1, "k").Outcome.Should().Be(Outcome.BudgetExceeded);

        book.At("2026-03-05T00:00Z").Charge(1, "k").ReplayOf.Should().Be(0);

        book[LimitType.Daily].Spent.Should().Be(1);
    }

    public static TheoryData<string, Func<Passbook, Decision>> OtherBodies { get; } = new()
    {
        { "amount", b => b.Charge(2, "k", purpose: new Purpose("m", "o", ["t"], new TokenUsage(1, 2))) },
        { "model", b => b.Charge(1, "k", purpose: new Purpose("M", "o", ["t"], new TokenUsage(1, 2))) },
        { "operation", b => b.Charge(1, "k", purpose: new Purpose("m", "O", ["t"], new TokenUsage(1, 2))) },
        { "model and operation exchanged", b => b.Charge(1, "k", purpose: new Purpose("o", "m", ["t"], new TokenUsage(1, 2))) },
        { "tags", b => b.Charge(1, "k", purpose: new Purpose("m", "o", ["t", "t"], new TokenUsage(1, 2))) },
        { "usage", b => b.Charge(1, "k", purpose: new Purpose("m", "o", ["t"], new TokenUsage(2, 1))) },
        { "nothing but the amount", b => b.Charge(1, "k") },
        { "mode", b => b.Charge(1, "k", ChargeMode.Record, new Purpose("m", "o", ["t"], new TokenUsage(1, 2))) },
        { "verb: hold", b => b.Hold(1, "x", key: "k", purpose: new Purpose("m", "o", ["t"], new TokenUsage(1, 2))) },
        { "verb: settle", b => b.Settle(1, "h", "k") },
        { "verb: release", b => b.Release("h", "k") },
        { "verb: extend", b => b.Extend(1, "h", "k") },
    };

    [Theory]
    [MemberData(nameof(OtherBodies))]
    public void The_same_key_with_another_body_is_refused_and_changes_nothing(string differs, Func<Passbook, Decision> request)
    {
        var book = Of();
        book.Hold(5);
        book.Charge(1, "k", purpose: new Purpose("m", "o", ["t"], new TokenUsage(1, 2)));
        var before = book.State;

        request(book).Outcome.Should().Be(Outcome.IdempotencyKeyReused, differs);

        book.State.Should().Be(before);
    }

    [Fact]
    public void Ids_made_anew_on_every_try_are_no_other_body()
    {
        var a = new ChargeRequest(new ChargeId("chg_1"), Usd(1), Purpose.None, new IdempotencyKey("k"));
        var b = a with { Id = new ChargeId("chg_2"), Purpose = new Purpose(Tags: []) };

        Fingerprint.Of(a).Should().Be(Fingerprint.Of(b));
    }

    [Fact]
    public void A_key_that_the_state_forgot_is_known_from_the_journal()
    {
        var book = Daily(25);
        book.Charge(10, "k");
        var known = new Recalled(Key: book.State.Memory[Digest.Of(new IdempotencyKey("k"))]);
        book.Forgetting();

        book.Charge(10, "k", recalled: known).ReplayOf.Should().Be(known.Key!.Value.Seq);
        book.Charge(11, "k", recalled: known).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        book[LimitType.Daily].Spent.Should().Be(10);
    }

    [Fact]
    public void Settling_and_releasing_repeat_without_a_key_too()
    {
        var book = Of();
        book.Hold(5, "a");
        book.Hold(5, "b");
        book.Settle(3, "a");
        var settled = book.State.Seq;
        book.Release("b");
        var released = book.State.Seq;

        book.Settle(3, "a").ReplayOf.Should().Be(settled);
        book.Settle(4, "a").Outcome.Should().Be(Outcome.HoldSettled);
        book.Release("a").Outcome.Should().Be(Outcome.HoldSettled);
        book.Release("b").ReplayOf.Should().Be(released);
        book.Settle(3, "b").Outcome.Should().Be(Outcome.HoldReleased);
        book[LimitType.Daily].Should().Be((3, 0));
    }
}
