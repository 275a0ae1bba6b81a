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
/// <param name="Answer">Null: more has to be found first.</param>
/// <param name="IsShortOfLimit">The giver's own limits leave less than is needed, and a recall may find it.</param>
/// <param name="Above">If not: what has to be asked for above.</param>
/// <param name="IsShort">Less is granted than is needed.</param>
/// <param name="IsPart">And yet something: it may serve some of those who wait at the taker, and what serves none of them comes back.</param>
public readonly record struct Lend(Loan? Loan, DrawAnswer? Answer, bool IsShortOfLimit = false, Wanted Above = default, bool IsShort = false, bool IsPart = false);

/// <summary>What was tried already to find what a taker needs.</summary>
/// <param name="IsRecalled">The whole subtree has given back what it does not need.</param>
/// <param name="Above">Why the giver's own draw could not grow as needed; null: not tried, or it could.</param>
/// <param name="IsScarce">Somebody waits for what a recall brings: nothing is granted ahead of need meanwhile.</param>
/// <param name="Asked">For how much it was asked above; null: it was not.</param>
/// <param name="Overtaken">A recall has come in between, and the ask stands.</param>
public readonly record struct Tried(bool IsRecalled = false, DrawAnswer? Above = null, bool IsScarce = false, Money? Asked = null, Overtaken? Overtaken = null)
{
    /// <summary>
    /// A refusal is of what was asked for. When a recall has told above meanwhile what was spent beyond what was set aside, that needs no asking for any more.
    /// Who only asked for something ahead, as he had what he needed, was not refused: when it is gone, he asks for what he needs.
    /// </summary>
    internal bool IsRefused(Wanted wanted) => Above is not null && Asked > Money.Zero && wanted.Need >= Asked;
}

