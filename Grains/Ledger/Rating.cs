namespace Budgets.Ledger;

/// <summary>"Usage without an amount is worth what its price says; without a price what the budget is ready to pay for the unknown; else it is refused, and never free."</summary>
public static class Rating
{
    private const long TokensInARate = 1_000_000;

    /// <summary>The request with the amount that its usage comes to. A request that names its own amount stays as it is.</summary>
    /// <param name="quote">Null: the request names its own amount.</param>
    public static ChargeRequest Rated(this ChargeRequest r, BudgetState s, Quote? quote)
    {
        var (amount, price) = Rate(s, quote, r.Amount, r.Price);
        return quote is null ? r : r with { Amount = amount, Price = price };
    }

    public static HoldRequest Rated(this HoldRequest r, BudgetState s, Quote? quote)
    {
        var (amount, price) = Rate(s, quote, r.Amount, r.Price);
        return quote is null ? r : r with { Amount = amount, Price = price };
    }

    public static SettleRequest Rated(this SettleRequest r, BudgetState s, Quote? quote)
    {
        var (amount, price) = Rate(s, quote, r.Amount, r.Price);
        return quote is null ? r : r with { Amount = amount, Price = price };
    }

    /// <summary>True: the amount is to be worked out, and nothing was there to do it with.</summary>
    internal static bool IsMissing(PriceTag? price) => price is { Version: null };

    /// <summary>Usage that contradicts itself is out of range, usage without a price has no price; no other refusal is about it.</summary>
    internal static Unpriceable? FaultBehind(Outcome outcome, PriceTag? price) =>
        price?.Fault is { } fault && outcome == (fault.Contradicts ? Outcome.OutOfRange : Outcome.PriceUnknown) ? fault : null;

    /// <summary>Who names usage wants to know how much of it would have fitted.</summary>
    internal static Refusal WithHeadroom(BudgetState now, (Outcome Outcome, Refusal Refusal) no, PriceTag? price) =>
        price is not null && no.Outcome.IsWantOfMoney() ? no.Refusal with { Headroom = Admitting.LargestThatFits(now) } : no.Refusal;

    private static (Money Amount, PriceTag? Price) Rate(BudgetState s, Quote? quote, Money amount, PriceTag? asked) => quote switch
    {
        null => (amount, asked),
        { Version: { } version } => (quote.Amount, new PriceTag(asked?.Requests ?? 1, version)),
        _ when AtCeiling(s, quote) is var (dear, rate) => (dear, new PriceTag(asked?.Requests ?? 1, rate)),
        _ => (Money.Zero, new PriceTag(asked?.Requests ?? 1, null, quote.Fault)),
    };

    private static (Money Amount, string Version)? AtCeiling(BudgetState s, Quote quote)
    {
        if (quote.Ceiling is not { } used || UnknownPriceRate.Dearer(s.Above.OnUnknownPrice, s.Own.OnUnknownPrice) is not { } rate || (used.Images > 0 && rate.PerImage is null))
        {
            return null;
        }

        var tokens = ((Int128)used.InputTokens * rate.InputPerMillion.Nanos) + ((Int128)used.OutputTokens * rate.OutputPerMillion.Nanos);
        var nanos = ((tokens + TokensInARate - 1) / TokensInARate) + ((Int128)used.Images * (rate.PerImage?.Nanos ?? 0));

        // What is more than any request may carry is refused as out of range, however much more.
        return (new Money((long)Int128.Min(nanos, Money.MaxPerRequest.Nanos + 1)), rate.ToVersion());
    }
}
