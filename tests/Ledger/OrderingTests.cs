using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>Outcomes have one order, that of <see cref="Outcome"/>: of all the reasons that apply, the first is the answer.</summary>
public sealed class OrderingTests
{
    private static readonly Outcome[] SpendReasons =
    [
        Outcome.IdempotencyKeyReused, Outcome.OutOfRange, Outcome.AgentClosed, Outcome.PriceUnknown, Outcome.AmountTooLarge, Outcome.TooManyHolds, Outcome.Frozen, Outcome.BudgetExceeded,
        Outcome.InsufficientBalance, Outcome.ApprovalRequired, Outcome.RateExceeded,
    ];

    private static readonly Outcome[] HoldEnds = [Outcome.HoldUnknown, Outcome.HoldSettled, Outcome.HoldReleased, Outcome.HoldExpired];

    [Fact]
    public void A_charge_is_refused_for_the_first_reason_of_all() =>
        ForEverySetOf(SpendReasons.Where(r => r != Outcome.TooManyHolds), (book, amount, key, price) => book.Charge(amount, key, price: price).Outcome);

    [Fact]
    public void A_hold_is_refused_for_the_first_reason_of_all() =>
        ForEverySetOf(SpendReasons, (book, amount, key, price) => book.Hold(amount, "new", key: key, price: price).Outcome);

    [Fact]
    public void A_hold_is_foreseen_in_the_same_order() =>
        ForEverySetOf(SpendReasons.Where(r => r != Outcome.IdempotencyKeyReused), (book, amount, _, price) => book.Foresee(amount, price).Outcome);

    /// <summary>A settlement asks nothing of limits, freezes and closing: the money is gone.</summary>
    [Fact]
    public void A_settlement_is_refused_for_the_first_reason_of_all() =>
        ForEveryEndOfAHold([Outcome.IdempotencyKeyReused, Outcome.OutOfRange, Outcome.PriceUnknown, Outcome.AmountTooLarge], (book, amount, key, price) => book.Settle(amount, "h", key, price: price).Outcome, Outcome.HoldExpired);

    [Fact]
    public void A_release_is_refused_for_the_first_reason_of_all() =>
        ForEveryEndOfAHold([Outcome.IdempotencyKeyReused], (book, _, key, _) => book.Release("h", key).Outcome, Outcome.HoldReleased);

    [Fact]
    public void An_extension_is_refused_for_the_first_reason_of_all() => ForEveryEndOfAHold(
        [Outcome.IdempotencyKeyReused, Outcome.AgentClosed, Outcome.Frozen], (book, _, key, _) => book.Extend(60, "h", key).Outcome);

    [Fact]
    public void The_order_is_the_one_that_was_agreed() => Enum.GetNames<Outcome>().Should().Equal(
        "Accepted", "IdempotencyKeyReused", "OutOfRange", "AgentUnknown", "AgentClosed", "NoWallet", "HoldUnknown", "HoldSettled", "HoldReleased", "HoldExpired",
        "PriceUnknown", "AmountTooLarge", "TooManyHolds",
        "ApprovalUnknown", "ApprovalPending", "ApprovalDenied", "ApprovalExpired", "ApprovalCancelled", "ApprovalUsed", "ApprovalMismatch", "ApprovalTooSmall",
        "Frozen", "BudgetExceeded", "InsufficientBalance", "ApprovalRequired", "RateExceeded");

    private static void ForEverySetOf(IEnumerable<Outcome> reasons, Func<Passbook, decimal, string, PriceTag?, Outcome> request)
    {
        foreach (var set in Sets([.. reasons]))
        {
            var (book, amount, key, price) = Given(set);

            request(book, amount, key, price).Should().Be(set.Order().FirstOrDefault(Outcome.Accepted), $"of {string.Join(", ", set)}");
        }
    }

