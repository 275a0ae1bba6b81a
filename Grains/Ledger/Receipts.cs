using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Reads answers and ledger lines off events: the first answer and every replay of it come from here.</summary>
public static class Receipts
{
    public static bool IsAnswer(BudgetEvent e) => e is Charged or Held or Settled { Assumed: not true } or Released or Extended or Credited or Reconciled;

    /// <summary>What the state's memory would have held of an event, for those read back from the journal.</summary>
    /// <exception cref="JournalCorruptException">No digest leads to such an event.</exception>
    public static Remembered RememberedOf(BudgetEvent e, long seq) => e switch
    {
        Charged c => new(seq, c.Fingerprint, EntryKind.Charge),
        Held h => new(seq, h.Fingerprint, EntryKind.Hold),
        Settled t => new(seq, t.Fingerprint, EntryKind.Settle),
        Released r => new(seq, r.Fingerprint, EntryKind.Release),
        Extended x => new(seq, x.Fingerprint, EntryKind.Extend),
        Reconciled r => new(seq, r.Fingerprint, EntryKind.Correction),
        Expired => new(seq, Digest.None, EntryKind.Expire),
        Credited c => new(seq, c.Fingerprint, KindOf(c.Source)),
        ApprovalEnded x => new(seq, Permitting.MarkOf(x.Status), EntryKind.Approval),
        _ => throw new JournalCorruptException($"Event {seq} ({e.GetType().Name}) was filed under a digest."),
    };

    /// <exception cref="JournalCorruptException">The event is not the answer to a spending request.</exception>
    public static Receipt Of(BudgetEvent e, long seq) => e switch
    {
        Charged c => new(EntryKind.Charge, seq, c.At, c.Id.Value, c.Amount, default, c.Overage, false, null, c.Key.Value, c.After, c.Warnings, c.PriceVersion),
        Held h => new(EntryKind.Hold, seq, h.At, h.Id.Value, h.Amount, default, false, false, h.ExpiresAt, h.Key.Value, h.After, h.Warnings, h.PriceVersion),
        Settled t => new(EntryKind.Settle, seq, t.At, t.Hold.Id.Value, t.Amount, t.Released, t.Overage, t.Late, null, t.Key?.Value, t.After, t.Warnings, t.PriceVersion),
        Released r => new(EntryKind.Release, seq, r.At, r.Hold.Id.Value, default, r.Hold.Amount, false, r.Corrects == true, null, r.Key?.Value, r.After, []),
        Extended x => new(EntryKind.Extend, seq, x.At, x.Id.Value, x.Amount, default, false, false, x.ExpiresAt, x.Key?.Value, x.After, []),
        Credited c => new(KindOf(c.Source), seq, c.At, "", c.Amount, default, false, false, null, c.Key.Value, [], [], BalanceAfter: c.Balance),
        Reconciled r => new(EntryKind.Correction, seq, r.At, "", r.Amount, default, r.Overage, false, null, r.Key.Value, r.After, r.Warnings),
        _ => throw new JournalCorruptException($"Event {seq} ({e.GetType().Name}) is not the answer to a spending request."),
    };

    public static EntryKind KindOf(CreditSource source) => source is CreditSource.Manual or CreditSource.Payment ? EntryKind.Credit : EntryKind.Correction;

    /// <summary>Null: bookkeeping that is no line of the ledger.</summary>
    public static LedgerEntry? EntryOf(BudgetEvent e, long seq) => e switch
    {
        Rolled or DayClosed or DrawAsked or DrawAnswered or Lent or Alerted or AlertsTaken or RechargeTaken or RechargeChecked or ApprovalAskedAgain or ApprovalReminded => null,
        _ => LineOf(e, seq) with { Seq = seq },
    };

