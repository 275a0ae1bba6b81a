namespace Budgets.Ledger;

/// <summary>"No number in a request may widen a budget or overflow its books", whoever sends it.</summary>
internal static class Ranging
{
    public static bool IsInRange(ChargeRequest r) => IsInRange(r.Amount, r.Purpose, r.Price);

    public static bool IsInRange(HoldRequest r) => IsInRange(r.Amount, r.Purpose, r.Price) && IsSeconds(r.TtlSeconds) && !(r.Dearest > r.Amount);

    public static bool IsInRange(SettleRequest r) => IsInRange(r.Amount, r.Purpose, r.Price);

    public static bool IsInRange(ExtendRequest r) => IsSeconds(r.ExtendSeconds);

    /// <summary>Who may spend cannot take back what was spent: only the operator writes entries that undo others.</summary>
    public static bool IsInRange(CreditRequest r) => r.Amount != Money.Zero && r.Amount <= Money.MaxPerRequest && r.Amount >= Money.Zero - Money.MaxPerRequest && r.Source switch
    {
        CreditSource.Manual or CreditSource.Payment => r.Amount > Money.Zero,
        CreditSource.Refund => r.Amount < Money.Zero && r.By == Actors.Operator,
        _ => r.By == Actors.Operator,
    };

    public static bool IsInRange(Money amount) => amount >= Money.Zero && amount <= Money.MaxPerRequest;

    private static bool IsInRange(Money amount, Purpose purpose, PriceTag? price) =>
        IsInRange(amount) && purpose.Usage is null or { IsInRange: true } && price?.Fault is not { Contradicts: true };

    private static bool IsSeconds(int seconds) => seconds is > 0 and <= HoldRequest.MaxTtlSeconds;
}
