using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>A draw as its giver sees it: set aside until the taker says that it was spent or is not needed.</summary>
/// <param name="Held">What the taker last said that it has set aside for spends to come.</param>
/// <param name="Admission">The windows of the giver's budget that admitted it. A tree has none: its own draw counts there.</param>
/// <param name="Draw">The giver's own draw that it is taken out of; 0: the giver has no parent.</param>
/// <param name="HeardAt">When the taker last said something.</param>
/// <param name="IsOpen">False: it is over, all that was granted is spent, and its windows need not be kept for it.</param>
public sealed record Loan(
    long Number, long Version, Money Granted, Money Spent, Money Held, Admission Admission, long Draw, DateTimeOffset? ValidUntil, bool IsExact, DateTimeOffset HeardAt, bool IsOpen)
{
    /// <summary>A taker that has something and says nothing for so long is asked: it may have died with it.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Granted and not spent: what the giver counts as held.</summary>
    public Money Outstanding => Granted - Spent;

    /// <summary>Whether the taker could have more than it needs: its promise to give back at once may be on its way, or lost. A tree in which all is spent refuses without asking around.</summary>
    public bool MayHaveRest => Outstanding > Money.Zero;

    public DrawAnswer Answer(DateTimeOffset now) => new(Number, Version, Granted, ValidUntil, IsExact, ValidUntil <= now);
}

/// <summary>The loans of one taker, oldest first.</summary>
internal static class Loans
{
    public static ImmutableArray<Loan> With(this ImmutableArray<Loan> loans, Loan loan, Loan? old)
    {
        if (old is not null)
        {
            return loans.Replace(old, loan);
        }

        while (loans.Length >= Draw.Remembered && loans.FirstOrDefault(l => !l.IsOpen) is { } oldest)
        {
            loans = loans.Remove(oldest);
        }

        return loans.Add(loan);
    }
}

/// <summary>What a giver decided about a report.</summary>
/// <param name="Loan">How the draw stands from now on; null: as it stood, or more has to be found first.</param>
/// <param name="Short">Not zero: so much is needed, and there is less. By the giver's own limits, and a recall may find it; or in its own draw, and more has to be asked for above.</param>
/// <param name="Ahead">What is worth asking for above beyond that, so that takers can be given something ahead of their need.</param>
public readonly record struct Lend(Loan? Loan, DrawAnswer? Answer, Money Short = default, bool IsShortOfLimit = false, Money Ahead = default);

/// <summary>What was tried already to find what a taker needs.</summary>
/// <param name="IsRecalled">The whole subtree has given back what it does not need.</param>
/// <param name="Above">Why the giver's own draw could not grow as needed; null: not tried, or it could.</param>
/// <param name="IsScarce">Somebody waits for what a recall brings: nothing is granted ahead of need meanwhile.</param>
/// <param name="IsAsked">More was asked for above, whatever came of it.</param>
public readonly record struct Tried(bool IsRecalled = false, DrawAnswer? Above = null, bool IsScarce = false, bool IsAsked = false);

/// <summary>"What a child may spend is set aside at every ancestor first."</summary>
public static class Lending
{
    /// <summary>Of what is left above the need, one taker gets at most this share ahead of its need.</summary>
    private const int ShareAhead = 4;

