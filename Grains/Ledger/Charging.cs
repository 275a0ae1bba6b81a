namespace Budgets.Ledger;

public static class Charging
{
    /// <summary>"A charge that fits is booked at once; one that does not is refused and changes nothing."</summary>
    public static Decision Charge(BudgetState s, ChargeRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, Fingerprint.Of(request), request.Amount);
        }

        if (!Ranging.IsInRange(request))
        {
            return Decision.Refuse(s, Outcome.OutOfRange, request.Amount, request.Price);
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

        var (permitted, useless) = Permitting.Find(s, now, request.Approval, request.Amount, request.Purpose, recalled);
        if (useless is { } fault && request.Mode == ChargeMode.Enforce)
        {
            return Decision.Refuse(fault.Outcome, fault.Refusal);
        }

        var over = false;
        if (Admitting.Refuses(now, request.Amount, request.Purpose, permitted) is { } no)
        {
            if (request.Mode == ChargeMode.Enforce || no.Outcome == Outcome.AmountTooLarge)
            {
                return Breaker.Refuse(now, elapsed, no.Outcome, Rating.WithHeadroom(now, no, request.Price));
            }

            over = Admitting.Refuses(now with { Freeze = null }, request.Amount, request.Purpose, permitted) is not null;
        }

        if (request.Mode == ChargeMode.Enforce && Admitting.Short(now, request.Amount) is { Nanos: > 0 } missing)
        {
            return Decision.Wait(now, request.Amount, missing);
        }

        // From here it must succeed.
        var after = now.Count(now.AdmissionNow(), request.Amount, Money.Zero, 0);
        var charged = new Charged(
            now.Now,
            request.Id,
            request.Amount,
            request.Purpose,
            request.Key,
            Fingerprint.Of(request),
            request.Mode,
            request.OccurredAt,
            over,
            after.Balances(),
            Thresholds.Crossed(now, after),
            request.Price?.Version,
            permitted);

        // Money already spent is booked all the same, but a loop that reports it trips the breaker like any other.
        var frozen = (request.Mode == ChargeMode.Record ? Admitting.Breaks(now, request.Amount) : null) ?? Looping.Breaks(now, charged.Fingerprint, charged.Purpose);
        return frozen is null ? Decision.Accept(elapsed, charged) : Decision.Accept(elapsed.Add(charged).Add(frozen));
    }
}

internal static class Breaker
{
    /// <summary>A refusal writes nothing, save the freeze of a breaker that trips now.</summary>
    public static Decision Refuse(BudgetState now, System.Collections.Immutable.ImmutableArray<BudgetEvent> elapsed, Outcome outcome, Refusal refusal) =>
        outcome == Outcome.RateExceeded && Admitting.Breaks(now, refusal.Requested) is { } frozen
            ? new Decision(outcome, elapsed.Add(frozen), refusal, 0)
            : Decision.Refuse(outcome, refusal);
}
