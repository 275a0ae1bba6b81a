namespace Budgets.Ledger;

public static class Crediting
{
    /// <summary>"What was entered stays as it was entered: what was wrong, or is given back, is an entry of its own."</summary>
    public static Decision Credit(BudgetState s, CreditRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        var fingerprint = Fingerprint.Of(request);
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, fingerprint, request.Amount);
        }

        if (!Ranging.IsInRange(request))
        {
            return Decision.Refuse(s, Outcome.OutOfRange, request.Amount);
        }

        // What is left in the wallet of an agent that is closed can still be given back.
        var (now, elapsed) = s.At(clock);
        if (!now.Exists || (now.Closed && request.Amount > Money.Zero))
        {
            return Decision.Refuse(s, s.Exists ? Outcome.AgentClosed : Outcome.AgentUnknown, request.Amount);
        }

        if (now.Terms.Parent is not null)
        {
            return Decision.Refuse(now, Outcome.NoWallet, request.Amount);
        }

        if (!FitsTheBooks(now, request.Amount))
        {
            return Decision.Refuse(now, Outcome.AmountTooLarge, request.Amount);
        }

        // From here it must succeed.
        var balance = now.Prepaid().WalletView()!.Balance + request.Amount;
        return Decision.Accept(elapsed, new Credited(now.Now, request.By, request.Amount, request.Source, request.Note, request.Key, fingerprint, balance));
    }

    private static bool FitsTheBooks(BudgetState s, Money amount) =>
        (s.Wallet?.Credited ?? Money.Zero) + amount is var credited && credited <= Money.MaxBooked && credited >= Money.Zero - Money.MaxBooked;
}
