using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>A snapshot of a <see cref="BudgetState"/> as it is stored.</summary>
internal sealed record StoredState(
    AgentId Agent,
    long Seq,
    DateTimeOffset Now,
    DateTimeOffset CreatedAt,
    string Name,
    AgentId? Parent,
    ImmutableSortedDictionary<string, string> Metadata,
    bool Closed,
    Freeze? Freeze,
    string TimeZone,
    IsoDayOfWeek WeekStart,
    Limits Above,
    Limits Own,
    AlertSettings Alerts,
    ImmutableArray<Window> Windows,
    ImmutableArray<Window> Draining,
    ImmutableArray<Hold> Holds,
    ImmutableArray<StoredMemory> Memory,
    long ForgottenUpTo,
    ImmutableArray<Day> Days,
    ImmutableArray<ClosedDay> ClosedDays,
    ImmutableArray<Draw>? Draws = null,
    ImmutableArray<Loan>? Loans = null,
    DateTimeOffset? EndsAt = null,
    int? MaxBelow = null,
    AlertSettings? AlertsAbove = null,
    ImmutableArray<Alert>? Outbox = null,
    long? LastAlert = null,
    ImmutableArray<Told>? Told = null,
    Pace? Pace = null,
    ImmutableArray<Repeat>? Repeats = null,
    long? UnfiledUpTo = null,
    ImmutableArray<Approval>? Approvals = null,
    long? LastApproval = null,
    ImmutableArray<DateTimeOffset>? AskedLately = null)
{
    public static StoredState Of(BudgetState s) => new(
        s.Agent, s.Seq, s.Now, s.Terms.CreatedAt, s.Terms.Name, s.Terms.Parent, s.Terms.Metadata, s.Closed, s.Freeze,
        s.TimeZone, s.Terms.WeekStart, s.Above, s.Own, s.Terms.Alerts,
        s.Windows, s.Draining,
        [.. s.Holds.Values.OrderBy(h => h.Id.Value, StringComparer.Ordinal)],
        [.. s.Memory.All().Select(m => new StoredMemory(m.Digest, m.What.Seq, m.What.Fingerprint, m.What.Kind))],
        s.Memory.ForgottenUpTo, s.Days, s.ClosedDays,
        s.Draws.IsEmpty ? null : s.Draws, s.Loans.IsEmpty ? null : s.Loans, s.Terms.EndsAt, s.Terms.MaxBelow,
        s.Terms.AlertsAbove.IsNone ? null : s.Terms.AlertsAbove, s.Outbox.IsEmpty ? null : s.Outbox, s.LastAlert == 0 ? null : s.LastAlert,
        s.Told.IsEmpty ? null : s.Told, s.Pace == default ? null : s.Pace,
        s.Repeats.IsEmpty ? null : s.Repeats, s.UnfiledUpTo == 0 ? null : s.UnfiledUpTo,
        s.Approvals.IsEmpty ? null : s.Approvals, s.LastApproval == 0 ? null : s.LastApproval, s.AskedLately.IsEmpty ? null : s.AskedLately);

    public BudgetState ToState() => new BudgetState(Agent)
    {
        Seq = Seq,
        Now = Now,
        Closed = Closed,
        Freeze = Freeze,
        Terms = new Terms
        {
            CreatedAt = CreatedAt,
            Name = Name,
            Parent = Parent,
            Metadata = Metadata,
            TimeZone = TimeZone,
            WeekStart = WeekStart,
            Above = Above,
            Own = Own,
            Alerts = Alerts,
            EndsAt = EndsAt,
            MaxBelow = MaxBelow,
            AlertsAbove = AlertsAbove ?? AlertSettings.None,
        },
        Windows = Windows,
        Draining = Draining,
        Holds = Holds.ToImmutableDictionary(h => h.Id),
        NextExpiry = Holds.IsEmpty ? null : Holds.Min(h => h.ExpiresAt),
        Memory = Ledger.Memory.Of(Memory.Select(m => (m.Digest, new Remembered(m.Seq, m.Fingerprint, m.Kind))), ForgottenUpTo),
        Days = Days,
        ClosedDays = ClosedDays,
        Draws = Draws ?? [],
        Loans = Loans ?? [],
        Outbox = Outbox ?? [],
        LastAlert = LastAlert ?? 0,
        Told = Told ?? [],
        Pace = Pace ?? default,
        Repeats = Repeats ?? [],
        UnfiledUpTo = UnfiledUpTo ?? 0,
        LastApproval = LastApproval ?? 0,
        AskedLately = AskedLately ?? [],
    }.WithApprovals(Approvals ?? []);
}

internal sealed record StoredMemory(Digest Digest, long Seq, Digest Fingerprint, EntryKind Kind);
