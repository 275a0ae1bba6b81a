namespace Budgets.Tests.Model;

/// <summary>The five requests that spend or hold.</summary>
internal sealed partial class ReferenceBudget
{
    private SpendOutcome Charge(ChargeRequest r)
    {
        if (Closed || r.Price is { Version: null })
        {
            return Closed ? No(Outcome.AgentClosed, r.Amount) : Unpriced(r.Amount, r.Price!);
        }

        var recorded = r.Mode == ChargeMode.Record;
        if (Refuses(r.Amount) is { } no && (!recorded || no.Outcome == Outcome.AmountTooLarge))
        {
            return Refuse(no.Outcome, WithHeadroom(no, r.Price));
        }

        var overage = Exceeded(r.Amount) is not null || Lacking(r.Amount) is not null || Trips(r.Amount) is not null;
        var breaks = _freeze is null && Trips(r.Amount) is not null;
        Keep();
        var before = SpentNow();
        Book([.. _windows.Select(w => w.Number)], r.Amount.Nanos);
        var answer = Yes(EntryKind.Charge, r.Id.Value, r.Amount, default, overage, false, null, r.Key.Value, Warnings(before, 0), r.Price);
        _keptFreeze = breaks ? Tripped() : _keptFreeze;
        return answer;
    }

    private SpendOutcome Hold(HoldRequest r)
    {
        if (Closed || r.Price is { Version: null })
        {
            return Closed ? No(Outcome.AgentClosed, r.Amount) : Unpriced(r.Amount, r.Price!);
        }

        if (Refuses(r.Amount) is { } no)
        {
            return Refuse(no.Outcome, WithHeadroom(no, r.Price));
        }

        Keep();
        var expires = Now.AddSeconds(r.TtlSeconds);
        _holds[r.Id.Value] = new ReferenceHold(r.Id.Value, r.Amount.Nanos, [.. _windows.Select(w => w.Number)], Now) { ExpiresAt = expires, BooksItself = r.BooksItself == true };
        return Yes(EntryKind.Hold, r.Id.Value, r.Amount, default, false, false, expires, r.Key.Value, Warnings(SpentNow(), 0), r.Price);
    }

    private SpendOutcome Settle(SettleRequest r, string body)
    {
        var h = _holds.GetValueOrDefault(r.Id.Value);
        if (Ended(h, body, HoldStatus.Expired) is { } ended)
        {
            return ended with { Refusal = ended.Refusal is { } no ? no with { Requested = r.Amount } : null };
        }

        if (r.Price is { Version: null })
        {
            return Unpriced(r.Amount, r.Price);
        }

        var (open, assumed) = (IsOpen(h!), IsAssumed(h!));
        var held = open ? h!.Amount : 0;
        if (Spent(LimitType.Total) + Held(LimitType.Total) + r.Amount.Nanos - (assumed ? h!.Amount : held) > Money.MaxBooked.Nanos)
        {
            return No(Outcome.AmountTooLarge, r.Amount);
        }

        Keep();
        var before = SpentNow();
        (h!.Status, h.Charged) = (HoldStatus.Settled, r.Amount);
        Book(h.Windows, r.Amount.Nanos);
        var released = new Money(Math.Max(0, held - r.Amount.Nanos));
        var overage = r.Amount.Nanos > h.Amount || (!open && !assumed && IsBroken(h.Windows));
        return h.End(body, Yes(EntryKind.Settle, h.Id, r.Amount, released, overage, !open, null, r.Key?.Value, Warnings(before, 0), r.Price));
    }

    private SpendOutcome Release(ReleaseRequest r, string body)
    {
        var h = _holds.GetValueOrDefault(r.Id.Value);
        if (Ended(h, body) is { } ended)
        {
            return ended;
        }

        Keep();
        var assumed = IsAssumed(h!);
        h!.Status = HoldStatus.Released;
        return h.End(body, Yes(EntryKind.Release, h.Id, default, new Money(h.Amount), false, assumed, null, r.Key?.Value, []));
    }

    private SpendOutcome Extend(ExtendRequest r)
    {
        var h = _holds.GetValueOrDefault(r.Id.Value);
        if (Closed)
        {
            return No(Outcome.AgentClosed, Money.Zero);
        }

        if (Ended(h, null) is { } ended)
        {
            return ended;
        }

        if (_freeze is not null)
        {
            return Refuse(Outcome.Frozen, new Refusal(agent, new Money(h!.Amount), FrozenReason: _freeze.Reason, RetryAt: _freeze.ResumesAt));
        }

        Keep();
        var (wanted, furthest) = (h!.ExpiresAt.AddSeconds(r.ExtendSeconds), Now.AddSeconds(HoldRequest.MaxTtlSeconds));
        h.ExpiresAt = wanted < furthest ? wanted : furthest;
        return Yes(EntryKind.Extend, h.Id, new Money(h.Amount), default, false, false, h.ExpiresAt, r.Key?.Value, []);
    }

    private SpendOutcome Unpriced(Money amount, PriceTag price) => new(Outcome.PriceUnknown, null, new Refusal(agent, amount, Fault: price.Fault));

    private Refusal WithHeadroom((Outcome Outcome, Refusal Refusal) no, PriceTag? price) =>
        price is not null && no.Outcome is Outcome.BudgetExceeded or Outcome.InsufficientBalance ? no.Refusal with { Headroom = LargestThatFits } : no.Refusal;

    /// <summary>The answer for a hold that is not open (an end that is <paramref name="allowed"/> is none); the call that ended it is replayed.</summary>
    private SpendOutcome? Ended(ReferenceHold? h, string? body, HoldStatus? allowed = null)
    {
        var status = h is null ? null : StatusOf(h.Id);
        return status == HoldStatus.Held || (body is not null && h is not null && IsAssumed(h)) || (status is not null && status == allowed) ? null
            : h?.Ending is { } ending && ending.Body == body ? ending.Answer with { Replayed = true }
            : No(status switch
            {
                null => Outcome.HoldUnknown,
                HoldStatus.Settled => Outcome.HoldSettled,
                HoldStatus.Released => Outcome.HoldReleased,
                _ => Outcome.HoldExpired,
            }, Money.Zero);
    }
}
