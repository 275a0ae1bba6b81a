namespace Budgets.Ledger;

/// <summary>"What costs money whether its end is told or not is not free because nobody told it": a hold that books itself is spent when it expires, and corrected when the truth comes after all.</summary>
public static class Assuming
{
    /// <summary>How a hold ends that nobody has ended in time.</summary>
    /// <param name="s">At the instant of its end.</param>
    public static BudgetEvent Expiry(BudgetState s, Hold hold)
    {
        var freed = Money.Zero - hold.Amount;
        if (hold.BooksItself != true)
        {
            return new Expired(s.Now, hold.Ended(), s.Count(hold.Admission, Money.Zero, freed, -1).Balances());
        }

        var after = s.Count(hold.Admission, hold.Amount, freed, -1);
        return new Settled(
            s.Now, hold.Ended(), hold.Amount, Money.Zero, Overage: false, Late: false, Assumed(hold.Purpose), null, Digest.None, after.Balances(), Thresholds.Crossed(s, after), Assumed: true);
    }

    /// <summary>The hold that an event ended without anybody saying what was spent: that can be said later.</summary>
    public static EndedHold? Untold(BudgetEvent e) => e switch
    {
        Expired x => x.Hold,
        Settled { Assumed: true } t => t.Hold,
        _ => null,
    };

    /// <summary>What a settlement adds to what is spent: less than nothing, if too much was assumed.</summary>
    public static Money Adds(this Settled t) => t.Corrects == true ? t.Amount - t.Hold.Amount : t.Amount;

    /// <summary>The call that was assumed is in no sums any more.</summary>
    internal static UsageBook Without(this UsageBook book, EndedHold assumed) => book.Less(assumed.Amount, Assumed(assumed.Purpose));

    internal static Sums Less(EndedHold assumed) => UsageBook.OneLess(assumed.Amount);

    /// <summary>Where a hold counted while it was assumed to be spent, in the day and the hour that admitted it, it does not any more.</summary>
    internal static BudgetState Unassumed(this BudgetState s, EndedHold hold, bool? corrects)
    {
        for (var i = s.Days.Length - 1; corrects == true && i >= 0; i--)
        {
            if (s.Days[i].Number == hold.Admission.Day)
            {
                var day = s.Days[i];
                day = day with { Usage = day.Usage.Without(hold), Hours = hold.Hour is { } hour ? day.Hours.With(hour, Less(hold)) : day.Hours };
                return s with { Days = s.Days.SetItem(i, day) };
            }
        }

        return s;
    }

    /// <summary>A reconciliation may have taken back the same money meanwhile.</summary>
    internal static bool IsTakenTwice(BudgetState after) => after.Windows.Any(w => w.Spent < Money.Zero);

    internal static string Detail(Settled t) => t.Corrects == true
        ? $"${t.Amount} was spent; that it was ${t.Hold.Amount} had been assumed, as nobody had told the end of it in time"
        : "assumed: nobody has told what was spent before the hold expired, so it is all of it";

    internal static string Detail(Released r) => $"nothing was spent; that it was ${r.Hold.Amount} had been assumed, as nobody had told the end of it in time";

    /// <summary>How many tokens there were, and whether it was the same as before, is not known.</summary>
    private static Purpose Assumed(Purpose held) => new(held.Model, held.Operation, held.Tags);
}