/// <summary>An ask that stands although a recall has said something newer of the same draw.</summary>
/// <param name="Ask">Its version.</param>
/// <param name="By">The version of the recall's report.</param>
public readonly record struct Overtaken(long Ask, long By);

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
            if (!report.Stands(old, tried.Overtaken))
            {
                return (new Lend(null, old.Answer(now.Now)), []);
            }

            report = report.On(old);
        }

        var draw = now.Terms.Parent is null ? null : now.Draws.At(now.Now);
        var loan = (old ?? new Loan(report.Number, 0, default, default, default, now.AdmissionNow(), draw?.Number ?? 0, null, false, now.Now, true)).After(report, now.Now);
        var told = now.With(loan);
        draw = draw is null ? null : told.Draws.At(now.Now);
        var isOver = loan.ValidUntil <= now.Now || loan.Draw != (draw?.Number ?? 0);
        var wanted = report.Wanted();
        var (room, no) = isOver ? (Money.Zero, null) : Room(told, wanted);
        if (no is not null && !tried.IsRecalled)
        {
            return (new Lend(null, null, IsShortOfLimit: true), []);
        }

        // What the own limits leave is worth asking for, even where it does not serve everybody who waits.
        var reach = wanted.Of(room);
        if (!isOver && draw is not null)
        {
            var ahead = tried.IsScarce ? Money.Zero : Money.Min(draw.Beyond(report), room - reach);
            var above = (wanted with { Need = reach, Ahead = ahead }).Above(draw, now.Draws.At(now.Now));
            if (above.Need > Money.Zero ? !tried.IsRefused(above) : tried.Asked is null && draw.IsThin(report) && ahead > Money.Zero)
            {
                return (new Lend(null, null, Above: above), []);
            }
        }

        var (lent, isShort) = loan.Granting(report, draw is null ? room : Money.Min(room, draw.Room), tried.IsScarce || draw is { IsExact: true }, isOver);
        lent = lent.Until(loan.ValidUntil ?? Ends(told, draw), now.Now);
        var answer = lent.Answer(now.Now) with { IsOver = isOver };
        if (isShort)
        {
            var granted = lent.Granted - loan.Granted;
            var (outcome, refusal) = no ?? Refused(tried.Above, now.Agent, wanted.Need, (draw?.Room ?? granted) - granted);
            answer = answer with { Outcome = outcome, Refusal = no is null ? refusal : refusal.After(granted) };
        }

        return (new Lend(lent, answer, IsShort: isShort, IsPart: isShort && lent.Granted > loan.Granted), elapsed.Add(new Lent(now.Now, lent, now.With(lent).Balances())));
    }

    internal static bool Stands(this DrawReport ask, Loan loan, Overtaken? overtaken) => overtaken == new Overtaken(ask.Version, loan.Version);

    /// <summary>The same need, on top of what a recall has said since.</summary>
    internal static DrawReport On(this DrawReport ask, Loan loan)
    {
        var since = loan.Granted - ask.Spent - ask.Held;
        return ask with
        {
            Version = loan.Version, Spent = loan.Spent, Held = loan.Held, Kept = loan.Granted, IsExact = true,
            Need = ask.Need + since, Want = ask.Need + since, Least = ask.Least + since,
        };
    }

    /// <summary>What those who wait at the taker need, beyond what it keeps.</summary>
    internal static Wanted Wanted(this DrawReport report) => new(report.Need - report.Kept, Money.Max(Money.Zero, report.Least - report.Kept));

    /// <summary>What of a need can be served: all of it, else what there is, else nothing: what serves nobody would be missing elsewhere until it is back.</summary>
    internal static Money Of(this Wanted wanted, Money available) =>
        available >= wanted.Need ? Money.Max(Money.Zero, wanted.Need) : available >= wanted.Least ? Money.Max(Money.Zero, available) : Money.Zero;

    /// <summary>What has to be asked for above: what is needed and not in the giver's draw, with what the same report says was spent beyond what was set aside.</summary>
    internal static Wanted Above(this Wanted wanted, Draw told, Draw untold)
    {
        var beyond = Money.Max(Money.Zero, told.Used - untold.Used);
        return wanted.Need > Money.Zero && told.Room < wanted.Need
            ? wanted with { Need = wanted.Need + beyond, Least = wanted.Least + beyond }
            : new Wanted(Money.Zero, Money.Zero, wanted.Ahead);
    }

    /// <summary>What a giver wants in its own draw beyond a taker's need: enough that the taker's share of it is what the taker wants. Nothing while money is short above.</summary>
    internal static Money Beyond(this Draw draw, DrawReport report) =>
        draw.IsExact ? Money.Zero : new Money((long)Math.Min((decimal)(report.Want - report.Need).Nanos * ShareAhead, Money.MaxPerRequest.Nanos));

    /// <summary>The taker could be given less than half of what it wants ahead of its need, only because the giver's own draw is small: that grows first, or takers would soon be back.</summary>
    internal static bool IsThin(this Draw draw, DrawReport report) =>
        report.Want > report.Need && report.Need > report.Kept && !draw.IsExact && Share(draw.Room, report.Need - report.Kept) < new Money((report.Want - report.Need).Nanos / 2);

    /// <summary>Ahead of a need goes as much again at least, or nothing: what is handed out in crumbs has to be gathered again.</summary>
    private static bool HasAhead(Money available, Money need) => Share(available, need) is { Nanos: > 0 } share && share >= need;

    private static Money Share(Money available, Money need) => new(Math.Max(0, (available - need).Nanos / ShareAhead));

    /// <summary>Whether the budget's own limits leave so much for descendants.</summary>
    public static Foresight Foresee(BudgetState s, Money need, DateTimeOffset clock)
    {
        var (now, _) = s.At(clock);
        var (room, no) = Room(now, new Wanted(need, need));
        return no is { } refused ? new Foresight(refused.Outcome, refused.Refusal, room, []) : new Foresight(Outcome.Accepted, null, room, []);
    }

    /// <summary>A taker's report taken over, before anything is granted.</summary>
    internal static Loan After(this Loan loan, DrawReport report, DateTimeOffset now) => loan with
        { Version = report.Version, Granted = report.Kept, Spent = report.Spent, Held = report.Held, IsExact = report.IsExact, HeardAt = now };

    /// <summary>All that is needed is granted, and ahead of that a share of what is left, so that one taker leaves something for the others.</summary>
    /// <param name="isExact">Money is short further up: nothing is granted ahead.</param>
    internal static (Loan Loan, bool IsShort) Granting(this Loan loan, DrawReport report, Money available, bool isExact, bool isOver)
    {
        var (wanted, want) = (report.Wanted(), report.Want - report.Kept);
        if (isOver || want <= Money.Zero)
        {
            return (loan, false);
        }

        isExact |= !HasAhead(available, wanted.Need);
        var more = wanted.Of(available) + (isExact ? Money.Zero : Money.Min(want - wanted.Need, Share(available, wanted.Need)));
        return (loan with { Granted = loan.Granted + more, IsExact = isExact }, more < wanted.Need);
    }

    /// <summary>The loan with its end; once it has ended and nothing of it is outstanding, nothing waits for it any more.</summary>
    internal static Loan Until(this Loan loan, DateTimeOffset? ends, DateTimeOffset now) =>
        loan with { ValidUntil = ends, IsOpen = loan.IsOpen && !(ends <= now && loan.Outstanding == Money.Zero) };

    /// <param name="left">In the giver's own draw.</param>
    internal static (Outcome Outcome, Refusal Refusal) Refused(DrawAnswer? above, AgentId agent, Money need, Money left) =>
        above?.Refusal is { } refusal ? (above.Outcome, refusal.For(need, left)) : (Outcome.BudgetExceeded, new Refusal(agent, need));

    /// <summary>The refusal of those for whom it did not suffice, once the others have had theirs.</summary>
    private static Refusal After(this Refusal refusal, Money granted) => refusal with { Standing = refusal.Standing is { } s ? s with { Held = s.Held + granted } : null };

    /// <summary>
    /// Many who need money are one request further up, and its refusal is of all of them: this is what it says to one. What is left in the draw below
    /// is held above, and left for him all the same. If that came only after the refusal, it is all that he is told of.
    /// </summary>
    internal static Refusal For(this Refusal refusal, Money requested, Money left)
    {
        if (refusal.Standing is not { } s)
        {
            return refusal with { Requested = requested };
        }

        var remaining = s.Remaining + left < requested ? s.Remaining + left : left;
        s = s with { Held = s.Held + s.Remaining - remaining };

        // What never ends does not pass by itself; money that is on its way to a wallet comes all the same.
        return refusal with { Requested = requested, Standing = s, RetryAt = s.Window.Until is null ? refusal.RetryAt : Admitting.PassesAt(s, requested) };
    }

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
    private static (Money Room, (Outcome Outcome, Refusal Refusal)? No) Room(BudgetState s, Wanted wanted)
    {
        var need = wanted.Need;
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
        return (room, need <= room ? null
            : Admitting.ExceededByDescendants(s, wanted.Least > room ? wanted.Least : need) ?? (Outcome.AmountTooLarge, new Refusal(s.Agent, need)));
    }
}
