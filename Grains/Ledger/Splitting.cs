namespace Budgets.Ledger;

/// <summary>"Money that is held for several calls is taken out of their hold call by call": each of them then has a hold like any other, and ends it like any other.</summary>
/// <remarks>
/// No sum changes, so nothing can be exceeded and nobody else can come between: the limits have admitted it already. What people have said since then counts: a frozen or
/// closed agent gets nothing more out of its hold. A part belongs to the windows, and to the draw, that its whole was admitted in.
/// </remarks>
public static class Splitting
{
    internal static Decision Take(BudgetState s, HoldRequest request, HoldId outOf, DateTimeOffset clock, Recalled recalled)
    {
        var (now, elapsed) = s.At(clock);
        if (!now.Exists || now.Closed)
        {
            return Decision.Refuse(s, s.Exists ? Outcome.AgentClosed : Outcome.AgentUnknown, request.Amount);
        }

        if (now.Holds.ContainsKey(request.Id))
        {
            return Decision.Refuse(now, Outcome.IdempotencyKeyReused, request.Amount);
        }

        if (!now.Holds.TryGetValue(outOf, out var whole))
        {
            return Decision.Refuse(now, Ending.Of(now, outOf, recalled), request.Amount);
        }

        if (request.Amount > whole.Amount || request.Price is not null || request.Approval is not null || request.Dearest is not null)
        {
            return Decision.Refuse(now, Outcome.OutOfRange, request.Amount);
        }

        if (now.Holds.Count >= BudgetState.MaxOpenHolds)
        {
            return Decision.Refuse(now, Outcome.TooManyHolds, request.Amount);
        }

        if (now.Freeze is { } freeze)
        {
            return Decision.Refuse(Outcome.Frozen, new Refusal(now.Agent, request.Amount, FrozenReason: freeze.Reason, RetryAt: freeze.ResumesAt));
        }

        // From here it must succeed.
        return Decision.Accept(elapsed, new Held(
            now.Now, request.Id, request.Amount, now.Now.AddSeconds(request.TtlSeconds), request.Purpose, request.Key, Fingerprint.Of(request), now.Balances(), [],
            BooksItself: request.BooksItself, OutOf: outOf));
    }

    internal static BudgetState Taken(BudgetState s, Hold whole, Held part) =>
        Fold.Agreeing(s.Count(whole.Admission, Money.Zero, Money.Zero, 1), part.After)
            .Holding(whole with { Amount = whole.Amount - part.Amount })
            .Holding(whole with { Id = part.Id, Amount = part.Amount, ExpiresAt = part.ExpiresAt, Purpose = part.Purpose, BooksItself = part.BooksItself })
            .Remembering(Digest.Of(part.Key), part.Fingerprint, EntryKind.Hold);

    /// <summary>Who asks for several calls wants to know how many would have fitted; what one may cost is no bound on all of them.</summary>
    internal static Refusal WithHeadroom(BudgetState now, (Outcome Outcome, Refusal Refusal) no) =>
        no.Outcome.IsWantOfMoney() ? no.Refusal with { Headroom = Admitting.LargestThatFits(Admitting.WithoutPerCall(now)) } : no.Refusal;
}
