using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"A human says yes, once, for this": asking for approval, and deciding about it.</summary>
/// <remarks>
/// A request lives in its agent's own budget: that somebody has decided, and that the agent may spend, are one event, and so are that it spends and that the
/// permission is used. Nothing can die between them.
/// </remarks>
public static class Approving
{
    /// <summary>For the ledger: nobody decided, the threshold did.</summary>
    public const string ByThreshold = "approval_threshold";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan ADay = TimeSpan.FromDays(1);

    /// <summary>"What costs no more than the threshold is approved at once; what is asked already is counted; people are asked for the rest, and not without end."</summary>
    /// <param name="s">Brought up to the instant of the decision, as for all that is said here.</param>
    public static (ApprovalOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Ask(BudgetState s, ApprovalAsk ask)
    {
        if (!s.Exists || s.Closed)
        {
            return (new(s.Exists ? ApprovalResult.AgentClosed : ApprovalResult.AgentUnknown, null), []);
        }

        if (s.Approvals.FirstOrDefault(a => a.IsPending && (a.Operation, a.Kind, a.Limit) == (ask.Operation, ask.Kind, ask.Limit)) is { } same)
        {
            return same.Times < Approval.MostTimes
                ? Happens(ApprovalResult.AskedBefore, s, same.Id, [new ApprovalAskedAgain(s.Now, same.Id, same.Times + 1)])
                : (new(ApprovalResult.AskedBefore, Permitting.ViewOf(s, same)), []);
        }

        var asked = new Approval(
            ApprovalId.Of(s.Agent, s.LastApproval + 1), ask.Operation, ask.Cost, ask.Justification, ask.Urgency, ask.Kind, ask.Limit, s.Now, ask.By,
            s.Now.AddSeconds(ask.ExpiresInSeconds));
        return ask.Kind == ApprovalKind.Operation && ask.Cost <= (Permitting.ThresholdOf(s) ?? Approval.UsualThreshold) ? AtOnce(s, asked)
            : Unaskable(s, ask) is { } no ? (no, [])
            : Happens(ApprovalResult.Done, s, asked.Id, [new ApprovalAsked(s.Now, asked)]);
    }

    /// <summary>"The first decision counts": a later one learns what it was. Saying the same again, as after a lost answer, is fine.</summary>
    /// <param name="known">What became of a request that is not open any more, as the journal knows it.</param>
    public static (ApprovalOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Rule(BudgetState s, RulingRequest request, ApprovalView? known)
    {
        if (!s.Exists || s.Closed)
        {
            return (new(s.Exists ? ApprovalResult.AgentClosed : ApprovalResult.AgentUnknown, null), []);
        }

        if (s.Approvals.FirstOrDefault(a => a.Id == request.Id) is not { } open)
        {
            return (known is null ? new(ApprovalResult.ApprovalUnknown, null) : new(IsSame(known, request) ? ApprovalResult.Done : ApprovalResult.AlreadyDecided, known), []);
        }

        var verdict = new Verdict(s.Now, request.By, request.Through, request.Note, request.Decider);
        return request.Ruling switch
        {
            Ruling.Cancel => Happens(ApprovalResult.Done, s, open.Id, [new ApprovalEnded(s.Now, open, ApprovalStatus.Cancelled, verdict)]),
            _ when open.Permission is not null =>
                (new(IsSame(Permitting.ViewOf(s, open), request) ? ApprovalResult.Done : ApprovalResult.AlreadyDecided, Permitting.ViewOf(s, open)), []),
            Ruling.Deny => Happens(ApprovalResult.Done, s, open.Id, [new ApprovalEnded(s.Now, open, ApprovalStatus.Denied, verdict)]),
            _ when request.Amount > open.Cost => (new(ApprovalResult.MoreThanAsked, Permitting.ViewOf(s, open)), []),
            _ when s.Approvals.Count(a => a.Permission is { Verdict.By: not ByThreshold }) >= Approval.MostPermitted => (new(ApprovalResult.TooManyOpen, Permitting.ViewOf(s, open)), []),
            _ => Happens(ApprovalResult.Done, s, open.Id,
                [new Permitted(s.Now, open.Id, new Permission(request.Amount ?? open.Cost, ValidUntil(s, open, request), request.MayPassLimit, verdict))]),
        };
    }

    /// <summary>Somebody who decides the same as the first, from the same place: his first answer may have been lost.</summary>
    private static bool IsSame(ApprovalView was, RulingRequest now) =>
        was.Verdict is { } v && (v.By, v.Through, v.Decider) == (now.By, now.Through, now.Decider) && was.Status == now.Ruling switch
        {
            Ruling.Approve => was.Status == ApprovalStatus.Used ? ApprovalStatus.Used : ApprovalStatus.Approved,
            Ruling.Deny => ApprovalStatus.Denied,
            _ => ApprovalStatus.Cancelled,
        } && (now.Ruling != Ruling.Approve || was.Approval.Permission?.Most == (now.Amount ?? was.Approval.Cost));

    private static (ApprovalOutcome Outcome, ImmutableArray<BudgetEvent> Happened) AtOnce(BudgetState s, Approval asked)
    {
        var permission = new Permission(asked.Cost, asked.ExpiresAt, MayPassLimit: false, new Verdict(s.Now, ByThreshold, "threshold"));
        BudgetEvent[] happened = [new ApprovalAsked(s.Now, asked, IsAutomatic: true), new Permitted(s.Now, asked.Id, permission)];
        var automatic = s.Approvals.Where(a => a.Permission is { Verdict.By: ByThreshold }).ToList();
        return Happens(ApprovalResult.Done, s, asked.Id, automatic.Count < Approval.MostAutomatic
            ? [.. happened]
            : [new ApprovalEnded(s.Now, automatic[0], ApprovalStatus.Expired, null), .. happened]);
    }

    /// <summary>With the request as it is afterwards.</summary>
    private static (ApprovalOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Happens(ApprovalResult result, BudgetState s, ApprovalId id, ImmutableArray<BudgetEvent> happened)
    {
        var open = happened.Aggregate(s, Fold.Apply).Approvals.FirstOrDefault(a => a.Id == id);
        return (new(result, open is null ? happened.Select(e => Permitting.ViewAfter(s, e)).Last(v => v is not null) : Permitting.ViewOf(s, open)), happened);
    }

    private static ApprovalOutcome? Unaskable(BudgetState s, ApprovalAsk ask)
    {
        if (ask.Kind == ApprovalKind.LimitIncrease && (ask.Limit is not { } limit || (s.Above[limit] ?? s.Own[limit]) is null))
        {
            return new(ApprovalResult.NothingToRaise, null);
        }

        if (s.Approvals.Count(a => a.IsPending) >= Approval.MostPending)
        {
            return new(ApprovalResult.TooManyOpen, null, s.Approvals.Where(a => a.IsPending).Min(a => a.ExpiresAt));
        }

        var lately = s.AskedLately.Where(at => at > s.Now - Hour).ToList();
        return lately.Count >= Approval.MostInAnHour ? new(ApprovalResult.AskedTooOften, null, lately[0] + Hour) : null;
    }

    /// <summary>A raise lowers itself at the end of its window at the latest.</summary>
    private static DateTimeOffset ValidUntil(BudgetState s, Approval open, RulingRequest request)
    {
        var asked = request.ValidForSeconds is { } seconds ? s.Now.AddSeconds(seconds) : (DateTimeOffset?)null;
        return open.Limit is { } limit && s.Current(limit).Span.Until is { } end
            ? asked < end ? asked.Value : end
            : asked ?? s.Now + ADay;
    }
}
