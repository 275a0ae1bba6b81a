using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"A permission is for one spend, of that operation, of at most that amount, in time": what open approvals are good for, and when they end.</summary>
internal static class Permitting
{
    private static readonly ImmutableArray<TimeSpan> RemindedAfter = [TimeSpan.FromHours(24), TimeSpan.FromHours(6), TimeSpan.FromHours(1), TimeSpan.FromMinutes(15)];

    /// <summary>Above this somebody has to say yes: the strictest of both layers. Null: nobody has to.</summary>
    public static Money? ThresholdOf(BudgetState s) => Books.Strictest(s.Terms.Above.ApprovalThreshold, s.Terms.Own.ApprovalThreshold);

    /// <summary>What a spend has to have been asked for as.</summary>
    public static string OperationOf(Purpose purpose) => purpose.Operation ?? purpose.Model ?? "unnamed";

    /// <summary>The approval that a spend names, if it is good for it.</summary>
    /// <param name="before">The state before time had its way with it: what has just expired was in it.</param>
    /// <returns>No refusal and no approval: it names none.</returns>
    public static (Approval? Permitted, (Outcome Outcome, Refusal Refusal)? No) Find(
        BudgetState before, BudgetState now, ApprovalId? named, Money amount, Purpose purpose, Recalled recalled)
    {
        if (named is not { } id)
        {
            return (null, null);
        }

        var open = now.Approvals.FirstOrDefault(a => a.Id == id);
        var no = open switch
        {
            null => Ended(before, now, id, recalled),
            { Permission: null } => Outcome.ApprovalPending,
            { Kind: not ApprovalKind.Operation } => Outcome.ApprovalMismatch,
            _ when open.Operation != OperationOf(purpose) => Outcome.ApprovalMismatch,
            _ when amount > open.Permission.Most => Outcome.ApprovalTooSmall,
            _ => Outcome.Accepted,
        };
        return no == Outcome.Accepted
            ? (open, null)
            : (null, (no, new Refusal(now.Agent, amount, Approval: open is null ? null : new ApprovalNeed(open.Operation, open.Permission?.Most ?? open.Cost))));
    }

    /// <summary>What an approval ended as, for the state's memory.</summary>
    public static Digest MarkOf(ApprovalStatus status) => new((UInt128)(uint)status);

    public static ApprovalView ViewOf(BudgetState s, Approval open) =>
        new(s.Agent, s.Terms.Name, open, open.IsPending ? ApprovalStatus.Pending : ApprovalStatus.Approved, open.Permission?.Verdict);

    /// <summary>What an event says of an approval that it ended; null: it ended none.</summary>
    public static ApprovalView? ViewAfter(BudgetState s, BudgetEvent e) => e switch
    {
        ApprovalEnded x => new ApprovalView(s.Agent, s.Terms.Name, x.Approval, x.Status, x.Verdict ?? x.Approval.Permission?.Verdict),
        Held { Approval: { } used } h => new ApprovalView(s.Agent, s.Terms.Name, used, ApprovalStatus.Used, used.Permission?.Verdict, h.Id.Value),
        Charged { Approval: { } used } c => new ApprovalView(s.Agent, s.Terms.Name, used, ApprovalStatus.Used, used.Permission?.Verdict, c.Id.Value),
        _ => null,
    };

    /// <summary>What time alone does: permissions and requests end, and people are reminded.</summary>
    public static BudgetEvent? Lapsed(BudgetState s)
    {
        foreach (var approval in s.Approvals)
        {
            if (EndOf(approval) <= s.Now)
            {
                return new ApprovalEnded(s.Now, approval, ApprovalStatus.Expired, null);
            }

            if (ReminderOf(approval) <= s.Now)
            {
                // Those that were missed are not made up for.
                var times = (int)Math.Min(Approval.MostReminders, (s.Now - approval.AskedAt) / RemindedAfter[(int)approval.Urgency]);
                return new ApprovalReminded(s.Now, approval.Id, times);
            }
        }

        return null;
    }

    /// <summary>With other approvals, and what follows from them: when the next one ends, and what is raised by them.</summary>
    public static BudgetState WithApprovals(this BudgetState s, ImmutableArray<Approval> approvals) => s with
    {
        Approvals = approvals,
        NextLapse = approvals.IsEmpty ? null : approvals.Min(a => ReminderOf(a) is { } reminder && reminder < EndOf(a) ? reminder : EndOf(a)),
        Raises = [.. from a in approvals where a is { Kind: ApprovalKind.LimitIncrease, Permission: not null } select (a.Limit!.Value, a.Permission!.Most)],
    };

    /// <exception cref="JournalCorruptException">It is not open: used twice, or never given.</exception>
    public static BudgetState WithoutApproval(this BudgetState s, ApprovalId id)
    {
        var rest = s.Approvals.RemoveAll(a => a.Id == id);
        return rest.Length < s.Approvals.Length ? s.WithApprovals(rest) : throw new JournalCorruptException($"{s.Agent} event {s.Seq}: {id} is not open.");
    }

    internal static BudgetState Asking(this BudgetState s, ApprovalAsked a) => s.WithApprovals(s.Approvals.Add(a.Approval)) with
    {
        LastApproval = s.LastApproval + 1,
        AskedLately = a.IsAutomatic == true ? s.AskedLately : [.. s.AskedLately.Add(a.At).TakeLast(Approval.MostInAnHour)],
    };

    internal static BudgetState Changing(this BudgetState s, ApprovalId id, Func<Approval, Approval> change) => s.Approvals.FirstOrDefault(a => a.Id == id) is { } open
        ? s.WithApprovals(s.Approvals.Replace(open, change(open)))
        : throw new JournalCorruptException($"{s.Agent} event {s.Seq}: {id} is not open.");

    /// <summary>A raise arms again what lies above the new line, as any other change of limits does.</summary>
    internal static BudgetState Rearmed(this BudgetState raised, BudgetState before) =>
        raised.Raises.Length == before.Raises.Length ? raised : raised with { Told = before.Rearmed(raised.Above, raised.Own) };

    /// <summary>Limits with what people have added to them for a while. No limit stays none.</summary>
    public static Limits Raised(Limits limits, ImmutableArray<(LimitType Type, Money By)> raises)
    {
        foreach (var (type, by) in raises)
        {
            limits = limits[type] is { } limit ? limits.With(type, limit + by) : limits;
        }

        return limits;
    }

    private static DateTimeOffset EndOf(Approval a) => a.Permission?.ValidUntil ?? a.ExpiresAt;

    private static DateTimeOffset? ReminderOf(Approval a) =>
        a.IsPending && a.Reminded < Approval.MostReminders ? a.AskedAt + (RemindedAfter[(int)a.Urgency] * (a.Reminded + 1)) : null;

    private static Outcome Ended(BudgetState before, BudgetState now, ApprovalId id, Recalled recalled)
    {
        if (before.Approvals.Any(a => a.Id == id))
        {
            return Outcome.ApprovalExpired;
        }

        return (now.Memory[Digest.Of(id)] ?? recalled.Approval) switch
        {
            null => Outcome.ApprovalUnknown,
            { Kind: not EntryKind.Approval } => Outcome.ApprovalUsed,
            { Fingerprint: var mark } => mark == MarkOf(ApprovalStatus.Denied) ? Outcome.ApprovalDenied
                : mark == MarkOf(ApprovalStatus.Cancelled) ? Outcome.ApprovalCancelled
                : Outcome.ApprovalExpired,
        };
    }
}
