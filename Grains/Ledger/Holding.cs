namespace Budgets.Ledger;

public static class Holding
{
    /// <summary>"A hold that fits counts against every window until it is settled, released, or expires by itself."</summary>
    public static Decision Hold(BudgetState s, HoldRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, Fingerprint.Of(request), request.Amount);
        }

        if (!Ranging.IsInRange(request))
        {
            return Decision.Refuse(s, Outcome.OutOfRange, request.Amount, request.Price);
        }

        if (request.OutOf is { } whole)
        {
            return Splitting.Take(s, request, whole, clock, recalled);
        }

        var (now, elapsed) = s.At(clock);
        if (!now.Exists || now.Closed)
        {
            return Decision.Refuse(s, s.Exists ? Outcome.AgentClosed : Outcome.AgentUnknown, request.Amount);
        }

        if (Rating.IsMissing(request.Price))
        {
            return Decision.Refuse(s, Outcome.PriceUnknown, request.Amount, request.Price);
        }

        if (now.Holds.ContainsKey(request.Id))
        {
            // An id that stands for two holds would leave one of them held for ever.
            return Decision.Refuse(now, Outcome.IdempotencyKeyReused, request.Amount);
        }

        if (now.Holds.Count >= BudgetState.MaxOpenHolds && Admitting.FitsTheBooks(now, request.Amount))
        {
            return Decision.Refuse(now, Outcome.TooManyHolds, request.Amount);
        }

        var (permitted, useless) = Permitting.Find(s, now, request.Approval, request.Amount, request.Purpose, recalled);
        if ((useless ?? Admitting.Refuses(now, request.Amount, request.Purpose, permitted, request.Dearest)) is { } no)
        {
            return Breaker.Refuse(now, elapsed, no.Outcome, request.Dearest is null ? Rating.WithHeadroom(now, no, request.Price) : Splitting.WithHeadroom(now, no));
        }

        if (Admitting.Short(now, request.Amount) is { Nanos: > 0 } missing)
        {
            return Decision.Wait(now, request.Amount, missing);
        }

        // From here it must succeed.
        var after = now.Count(now.AdmissionNow(), Money.Zero, request.Amount, 1);
        var held = new Held(
            now.Now,
            request.Id,
            request.Amount,
            now.Now.AddSeconds(request.TtlSeconds),
            request.Purpose,
            request.Key,
            Fingerprint.Of(request),
            after.Balances(),
            Thresholds.Crossed(now, after),
            request.Price?.Version,
            permitted,
            request.BooksItself,
            request.Dearest);
        return Looping.Breaks(now, held.Fingerprint, held.Purpose) is { } frozen ? Decision.Accept(elapsed.Add(held).Add(frozen)) : Decision.Accept(elapsed, held);
    }

    /// <summary>What <see cref="Hold"/> would decide, for those who only want to know.</summary>
    public static Foresight Foresee(BudgetState s, HoldRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        var refused = !Ranging.IsInRange(request) ? Outcome.OutOfRange : s is { Exists: true, Closed: false } && Rating.IsMissing(request.Price) ? Outcome.PriceUnknown : Outcome.Accepted;
        var foresight = refused == Outcome.Accepted
            ? Foresee(s, request.Amount, request.Purpose, request.Approval, clock, recalled, request.Dearest)
            : new Foresight(refused, new Refusal(s.Agent, request.Amount, Fault: Rating.FaultBehind(refused, request.Price)), Money.Zero, []);
        return foresight with { Amount = request.Amount, PriceVersion = request.Price?.Version };
    }

    public static Foresight Foresee(BudgetState s, Money amount, DateTimeOffset clock) => Foresee(s, amount, Purpose.None, null, clock, Recalled.Nothing);

    private static Foresight Foresee(BudgetState s, Money amount, Purpose purpose, ApprovalId? approval, DateTimeOffset clock, Recalled recalled, Money? dearest = null)
    {
        if (!Ranging.IsInRange(amount))
        {
            return new Foresight(Outcome.OutOfRange, new Refusal(s.Agent, amount), Money.Zero, []);
        }

        var (now, _) = s.At(clock);
        if (!now.Exists || now.Closed)
        {
            return new Foresight(s.Exists ? Outcome.AgentClosed : Outcome.AgentUnknown, new Refusal(s.Agent, amount), Money.Zero, []);
        }

        var largest = Admitting.LargestThatFits(now);
        if (now.Holds.Count >= BudgetState.MaxOpenHolds && Admitting.FitsTheBooks(now, amount))
        {
            return new Foresight(Outcome.TooManyHolds, new Refusal(s.Agent, amount), Money.Zero, []);
        }

        var (permitted, useless) = Permitting.Find(s, now, approval, amount, purpose, recalled);
        return (useless ?? Admitting.Refuses(now, amount, purpose, permitted, dearest)) is { } no
            ? new Foresight(no.Outcome, no.Refusal, largest, [])
            : new Foresight(Outcome.Accepted, null, largest, Thresholds.Crossed(now, now.Count(now.AdmissionNow(), Money.Zero, amount, 1)));
    }

    /// <summary>"An open hold may be asked to wait longer, but never more than a day ahead."</summary>
    public static Decision Extend(BudgetState s, ExtendRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        var fingerprint = Fingerprint.Of(request);
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, fingerprint, Money.Zero);
        }

        if (!Ranging.IsInRange(request))
        {
            return Decision.Refuse(s, Outcome.OutOfRange, Money.Zero);
        }

        var (now, elapsed) = s.At(clock);
        if (!now.Exists || now.Closed)
        {
            return Decision.Refuse(s, s.Exists ? Outcome.AgentClosed : Outcome.AgentUnknown, Money.Zero);
        }

        if (!now.Holds.TryGetValue(request.Id, out var hold))
        {
            return Decision.Refuse(now, Ending.Of(now, request.Id, recalled), Money.Zero);
        }

        if (now.Freeze is { } freeze)
        {
            return Decision.Refuse(Outcome.Frozen, new Refusal(now.Agent, hold.Amount, FrozenReason: freeze.Reason, RetryAt: freeze.ResumesAt));
        }

        var furthest = now.Now.AddSeconds(HoldRequest.MaxTtlSeconds);
        var wanted = hold.ExpiresAt.AddSeconds(request.ExtendSeconds);
        return Decision.Accept(elapsed, new Extended(
            now.Now, request.Id, hold.Amount, wanted < furthest ? wanted : furthest, request.Key, fingerprint, now.Balances()));
    }
}