    public static (Lend Lend, ImmutableArray<BudgetEvent> Events) Lend(BudgetState s, DrawReport report, DateTimeOffset clock, Tried tried = default)
    {
        var (now, elapsed) = s.At(clock);
        var old = now.Loans.FirstOrDefault(l => l.Number == report.Number);
        if (old is not null && report.Version <= old.Version)
        {
            return (new Lend(null, old.Answer(now.Now)), []);
        }

        var draw = now.Terms.Parent is null ? null : now.Draws.At(now.Now);
        var loan = (old ?? new Loan(report.Number, 0, default, default, default, now.AdmissionNow(), draw?.Number ?? 0, null, false, now.Now, true)).After(report, now.Now);
        var told = now.With(loan);
        draw = draw is null ? null : told.Draws.At(now.Now);
        var isOver = loan.ValidUntil <= now.Now || loan.Draw != (draw?.Number ?? 0);
        var need = report.Need - report.Kept;
        var (room, no) = isOver ? (Money.Zero, null) : Room(told, need);
        if (no is not null && !tried.IsRecalled)
        {
            return (new Lend(null, null, need, IsShortOfLimit: true), []);
        }

        // What the own limits leave is worth asking for, even where it does not serve everybody who waits.
        var reach = Money.Min(need, room);
        if (!isOver && draw is not null && tried.Above is null)
        {
            var missing = reach > Money.Zero && draw.Room < reach ? reach.With(draw, now.Draws.At(now.Now)) : Money.Zero;
            var ahead = tried.IsScarce ? Money.Zero : Money.Min(draw.Beyond(report), room - reach);
            if (missing > Money.Zero || (!tried.IsAsked && draw.IsThin(report) && ahead > Money.Zero))
            {
                return (new Lend(null, null, missing, Ahead: ahead), []);
            }
        }

        var (lent, isShort) = loan.Granting(report, draw is null ? room : Money.Min(room, draw.Room), tried.IsScarce || draw is { IsExact: true }, isOver);
        lent = lent.Until(loan.ValidUntil ?? Ends(told, draw), now.Now);
        var answer = lent.Answer(now.Now) with { IsOver = isOver };
        if (isShort)
        {
            var (outcome, refusal) = no ?? Refused(tried.Above, now.Agent, need, draw?.Room ?? Money.Zero);
            answer = answer with { Outcome = outcome, Refusal = refusal };
        }

        return (new Lend(lent, answer), elapsed.Add(new Lent(now.Now, lent, now.With(lent).Balances())));
    }

    /// <summary>What has to be asked for above: what is needed, and what the same report says was spent beyond what was set aside.</summary>
    internal static Money With(this Money need, Draw told, Draw untold) => need + Money.Max(Money.Zero, told.Used - untold.Used);

    /// <summary>What a giver wants in its own draw beyond a taker's need: enough that the taker's share of it is what the taker wants. Nothing while money is short above.</summary>
    internal static Money Beyond(this Draw draw, DrawReport report) =>
        draw.IsExact ? Money.Zero : new Money((long)Math.Min((decimal)(report.Want - report.Need).Nanos * ShareAhead, Money.MaxPerRequest.Nanos));

    /// <summary>Takers could be given no more than they need, only because the giver's own draw is small: it grows before they are told that money is short.</summary>
    internal static bool IsThin(this Draw draw, DrawReport report) =>
        report.Want > report.Need && report.Need > report.Kept && !draw.IsExact && !HasAhead(draw.Room, report.Need - report.Kept);

    /// <summary>Ahead of a need goes as much again at least, or nothing: what is handed out in crumbs has to be gathered again.</summary>
    private static bool HasAhead(Money available, Money need) => Share(available, need) is { Nanos: > 0 } share && share >= need;

    private static Money Share(Money available, Money need) => new(Math.Max(0, (available - need).Nanos / ShareAhead));

    /// <summary>Whether the budget's own limits leave so much for descendants.</summary>
    public static Foresight Foresee(BudgetState s, Money need, DateTimeOffset clock)
    {
        var (now, _) = s.At(clock);
        var (room, no) = Room(now, need);
        return no is { } refused ? new Foresight(refused.Outcome, refused.Refusal, room, []) : new Foresight(Outcome.Accepted, null, room, []);
    }

    /// <summary>A taker's report taken over, before anything is granted.</summary>
    internal static Loan After(this Loan loan, DrawReport report, DateTimeOffset now) => loan with
        { Version = report.Version, Granted = report.Kept, Spent = report.Spent, Held = report.Held, IsExact = report.IsExact, HeardAt = now };

