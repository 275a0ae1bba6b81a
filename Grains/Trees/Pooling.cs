using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>"A tree gives its children what it has drawn, and draws what they need." It has no limits of its own: its parent's budget does.</summary>
public static class Pooling
{
    public static (Lend Lend, ChildLent? Event) Lend(TreeState s, AgentId id, DrawReport report, DateTimeOffset clock, Tried tried = default)
    {
        var now = clock > s.Now ? clock : s.Now;
        var child = s.Children[id];
        var old = child.Loans.FirstOrDefault(l => l.Number == report.Number);
        if (old is not null && report.Version <= old.Version)
        {
            if (!report.Stands(old, tried.Overtaken))
            {
                return (new Lend(null, old.Answer(now)), null);
            }

            report = report.On(old);
        }

        var loan = (old ?? new Loan(report.Number, 0, default, default, default, default, s.Draws.At(now).Number, null, false, now, true)).After(report, now);
        var draw = s.With(id, loan).Draws.At(now);
        var isOver = loan.ValidUntil <= now || loan.Draw != draw.Number;
        var wanted = report.Wanted();
        if (child.IsClosed && report.Want > report.Kept)
        {
            var closed = loan with { IsExact = true };
            return (new Lend(closed, closed.Answer(now) with { Outcome = Outcome.AgentClosed, Refusal = new Refusal(s.Parent, wanted.Need) }), new ChildLent(now, id, closed));
        }

        var more = (wanted with { Ahead = draw.Beyond(report) }).Above(draw, s.Draws.At(now));
        if (!isOver && (more.Need > Money.Zero ? !tried.IsRefused(more) : tried.Asked is null && draw.IsThin(report)))
        {
            return (new Lend(null, null, Above: more), null);
        }

        var (lent, isShort) = loan.Granting(report, draw.Room, draw.IsExact, isOver);
        lent = lent.Until(loan.ValidUntil ?? draw.ValidUntil, now);
        var answer = lent.Answer(now) with { IsOver = isOver };
        if (isShort)
        {
            var (outcome, refusal) = Lending.Refused(tried.Above, s.Parent, wanted.Need, draw.Room - (lent.Granted - loan.Granted));
            answer = answer with { Outcome = outcome, Refusal = refusal };
        }

        return (new Lend(lent, answer, IsShort: isShort, IsPart: isShort && lent.Granted > loan.Granted), new ChildLent(now, id, lent));
    }
}
