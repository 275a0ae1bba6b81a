using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Remembers what happened; never decides. The only maker of states.</summary>
public static class Fold
{
    /// <exception cref="JournalCorruptException">The event contradicts the state: its balances are not what it leads to, or its hold is not there.</exception>
    public static BudgetState Apply(BudgetState s, BudgetEvent e)
    {
        if (e is Opened opened)
        {
            return Born(s, opened);
        }

        if (!s.Exists)
        {
            throw new JournalCorruptException($"Event {e.GetType().Name} of {s.Agent} comes before it was opened.");
        }

        var before = s;
        s = (s with { Seq = s.Seq + 1, Now = e.At }).InMinuteOf(e.At);
        if (s.NextExpiry <= e.At && e is not (Expired or Settled { Assumed: true }))
        {
            // The hold it was set for has ended; left in the past, it would have every decision look through all holds.
            s = s with { NextExpiry = s.Holds.IsEmpty ? null : s.Holds.Values.Min(h => h.ExpiresAt) };
        }

        // What is corrected was spent before, at another pace.
        return Changed(s, e) is var after && e is Reconciled ? after : after.Spent(before);
    }

    private static BudgetState Changed(BudgetState s, BudgetEvent e) => e switch
    {
        Charged c => Agreeing(s.Count(s.AdmissionNow(), c.Amount, Money.Zero, 0), c.After)
            .Used(s.Current(LimitType.Daily).Number, c.Amount, c.Purpose, s.HourNow())
            .Drawn(s.DrawNow(), c.Amount, Money.Zero)
            .Counted(c.Fingerprint, c.Purpose)
            .Using(c.Approval, EntryKind.Charge)
            .Remembering(Digest.Of(c.Key), c.Fingerprint, EntryKind.Charge),
        Held { OutOf: { } whole } part => Splitting.Taken(s, Open(s, whole), part),
        Held h => Agreeing(s.Count(s.AdmissionNow(), Money.Zero, h.Amount, 1), h.After)
            .Holding(new Hold(h.Id, h.Amount, h.ExpiresAt, s.AdmissionNow(), s.Days[^1].Date, h.Purpose, s.DrawNow(), s.HourNow(), h.BooksItself))
            .Drawn(s.DrawNow(), Money.Zero, h.Amount)
            .Counted(h.Fingerprint, h.Purpose)
            .Using(h.Approval, EntryKind.Hold)
            .Remembering(Digest.Of(h.Key), h.Fingerprint, EntryKind.Hold),
        Settled t => Agreeing(s.Count(t.Hold.Admission, t.Adds(), t.Late ? Money.Zero : Money.Zero - t.Hold.Amount, t.Late ? 0 : -1), t.After)
            .Unassumed(t.Hold, t.Corrects)
            .Used(t.Hold.Admission.Day, t.Amount, t.Purpose, t.Hold.Hour)
            .Drawn(t.Hold.Draw, t.Adds(), t.Late ? Money.Zero : Money.Zero - t.Hold.Amount)
            .Ending(t.Hold.Id, wasOpen: !t.Late)
            .Learning(t.Purpose)
            .Remembering(Digest.Of(t.Hold.Id), t.Fingerprint, EntryKind.Settle)
            .Remembering(t.Key, t.Fingerprint, EntryKind.Settle),
        Released { Corrects: true } r => Agreeing(s.Count(r.Hold.Admission, Money.Zero - r.Hold.Amount, Money.Zero, 0), r.After)
            .Unassumed(r.Hold, r.Corrects)
            .Drawn(r.Hold.Draw, Money.Zero - r.Hold.Amount, Money.Zero)
            .Remembering(Digest.Of(r.Hold.Id), r.Fingerprint, EntryKind.Release)
            .Remembering(r.Key, r.Fingerprint, EntryKind.Release),
        Released r => Agreeing(s.Count(r.Hold.Admission, Money.Zero, Money.Zero - r.Hold.Amount, -1), r.After)
            .Ending(r.Hold.Id, wasOpen: true)
            .Drawn(r.Hold.Draw, Money.Zero, Money.Zero - r.Hold.Amount)
            .Remembering(Digest.Of(r.Hold.Id), r.Fingerprint, EntryKind.Release)
            .Remembering(r.Key, r.Fingerprint, EntryKind.Release),
        Expired x => Agreeing(s.Count(x.Hold.Admission, Money.Zero, Money.Zero - x.Hold.Amount, -1), x.After)
            .Ending(x.Hold.Id, wasOpen: true)
            .Drawn(x.Hold.Draw, Money.Zero, Money.Zero - x.Hold.Amount)
            .Remembering(Digest.Of(x.Hold.Id), Digest.None, EntryKind.Expire),
        Extended x => s
            .Holding(Open(s, x.Id) with { ExpiresAt = x.ExpiresAt })
            .Remembering(x.Key, x.Fingerprint, EntryKind.Extend),
        Rolled r => s.Followed(r.Windows),
        Configured c => (s with
        {
            Terms = s.Terms with
            {
                Above = c.Above, Own = c.Own, TimeZone = c.TimeZone, WeekStart = c.WeekStart, Alerts = c.Alerts, AlertsAbove = c.AlertsAbove ?? AlertSettings.None,
            },
            Told = s.Rearmed(Permitting.Raised(c.Above, s.Raises), Permitting.Raised(c.Own, s.Raises)),
            Spending = s.Spending is { } spending && spending.Zone != c.TimeZone ? spending with { Zone = c.TimeZone } : s.Spending,
        }).WithCut(c.Windows),
        Described d => s with { Terms = s.Terms with { Name = d.Name, Metadata = d.Metadata } },
        Frozen f => s with { Freeze = new Freeze(f.Reason, f.By, f.At, f.ResumesAt, f.Tripped), Repeats = [] },
        Unfrozen => s with { Freeze = null },
        Closed => s with { Closed = true, Freeze = null },
        Moved m => Moving.Moved(s, m.Parent),
        DayClosed d => s.WithDayClosed(d),
        Reconciled r => Agreeing(s.Corrected(r), r.After)
            .Drawn(s.DrawNow(), r.Amount, Money.Zero)
            .Remembering(Digest.Of(r.Key), r.Fingerprint, EntryKind.Correction),
        DrawAsked a => s with { Draws = s.Draws.With(a.Asked) },
        DrawAnswered a => s with { Draws = s.Draws.With(a.Answered) },
        Lent l => Agreeing(s.With(l.Loan), l.After),
        Alerted a => s.Telling(a.Alert),
        ApprovalAsked a => s.Asking(a),
        ApprovalAskedAgain a => s.Changing(a.Id, was => was with { Times = a.Times }),
        ApprovalReminded r => s.Changing(r.Id, was => was with { Reminded = r.Times }),
        Permitted p => s.Changing(p.Id, was => was with { Permission = p.Permission }).Rearmed(s),
        ApprovalEnded x => s.WithoutApproval(x.Approval.Id).Remembering(Digest.Of(x.Approval.Id), Permitting.MarkOf(x.Status), EntryKind.Approval),
        AlertsTaken t => s with { Outbox = s.Outbox.RemoveAll(a => a.Number <= t.UpTo) },
        Credited c => s.Credited(c.Amount, c.Balance).Remembering(Digest.Of(c.Key), c.Fingerprint, Receipts.KindOf(c.Source)),
        RechargeConfigured or RechargeStarted or RechargeTaken or RechargeEnded or RechargePaused or RechargeResumed or RechargeChecked => s.After(e),
        _ => throw new JournalCorruptException($"Unknown event {e.GetType().Name}."),
    };

