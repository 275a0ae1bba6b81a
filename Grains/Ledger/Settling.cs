using System.Collections.Immutable;

namespace Budgets.Ledger;

public static class Settling
{
    /// <summary>"What was really spent is booked where the hold was admitted, and the rest given back."</summary>
    /// <remarks>More than the hold, or after its expiry, is booked too: the money is gone. It is flagged, and the next request is refused.</remarks>
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
            return Book(now, elapsed, request, fingerprint, open.Ended(), open.Amount);
        }

        if (Ending.Again(now, request.Id, fingerprint, recalled) is { } again)
        {
            return again;
        }

        // An expired hold is in this very step's events, or was recalled from the journal.
        var ended = s.Holds.TryGetValue(request.Id, out var justExpired) ? justExpired.Ended() : recalled.Hold;
        var ending = Ending.Of(now, request.Id, recalled);
        return ending == Outcome.HoldExpired && ended is not null
            ? Book(now, elapsed, request, fingerprint, ended, Money.Zero, recalled.DayClosed)
            : Decision.Refuse(now, ending, request.Amount);
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

        return Ending.Again(now, request.Id, fingerprint, recalled) ?? Decision.Refuse(now, Ending.Of(now, request.Id, recalled), Money.Zero);
    }

    /// <param name="held">What the hold still sets aside: its amount, or nothing once it has expired.</param>
    /// <param name="dayClosed">What the index knows of the closing of its day.</param>
    private static Decision Book(
        BudgetState now, ImmutableArray<BudgetEvent> elapsed, SettleRequest request, Digest fingerprint, EndedHold hold, Money held, long? dayClosed = null)
    {
        if (Rating.IsMissing(request.Price))
        {
            return Decision.Refuse(now, Outcome.PriceUnknown, request.Amount, request.Price);
        }

        var late = held == Money.Zero && !now.Holds.ContainsKey(hold.Id);
        if (!Admitting.FitsTheBooks(now, request.Amount - held))
        {
            return Decision.Refuse(now, Outcome.AmountTooLarge, request.Amount);
        }

        var after = now.Count(hold.Admission, request.Amount, Money.Zero - held, late ? 0 : -1);
        var settled = new Settled(
            now.Now,
            hold,
            request.Amount,
            Money.Max(Money.Zero, held - request.Amount),
            Overage: request.Amount > hold.Amount || (late && Admitting.IsExceeded(after, hold.Admission)),
            late,
            request.Purpose.Or(hold.Purpose),
            request.Key,
            fingerprint,
            after.Balances(),
            Thresholds.Crossed(now, after),
            request.Price?.Version);
        var isOpenDay = now.Days.Any(d => d.Number == hold.Admission.Day);
        return isOpenDay
            ? Decision.Accept(elapsed, settled)
            : Decision.Accept(elapsed.Add(settled).Add(new DayClosed(
                now.Now, hold.Date, UsageBook.Empty.Add(request.Amount, settled.Purpose), now.ClosedBefore(hold.Date) ?? dayClosed ?? 0,
                hold.Hour is { } hour ? [new HourSums(hour, UsageBook.SumsOf(request.Amount, settled.Purpose))] : null)));
    }

    /// <summary>A settlement says only what it knows better than its hold did.</summary>
    private static Purpose Or(this Purpose told, Purpose before) => new(
        told.Model ?? before.Model,
        told.Operation ?? before.Operation,
        told.Tags.IsDefaultOrEmpty ? before.Tags : told.Tags,
        told.Usage ?? before.Usage,
        told.PromptHash ?? before.PromptHash);
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

    private static Remembered? Find(BudgetState s, HoldId id, Recalled recalled) => s.Memory[Digest.Of(id)] ?? recalled.HoldEnd;
}
