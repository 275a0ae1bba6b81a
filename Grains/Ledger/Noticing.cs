namespace Budgets.Ledger;

/// <summary>What people and agents are told of approvals.</summary>
internal static class Noticing
{
    /// <summary>Null: nobody is to be told. What the threshold approves is nobody's news, and an asker knows what it has taken back itself.</summary>
    /// <param name="s">After the event.</param>
    public static (AlertKinds Kind, ApprovalNotice Notice)? Of(BudgetState s, BudgetEvent e) => e switch
    {
        ApprovalAsked { IsAutomatic: not true } a => (AlertKinds.ApprovalRequested, Notice(s, a.Approval, ApprovalStatus.Pending, null)),
        ApprovalReminded r when s.Approvals.FirstOrDefault(a => a.Id == r.Id) is { IsPending: true } waits => (AlertKinds.ApprovalRequested, Notice(s, waits, ApprovalStatus.Pending, null)),
        Permitted { Permission.Verdict: { By: not Approving.ByThreshold } verdict } p when s.Approvals.FirstOrDefault(a => a.Id == p.Id) is { } approved =>
            (AlertKinds.ApprovalDecided, Notice(s, approved, ApprovalStatus.Approved, verdict)),
        ApprovalEnded { Verdict: { } verdict } x when x.Status == ApprovalStatus.Denied || verdict.By != x.Approval.AskedBy =>
            (AlertKinds.ApprovalDecided, Notice(s, x.Approval, x.Status, verdict)),
        ApprovalEnded { Status: ApprovalStatus.Expired, Approval.IsPending: true } x => (AlertKinds.ApprovalExpired, Notice(s, x.Approval, x.Status, null)),
        _ => null,
    };

    private static ApprovalNotice Notice(BudgetState s, Approval approval, ApprovalStatus status, Verdict? verdict) =>
        new(approval, status, verdict, s.Terms.AlertsAbove.EscalationEmail is { } address ? [address] : []);
}