    private static BudgetState Using(this BudgetState s, Approval? approval, EntryKind kind) =>
        approval is null ? s : s.WithoutApproval(approval.Id).Remembering(Digest.Of(approval.Id), Digest.None, kind);

    private static BudgetState Born(BudgetState s, Opened e) => s.Exists
        ? throw new JournalCorruptException($"{s.Agent} is opened twice.")
        : s with
        {
            Seq = 1,
            Now = e.At,
            Terms = new Terms { CreatedAt = e.At, Name = e.Name, Parent = e.Parent, TimeZone = e.TimeZone, WeekStart = e.WeekStart, EndsAt = e.EndsAt, MaxBelow = e.MaxBelow },
            Windows = Rollover.First(e.At, e.Windows),
            Days = [new Day(0, e.Windows.Today, UsageBook.Empty)],
        };

    internal static BudgetState Agreeing(BudgetState s, ImmutableArray<Balance> after)
    {
        for (var i = 0; i < after.Length; i++)
        {
            var window = s.Windows[i + 1];
            if (after[i].Spent != window.Spent || after[i].Held != window.Held)
            {
                throw new JournalCorruptException(
                    $"{s.Agent} event {s.Seq}: {after[i].Type} is stored as spent {after[i].Spent}, held {after[i].Held}, but adds up to {window.Spent}, {window.Held}.");
            }
        }

        return s;
    }

