using System.Collections.Immutable;

namespace Budgets.Ledger;

public static class Settling
{
    /// <summary>"What was really spent is booked where the hold was admitted, and the rest given back."</summary>
    /// <remarks>
    /// More than the hold, or after its expiry, is booked too: the money is gone. It is flagged, and the next request is refused. If all of the hold
    /// was assumed to be spent meanwhile, the difference is booked.
    /// </remarks>
    public static Decision Settle(BudgetState s, SettleRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        var fingerprint = Fingerprint.Of(request);
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, fingerprint, request.Amount);
        }

        if (!Ranging.IsInRange(request))
        {
            return Decision.Refuse(s, Outcome.OutOfRange, request.Amount, request.Price);
        }

        if (!s.Exists)
        {
            return Decision.Refuse(s, Outcome.AgentUnknown, request.Amount);
        }

        var (now, elapsed) = s.At(clock);
        if (now.Holds.TryGetValue(request.Id, out var open))
        {
            return Book(now, elapsed, request, fingerprint, open.Ended(), Before.Held);
        }

        if (Ending.Again(now, request.Id, fingerprint, recalled) is { } again)
        {
            return again;
        }

        return Ending.Untold(s, now, request.Id, recalled) is var (ended, before)
            ? Book(now, elapsed, request, fingerprint, ended, before, recalled.DayClosed)
            : Decision.Refuse(now, Ending.Of(now, request.Id, recalled), request.Amount);
    }

    /// <summary>"What is not needed is given back."</summary>
    public static Decision Release(BudgetState s, ReleaseRequest request, DateTimeOffset clock, Recalled recalled = default)
    {
        var fingerprint = Fingerprint.Of(request);
        if (Seen.Before(s, request.Key, recalled) is { } seen)
        {
            return Seen.Again(s, seen, fingerprint, Money.Zero);
        }

        if (!s.Exists)
        {
            return Decision.Refuse(s, Outcome.AgentUnknown, Money.Zero);
        }

        var (now, elapsed) = s.At(clock);
        if (now.Holds.TryGetValue(request.Id, out var open))
        {
            var after = now.Count(open.Admission, Money.Zero, Money.Zero - open.Amount, -1);
            return Decision.Accept(elapsed, new Released(now.Now, open.Ended(), request.Key, fingerprint, after.Balances()));
        }

        if (Ending.Again(now, request.Id, fingerprint, recalled) is { } again)
        {
            return again;
        }

        if (Ending.Untold(s, now, request.Id, recalled) is not (var hold, Before.Assumed))
        {
            return Decision.Refuse(now, Ending.Of(now, request.Id, recalled), Money.Zero);
        }

        var less = now.Count(hold.Admission, Money.Zero - hold.Amount, Money.Zero, 0);
        return Assuming.IsTakenTwice(less)
            ? Decision.Refuse(now, Outcome.HoldSettled, Money.Zero)
            : Accept(now, elapsed, new Released(now.Now, hold, request.Key, fingerprint, less.Balances(), Corrects: true), hold, UsageBook.Empty.Without(hold), Assuming.Less(hold), recalled.DayClosed);
    }

    /// <param name="dayClosed">What the index knows of the closing of its day.</param>
    private static Decision Book(
        BudgetState now, ImmutableArray<BudgetEvent> elapsed, SettleRequest request, Digest fingerprint, EndedHold hold, Before before, long? dayClosed = null)
    {
        if (Rating.IsMissing(request.Price))
        {
            return Decision.Refuse(now, Outcome.PriceUnknown, request.Amount, request.Price);
        }

        var held = before == Before.Held ? hold.Amount : Money.Zero;
        var assumed = before == Before.Assumed ? hold.Amount : Money.Zero;
        if (!Admitting.FitsTheBooks(now, request.Amount - held - assumed))
        {
            return Decision.Refuse(now, Outcome.AmountTooLarge, request.Amount);
        }

        var late = before != Before.Held;
        var after = now.Count(hold.Admission, request.Amount - assumed, Money.Zero - held, late ? 0 : -1);
        if (assumed > request.Amount && Assuming.IsTakenTwice(after))
        {
            return Decision.Refuse(now, Outcome.HoldSettled, request.Amount);
        }

        var settled = new Settled(
            now.Now,
            hold,
            request.Amount,
            Money.Max(Money.Zero, held - request.Amount),
            Overage: request.Amount > hold.Amount || (before == Before.Expired && Admitting.IsExceeded(after, hold.Admission)),
            late,
            request.Purpose.Or(hold.Purpose),
            request.Key,
            fingerprint,
            after.Balances(),
            Thresholds.Crossed(now, after),
            request.Price?.Version,
            Corrects: before == Before.Assumed ? true : null);
        var usage = before == Before.Assumed ? UsageBook.Empty.Without(hold) : UsageBook.Empty;
        var sums = UsageBook.SumsOf(request.Amount, settled.Purpose);
        return Accept(now, elapsed, settled, hold, usage.Add(request.Amount, settled.Purpose), before == Before.Assumed ? sums + Assuming.Less(hold) : sums, dayClosed);
    }

    /// <summary>What belongs to a day that is closed closes it once more.</summary>
    /// <param name="sums">Of the hour that admitted the hold.</param>
    private static Decision Accept(BudgetState now, ImmutableArray<BudgetEvent> elapsed, BudgetEvent ended, EndedHold hold, UsageBook usage, Sums sums, long? dayClosed) =>
        now.Days.Any(d => d.Number == hold.Admission.Day)
            ? Decision.Accept(elapsed, ended)
            : Decision.Accept(elapsed.Add(ended).Add(new DayClosed(
                now.Now, hold.Date, usage, now.ClosedBefore(hold.Date) ?? dayClosed ?? 0, hold.Hour is { } hour ? [new HourSums(hour, sums)] : null)));

    /// <summary>A settlement says only what it knows better than its hold did.</summary>
    private static Purpose Or(this Purpose told, Purpose before) => new(
        told.Model ?? before.Model,
        told.Operation ?? before.Operation,
        told.Tags.IsDefaultOrEmpty ? before.Tags : told.Tags,
        told.Usage ?? before.Usage,
        told.PromptHash ?? before.PromptHash);
}