    private static LedgerEntry LineOf(BudgetEvent e, long seq) => e switch
    {
        Charged c => Line(c, EntryKind.Charge, c.Amount, c.Id.Value, c.Purpose, c.Key.Value, c.After, c.Overage, price: c.PriceVersion, approval: c.Approval?.Id),
        Settled { Corrects: true } t => Line(t, EntryKind.Correction, t.Adds(), t.Hold.Id.Value, t.Purpose, t.Key?.Value, t.After, t.Overage, t.Late, Assuming.Detail(t), t.PriceVersion) with { About = t.Hold.Date },
        Settled { Assumed: true } t => Line(t, EntryKind.Settle, t.Amount, t.Hold.Id.Value, t.Purpose, null, t.After, detail: Assuming.Detail(t)),
        Held h => Line(h, EntryKind.Hold, h.Amount, h.Id.Value, h.Purpose, h.Key.Value, h.After, price: h.PriceVersion, approval: h.Approval?.Id, detail: h.OutOf is { } whole ? $"out of {whole}" : null),
        Settled t => Line(t, EntryKind.Settle, t.Amount, t.Hold.Id.Value, t.Purpose, t.Key?.Value, t.After, t.Overage, t.Late, price: t.PriceVersion),
        Released { Corrects: true } r => Line(r, EntryKind.Correction, Money.Zero - r.Hold.Amount, r.Hold.Id.Value, r.Hold.Purpose with { Usage = null }, r.Key?.Value, r.After, late: true, detail: Assuming.Detail(r)) with { About = r.Hold.Date },
        Released r => Line(r, EntryKind.Release, r.Hold.Amount, r.Hold.Id.Value, r.Hold.Purpose, r.Key?.Value, r.After),
        Extended x => Line(x, EntryKind.Extend, x.Amount, x.Id.Value, Purpose.None, x.Key?.Value, x.After, detail: $"expires_at {x.ExpiresAt:O}"),
        Expired x => Line(x, EntryKind.Expire, x.Hold.Amount, x.Hold.Id.Value, x.Hold.Purpose, null, x.After),
        Credited c => Line(c, KindOf(c.Source), c.Amount, null, Purpose.None, c.Key.Value, [], detail: $"{c.Source.ToString().ToLowerInvariant()} by {c.By}{(c.Note is null ? "" : $": {c.Note}")}") with { BalanceAfter = c.Balance },
        RechargeStarted b => Recharge(b, default, $"{b.Id} of ${b.Amount} ordered, with ${b.Available} available"),
        RechargeEnded { Status: PaymentStatus.Succeeded } x => Recharge(x, x.Amount, $"{x.Id} paid by {x.Provider}{(x.Payment is null ? "" : $" as {x.Payment}")}") with { BalanceAfter = x.Balance },
        RechargeEnded x => Recharge(x, default, $"{x.Id} brought nothing{(x.Detail is null ? "" : $": {x.Detail}")}") with { BalanceAfter = x.Balance },
        RechargeConfigured c => Config(c, $"recharges configured by {c.By}"),
        RechargePaused p => Config(p, p.Reason == RechargePauseReason.Limit ? "recharges paused: as many were begun as a month may have" : "recharges paused: the last one brought nothing"),
        RechargeResumed r => Config(r, $"recharges resumed by {r.By}{(r.Additional == 0 ? "" : FormattableString.Invariant($", {r.Additional} more this month"))}"),
        Reconciled r => Line(r, EntryKind.Correction, r.Amount, null, Correcting.PurposeOf(r), r.Key.Value, r.After, r.Overage, detail: Correcting.Detail(r)) with { About = r.Lines.Min(l => l.Date) },
        Opened o => Config(o, $"opened by {o.By}"),
        Configured c => Config(c, $"configured by {c.By}"),
        Described d => Config(d, $"described by {d.By}"),
        Frozen f => Config(f, $"frozen by {f.By}: {f.Reason}"),
        Unfrozen u => Config(u, $"unfrozen by {u.By}"),
        Closed c => Config(c, $"closed by {c.By}"),
        Moved m => Config(m, $"moved to {m.Parent} by {m.By}"),
        ApprovalAsked a => About(a, a.Approval.Id, a.Approval.Cost, Purpose.None with { Operation = a.Approval.Operation },
            $"{a.Approval.Id} asked by {a.Approval.AskedBy} ({Word(a.Approval.Urgency)}): {a.Approval.Justification}"),
        Permitted p => About(p, p.Id, p.Permission.Most, Purpose.None, $"{p.Id} approved{Said(p.Permission.Verdict)}"),
        ApprovalEnded x => About(x, x.Approval.Id, x.Approval.Permission?.Most ?? x.Approval.Cost, Purpose.None with { Operation = x.Approval.Operation },
            $"{x.Approval.Id} {x.Status.ToString().ToLowerInvariant()}{(x.Verdict is { } verdict ? Said(verdict) : " by itself")}"),
        _ => throw new JournalCorruptException($"Event {seq} ({e.GetType().Name}) has no place in the ledger."),
    };

    private static LedgerEntry Recharge(BudgetEvent e, Money amount, string detail) => Line(e, EntryKind.Recharge, amount, null, Purpose.None, null, [], detail: detail);

    private static LedgerEntry About(BudgetEvent e, ApprovalId id, Money amount, Purpose purpose, string detail) =>
        Line(e, EntryKind.Approval, amount, null, purpose, null, [], detail: detail, approval: id);

    private static string Said(Verdict v) => $" by {v.By}{(v.Decider is { } agent ? $" ({agent})" : "")} through {v.Through}{(v.Note is { } note ? $": {note}" : "")}";

    private static string Word(Urgency urgency) => urgency.ToString().ToLowerInvariant();

    private static LedgerEntry Config(BudgetEvent e, string detail) => Line(e, EntryKind.Config, default, null, Purpose.None, null, [], detail: detail);

    private static LedgerEntry Line(
        BudgetEvent e, EntryKind kind, Money amount, string? id, Purpose purpose, string? key, ImmutableArray<Balance> after,
        bool overage = false, bool late = false, string? detail = null, string? price = null, ApprovalId? approval = null) =>
        new(0, e.At, kind, amount, id, purpose, key, overage, late, detail, after, price, Approval: approval?.Value);
}