    /// <summary>All that is needed is granted, and ahead of that a share of what is left, so that one taker leaves something for the others.</summary>
    /// <param name="isExact">Money is short further up: nothing is granted ahead.</param>
    internal static (Loan Loan, bool IsShort) Granting(this Loan loan, DrawReport report, Money available, bool isExact, bool isOver)
    {
        var (need, want) = (report.Need - report.Kept, report.Want - report.Kept);
        if (isOver || want <= Money.Zero)
        {
            return (loan, false);
        }

        isExact |= !HasAhead(available, need);
        var more = Money.Max(Money.Zero, Money.Min(need, available)) + (isExact ? Money.Zero : Money.Min(want - need, Share(available, need)));
        return (loan with { Granted = loan.Granted + more, IsExact = isExact }, more < need);
    }

    /// <summary>The loan with its end; once it has ended and nothing of it is outstanding, nothing waits for it any more.</summary>
    internal static Loan Until(this Loan loan, DateTimeOffset? ends, DateTimeOffset now) =>
        loan with { ValidUntil = ends, IsOpen = loan.IsOpen && !(ends <= now && loan.Outstanding == Money.Zero) };

    /// <param name="left">In the giver's own draw.</param>
    internal static (Outcome Outcome, Refusal Refusal) Refused(DrawAnswer? above, AgentId agent, Money need, Money left) =>
        above?.Refusal is { } refusal ? (above.Outcome, refusal.Leaving(left)) : (Outcome.BudgetExceeded, new Refusal(agent, need));

    /// <summary>Many who need money are one request further up, and its refusal is of all of them. What was found all the same is set aside for those who were quicker; the rest is left.</summary>
    internal static Refusal Leaving(this Refusal refusal, Money left) => refusal.Standing is { } s && s.Remaining > left
        ? refusal with { Standing = s with { Held = s.Held + s.Remaining - left } }
        : refusal;

    /// <summary>The state in which a loan stands like this: what is granted and not spent is held, in the windows that admitted it and in the giver's own draw.</summary>
    internal static BudgetState With(this BudgetState s, Loan loan)
    {
        var old = s.Loans.FirstOrDefault(l => l.Number == loan.Number);
        var opens = (loan.IsOpen ? 1 : 0) - (old is { IsOpen: true } ? 1 : 0);
        var (spent, held) = (loan.Spent - (old?.Spent ?? Money.Zero), loan.Outstanding - (old?.Outstanding ?? Money.Zero));
        s = s.Count(loan.Admission, spent, held, opens);
        return s with { Loans = s.Loans.With(loan, old), Draws = loan.Draw == 0 ? s.Draws : s.Draws.Moved(loan.Draw, spent, held) };
    }

    private static DateTimeOffset? Ends(BudgetState s, Draw? draw)
    {
        var ends = draw is null ? DateTimeOffset.MaxValue : draw.ValidUntil;
        ends = s.Terms.EndsAt < ends ? s.Terms.EndsAt : ends;
        foreach (var window in s.Windows)
        {
            ends = window.Type != LimitType.PerMinute && window.Span.Until < ends ? window.Span.Until : ends;
        }

        return ends;
    }

    /// <summary>What the budget's own limits leave for its descendants, and why the need does not fit them. Limits on a single call and on a minute bind the agent's own calls alone.</summary>
    private static (Money Room, (Outcome Outcome, Refusal Refusal)? No) Room(BudgetState s, Money need)
    {
        if (need <= Money.Zero)
        {
            return (s.Closed || s.Freeze is not null ? Money.Zero : Admitting.LargestForDescendants(s), null);
        }

        if (s.Closed)
        {
            return (Money.Zero, (Outcome.AgentClosed, new Refusal(s.Agent, need)));
        }

        if (s.Freeze is { } freeze)
        {
            return (Money.Zero, (Outcome.Frozen, new Refusal(s.Agent, need, FrozenReason: freeze.Reason, RetryAt: freeze.ResumesAt)));
        }

        var room = Admitting.LargestForDescendants(s);
        return (room, need <= room ? null : Admitting.ExceededByDescendants(s, need) is { } standing
            ? (Outcome.BudgetExceeded, standing)
            : (Outcome.AmountTooLarge, new Refusal(s.Agent, need)));
    }
}