    /// <param name="admitted">An end that is no reason to refuse: a settlement may be late, a second release says nothing new.</param>
    private static void ForEveryEndOfAHold(Outcome[] reasons, Func<Passbook, decimal, string, PriceTag?, Outcome> request, Outcome admitted = Outcome.Accepted)
    {
        foreach (var end in HoldEnds.Append(Outcome.Accepted))
        {
            foreach (var set in Sets(reasons))
            {
                var (book, amount, key, price) = Given(set, end);
                var all = set.Append(end).Where(o => o != Outcome.Accepted && o != admitted);

                request(book, amount, key, price).Should().Be(all.Order().FirstOrDefault(Outcome.Accepted), $"of {string.Join(", ", set)} with {end}");
            }
        }
    }

    /// <summary>A budget to which exactly these reasons apply, with a hold "h" that ended so (Accepted: is open).</summary>
    private static (Passbook Book, decimal Amount, string Key, PriceTag? Price) Given(IReadOnlyCollection<Outcome> reasons, Outcome end = Outcome.HoldUnknown)
    {
        var book = Of();
        book.Charge(5, "used");
        if (end != Outcome.HoldUnknown)
        {
            book.Hold(1, "h", ttl: 60);
        }

        if (reasons.Contains(Outcome.InsufficientBalance))
        {
            book.Credit(0.5m, "credits");
        }

        switch (end)
        {
            case Outcome.HoldSettled:
                book.Settle(0.5m);
                break;
            case Outcome.HoldReleased:
                book.Release();
                break;
        }

        book.Configure(new ConfigureRequest(
            Layer.Above,
            "operator",
            false,
            Daily: Change.To<Money?>(reasons.Contains(Outcome.BudgetExceeded) ? Usd(5) : null),
            PerMinute: Change.To<Money?>(reasons.Contains(Outcome.RateExceeded) ? Usd(0) : null),
            ApprovalThreshold: Change.To<Money?>(reasons.Contains(Outcome.ApprovalRequired) ? Usd(0) : null)));
        if (reasons.Contains(Outcome.TooManyHolds))
        {
            book.With(s => s with { Holds = FullOfHolds });
        }

        if (reasons.Contains(Outcome.Frozen))
        {
            book.Freeze();
        }

        if (reasons.Contains(Outcome.AgentClosed))
        {
            book.Close();
        }

        // Closing ends a freeze; here both shall apply.
        if (reasons.Contains(Outcome.AgentClosed) && reasons.Contains(Outcome.Frozen))
        {
            book.With(s => s with { Freeze = new Freeze("x", "operator", s.Now, null, false) });
        }

        if (reasons.Contains(Outcome.AmountTooLarge))
        {
            book.With(s => s with { Windows = s.Windows.SetItem((int)LimitType.Total, s.Current(LimitType.Total) with { Spent = Money.MaxBooked }) });
        }

        // Last, for the next entry writes it down, and what is written is found in the journal and not here.
        book.Later(end == Outcome.HoldExpired ? 60 : 0);
        return (
            book,
            reasons.Contains(Outcome.OutOfRange) ? 1_000_001m : 1m,
            reasons.Contains(Outcome.IdempotencyKeyReused) ? "used" : "new",
            reasons.Contains(Outcome.PriceUnknown) ? new PriceTag(1, null, new Unpriceable("model", "has no price")) : null);
    }

    private static readonly System.Collections.Immutable.ImmutableDictionary<HoldId, Hold> FullOfHolds =
        System.Collections.Immutable.ImmutableDictionary.CreateRange(Enumerable.Range(0, BudgetState.MaxOpenHolds).Select(i => KeyValuePair.Create(
            new HoldId($"x{i}"), new Hold(new HoldId($"x{i}"), Money.Zero, DateTimeOffset.MaxValue, default, default, Purpose.None))));

    private static IEnumerable<List<Outcome>> Sets(Outcome[] reasons) =>
        Enumerable.Range(0, 1 << reasons.Length).Select(bits => reasons.Where((_, i) => (bits & (1 << i)) != 0).ToList());
}
