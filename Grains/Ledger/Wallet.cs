namespace Budgets.Ledger;

/// <summary>What a prepaid agent was given to spend. Its balance is not kept but follows: all that was credited, less all that was spent since.</summary>
/// <param name="Credited">All that came in, less what was taken out again other than by spending.</param>
/// <param name="SpentBefore">The lifetime window's spent when the agent became prepaid: that was not out of the wallet.</param>
public sealed record Wallet(Money Credited, Money SpentBefore)
{
    internal Money SpentOf(Window total) => total.Spent - SpentBefore;
}

/// <summary>The arithmetic of wallets. To everything that admits, draws and recalls, a wallet is one more hard limit on the lifetime window.</summary>
internal static class Wallets
{
    /// <summary>Null: the agent is postpaid, or has a parent.</summary>
    public static WalletView? WalletView(this BudgetState s) => s.Wallet is { } w && s.Current(LimitType.Total) is var total
        ? new WalletView(w.Credited - w.SpentOf(total), total.Held)
        : null;

    /// <summary>What can be spent out of it, below zero after overruns; null: nothing is prepaid.</summary>
    public static Money? Available(this BudgetState s) => s.Wallet is { } w && s.Current(LimitType.Total) is var total
        ? w.Credited - w.SpentOf(total) - total.Held
        : null;

    /// <summary>The wallet as the limit that it is, if the amount does not fit it.</summary>
    public static LimitStanding? Lacking(BudgetState s, Money amount) => s.Wallet is { } w && amount > s.Available() && s.Current(LimitType.Total) is var total
        ? new LimitStanding(LimitType.Total, Layer.Above, HardStop: true, w.Credited, w.SpentOf(total), total.Held, total.Span)
        : null;

    /// <summary>The first credit, or the first setting of recharges, makes an agent prepaid, from zero and for good.</summary>
    internal static BudgetState Prepaid(this BudgetState s) => s.Wallet is null ? s with { Wallet = new Wallet(Money.Zero, s.Current(LimitType.Total).Spent) } : s;

    /// <exception cref="JournalCorruptException">The balance is not what it adds up to.</exception>
    internal static BudgetState Credited(this BudgetState s, Money amount, Money balance)
    {
        s = s.Prepaid();
        s = s with { Wallet = s.Wallet! with { Credited = s.Wallet!.Credited + amount } };
        return s.WalletView()!.Balance == balance
            ? s
            : throw new JournalCorruptException($"{s.Agent} event {s.Seq}: the balance is stored as {balance}, but adds up to {s.WalletView()!.Balance}.");
    }
}