/// <summary>What a hold is before it is settled.</summary>
internal enum Before
{
    Held = 0,

    /// <summary>Nothing is set aside for it any more.</summary>
    Expired,

    /// <summary>All of it was booked.</summary>
    Assumed,
}

/// <summary>How a hold that is not open ended.</summary>
internal static class Ending
{
    /// <summary>The same call again replays the first answer; null: it is another call, or the hold expired or never was.</summary>
    public static Decision? Again(BudgetState s, HoldId id, Digest fingerprint, Recalled recalled) =>
        Find(s, id, recalled) is { Kind: EntryKind.Settle or EntryKind.Release } end && end.Fingerprint == fingerprint
            ? Decision.Replay(end.Seq)
            : null;

    public static Outcome Of(BudgetState s, HoldId id, Recalled recalled) => Find(s, id, recalled)?.Kind switch
    {
        EntryKind.Settle => Outcome.HoldSettled,
        EntryKind.Release => Outcome.HoldReleased,
        EntryKind.Expire => Outcome.HoldExpired,
        _ => Outcome.HoldUnknown,
    };

    /// <summary>A hold that ended without anybody saying what was spent. It is in this very step's events, or was recalled from the journal.</summary>
    public static (EndedHold Hold, Before Before)? Untold(BudgetState before, BudgetState now, HoldId id, Recalled recalled)
    {
        var hold = before.Holds.TryGetValue(id, out var justEnded) ? justEnded.Ended() : recalled.Hold;
        return hold is null ? null : Find(now, id, recalled) switch
        {
            { Kind: EntryKind.Expire } => (hold, Before.Expired),

            // Nobody has asked for this settlement.
            { Kind: EntryKind.Settle } end when end.Fingerprint == Digest.None => (hold, Before.Assumed),
            _ => null,
        };
    }

    private static Remembered? Find(BudgetState s, HoldId id, Recalled recalled) => s.Memory[Digest.Of(id)] ?? recalled.HoldEnd;
}