    internal static BudgetState Holding(this BudgetState s, Hold hold) => s with
    {
        Holds = s.Holds.SetItem(hold.Id, hold),
        NextExpiry = s.NextExpiry is { } next && next < hold.ExpiresAt ? next : hold.ExpiresAt,
    };

    private static long? DrawNow(this BudgetState s) => s.Terms.Parent is null ? null : s.Draws.At(s.Now).Number;

    private static BudgetState Drawn(this BudgetState s, long? draw, Money spent, Money held) =>
        draw is { } number ? s with { Draws = s.Draws.Moved(number, spent, held) } : s;

    private static Hold Open(BudgetState s, HoldId id) => s.Holds.TryGetValue(id, out var hold)
        ? hold
        : throw new JournalCorruptException($"{s.Agent} event {s.Seq}: hold {id} is not open.");

    private static BudgetState Ending(this BudgetState s, HoldId id, bool wasOpen)
    {
        if (!wasOpen)
        {
            return s;
        }

        var holds = s.Holds.Remove(Open(s, id).Id);
        return s with { Holds = holds, NextExpiry = holds.IsEmpty ? null : s.NextExpiry };
    }

    private static BudgetState Used(this BudgetState s, long dayNumber, Money cost, Purpose purpose, DateTimeOffset? hour)
    {
        var (prompts, isRepeat) = s.Prompts.Seen(purpose, s.Now);
        s = ReferenceEquals(prompts, s.Prompts) ? s : s with { Prompts = prompts };

        // Today is last, and nearly always the one.
        for (var i = s.Days.Length - 1; i >= 0; i--)
        {
            if (s.Days[i].Number == dayNumber)
            {
                var day = s.Days[i];
                day = day with { Usage = day.Usage.Add(cost, purpose, s.Now, isRepeat), Hours = hour is { } begin ? day.Hours.With(begin, UsageBook.SumsOf(cost, purpose)) : day.Hours };
                return s with { Days = s.Days.SetItem(i, day) };
            }
        }

        return s; // The day is closed: a DayClosed event with the addition follows.
    }

    private static BudgetState Remembering(this BudgetState s, IdempotencyKey? key, Digest fingerprint, EntryKind kind) =>
        key is { } used ? s.Remembering(Digest.Of(used), fingerprint, kind) : s;

    internal static BudgetState Remembering(this BudgetState s, Digest digest, Digest fingerprint, EntryKind kind) =>
        s with { Memory = s.Memory.Remember(digest, new Remembered(s.Seq, fingerprint, kind)) };

    private static BudgetState WithDayClosed(this BudgetState s, DayClosed e)
    {
        // What was closed just now is here, however old its date: whoever asked the index before that does not know it from there.
        var (oldest, late) = (e.Date.AddDays(-Day.Kept), s.ClosedDays.Length - Day.Kept);
        var kept = s.ClosedDays.Where((d, i) => (i >= late || d.Date >= oldest) && d.Seq != e.Earlier).ToImmutableArray();
        var unfiled = s.ClosedDays.Where(d => d.Filed is null && !kept.Contains(d)).Select(d => d.Seq).DefaultIfEmpty().Max();
        return s with
        {
            UnfiledUpTo = Math.Max(s.UnfiledUpTo, unfiled),

            // Of two days with one date (a zone changed across the date line) the one with open holds stays.
            Days = s.Days.RemoveAll(d =>
                d.Date == e.Date && d.Number != s.Days[^1].Number && !s.Draining.Any(w => w.Type == LimitType.Daily && w.Number == d.Number)),
            ClosedDays = kept.Add(new ClosedDay(e.Date, s.Seq, e.Earlier is null ? null : true)),
        };
    }
}
