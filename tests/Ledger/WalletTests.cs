using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"An agent may not spend what it does not have": credits, and what they bind.</summary>
public sealed class WalletTests
{
    [Fact]
    public void The_first_credit_makes_an_agent_prepaid_from_there_on()
    {
        var book = Of();
        book.Charge(40);
        book.State.WalletView().Should().BeNull("it was postpaid");

        book.Credit(25);

        (Balance(book), Available(book)).Should().Be((25, 25), "what was spent before was not out of the wallet");
        book.Charge(25).Outcome.Should().Be(Outcome.Accepted);
        book.Charge(0.01m).Outcome.Should().Be(Outcome.InsufficientBalance);
        book.ReadAgain().WalletView().Should().Be(book.State.WalletView());
    }

    [Fact]
    public void What_is_held_cannot_be_spent_and_comes_back_unspent()
    {
        var book = Of();
        book.Credit(10);
        book.Hold(8);

        var no = book.Charge(3);

        (no.Outcome, no.Refusal!.Standing!.Remaining).Should().Be((Outcome.InsufficientBalance, Usd(2)));
        (no.Refusal.Standing.Limit - no.Refusal.Standing.Spent, no.Refusal.Standing.Held).Should().Be((Usd(10), Usd(8)), "a refusal tells the balance and what of it is held");
        no.Refusal.RetryAt.Should().BeNull("waiting brings no money");
        book.Release();
        book.Charge(10).Outcome.Should().Be(Outcome.Accepted);
    }

    /// <summary>No window's end and no soft limit makes money.</summary>
    [Fact]
    public void A_balance_binds_whatever_the_limits_say()
    {
        var book = Of(new Limits(Daily: Usd(1), HardStop: false));
        book.Credit(10);
        book.Charge(9).Outcome.Should().Be(Outcome.Accepted);
        book.At("2026-04-20T10:00Z").Charge(2).Outcome.Should().Be(Outcome.InsufficientBalance);
        book.Foresee(2).Should().BeEquivalentTo(new { Outcome = Outcome.InsufficientBalance, LargestThatFits = Usd(1) });
    }

    [Fact]
    public void Money_that_is_gone_is_booked_and_the_balance_says_so()
    {
        var book = Of();
        book.Credit(10);
        book.Hold(10);
        book.Settle(15).Outcome.Should().Be(Outcome.Accepted);
        book.Receipt.Overage.Should().BeTrue();
        Balance(book).Should().Be(-5);

        book.Charge(2, mode: ChargeMode.Record).Outcome.Should().Be(Outcome.Accepted);
        book.Receipt.Overage.Should().BeTrue();
        Balance(book).Should().Be(-7);
        book.Charge(0.01m).Outcome.Should().Be(Outcome.InsufficientBalance);
        book.Credit(8);
        book.Charge(1).Outcome.Should().Be(Outcome.Accepted);
        Balance(book).Should().Be(0);
    }

    [Fact]
    public void The_same_credit_twice_is_one_and_another_under_its_key_is_refused()
    {
        var book = Of();
        book.Credit(10, "k", note: "invoice 7");

        book.Credit(10, "k", note: "invoice 7").ReplayOf.Should().BePositive();
        book.Credit(11, "k", note: "invoice 7").Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        book.Credit(10, "k", note: "invoice 8").Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        Balance(book).Should().Be(10);
    }

    [Theory]
    [InlineData(CreditSource.Manual, -1, "operator")]
    [InlineData(CreditSource.Payment, 0, "operator")]
    [InlineData(CreditSource.Refund, 1, "operator")]
    [InlineData(CreditSource.Correction, 0, "operator")]
    [InlineData(CreditSource.Correction, 5, "agent:manage")]
    [InlineData(CreditSource.Refund, -5, "agent:manage")]
    [InlineData(CreditSource.Manual, 1_000_001, "operator")]
    public void What_is_no_entry_is_refused_and_changes_nothing(CreditSource source, int dollars, string by)
    {
        var book = Of();
        book.Credit(10);

        book.Credit(dollars, source: source, by: by).Outcome.Should().Be(Outcome.OutOfRange);

        Balance(book).Should().Be(10);
    }

    [Fact]
    public void A_wrong_entry_stays_and_is_made_up_for_by_another()
    {
        var book = Of();
        book.Credit(100);
        book.Credit(-90, source: CreditSource.Correction, note: "a zero too many");
        book.Charge(4);
        book.Credit(-6, source: CreditSource.Refund);

        Balance(book).Should().Be(0);
        Lines(book).Should().Equal(
            (EntryKind.Credit, 100, 100), (EntryKind.Correction, -90, 10), (EntryKind.Charge, 4, null), (EntryKind.Correction, -6, 0));
    }

    [Fact]
    public void A_child_has_no_wallet_and_a_closed_agent_takes_no_money_but_gives_back()
    {
        var child = Of().With(s => s with { Terms = s.Terms with { Parent = new AgentId("agent_parent789abcdefghij") } });
        child.Credit(1).Outcome.Should().Be(Outcome.NoWallet);
        child.Recharge(r => r with { Amount = Usd(1), TriggerThreshold = Change.To<Money?>(Usd(1)) }).Result.Should().Be(ConfigureResult.NoWallet);

        var closed = Of();
        closed.Credit(10);
        closed.Close();
        closed.Credit(1).Outcome.Should().Be(Outcome.AgentClosed);
        closed.Credit(-10, source: CreditSource.Refund).Outcome.Should().Be(Outcome.Accepted);
        Balance(closed).Should().Be(0);
    }

    [Fact]
    public void Descendants_draw_on_the_balance_and_are_refused_beyond_it()
    {
        var book = Of();
        book.Credit(10);
        book.Charge(4);

        Lending.Foresee(book.State, Usd(6), book.Clock).Outcome.Should().Be(Outcome.Accepted);
        Lending.Foresee(book.State, Usd(6.01m), book.Clock).Should().BeEquivalentTo(new { Outcome = Outcome.InsufficientBalance, LargestThatFits = Usd(6) });
        var (lend, _) = Lending.Lend(book.State, new DrawReport(1, 1, default, default, default, Usd(7), Usd(7), false, Usd(7)), book.Clock, new Tried(IsRecalled: true));
        (lend.Answer!.Outcome, lend.Answer.Refusal!.RefusedBy).Should().Be((Outcome.InsufficientBalance, Agent));
    }

    private static decimal Balance(Passbook book) => book.Now.WalletView()!.Balance.InDollars;

    private static decimal Available(Passbook book) => book.Now.WalletView()!.Available.InDollars;

    private static IEnumerable<(EntryKind Kind, int Amount, int? Balance)> Lines(Passbook book) =>
        from line in book.Entries.Select((e, i) => Receipts.EntryOf(e, i + 1)).OfType<LedgerEntry>()
        where line.Kind != EntryKind.Config
        select (line.Kind, (int)line.Amount.InDollars, (int?)line.BalanceAfter?.InDollars);
}
