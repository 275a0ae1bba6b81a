namespace Budgets.Delivery;

/// <summary>What a receiver of an alert can do about it, and how much time there is.</summary>
internal static class Advice
{
    /// <summary>Characters of a detail that are told.</summary>
    public const int LongestDetail = 500;

    /// <summary>"25 minutes", "3.2 hours", "4.5 days"; "unknown" where nothing was spent recently, "0 minutes" where nothing remains.</summary>
    public static string TimeLeft(Money remaining, Money? spentPerHour)
    {
        if (remaining <= Money.Zero)
        {
            return "0 minutes";
        }

        if (spentPerHour is not { } rate || rate <= Money.Zero)
        {
            return "unknown";
        }

        return Explaining.Lasting(remaining.InDollars / rate.InDollars);
    }

    /// <summary>By the forecast where it says something, else at the recent rate.</summary>
    public static string TimeLeft(Alert alert, Money remaining) => alert.DepletedAt is { } at && remaining > Money.Zero
        ? Explaining.Lasting((decimal)(at - alert.At).TotalHours)
        : TimeLeft(remaining, alert.SpentPerHour);

    public static string Action(Alert alert) => alert.Kind switch
    {
        AlertKinds.BudgetWarning => alert.Percent switch
        {
            >= 95 => "Pause everything that can wait, or raise the limit before requests are refused",
            >= 80 => "Consider pausing non-critical operations",
            >= 50 => "Consider cheaper models for routine work",
            _ => "Nothing yet: compare the pace with the time left",
        },
        AlertKinds.BudgetExceeded when alert.Standing is { HardStop: false } => "Spending goes on, because the limit is soft: pause operations, or raise the limit",
        AlertKinds.BudgetExceeded => alert.Standing?.Window.Until is null ? "Raise the limit to let the agent go on" : "Raise the limit, or let the agent wait until it resets",
        AlertKinds.PeriodReset => "Work that was blocked can go on",
        AlertKinds.RunawayDetected => "Look for a loop in the agent; unfreeze it once that is mended",
        AlertKinds.ChildOverBudget => "Slow the child down, raise its budget, or set its policy to block",
        AlertKinds.WebhookDisabled => "Mend the receiver, then save the webhook again to enable it",
        AlertKinds.RechargeSucceeded => "Nothing: the balance was recharged as it was set",
        AlertKinds.RechargeFailed => "Look at the payment method, then resume recharges",
        AlertKinds.RechargeLimitExceeded => "Review what the agent spends, then resume recharges",
        AlertKinds.ApprovalRequested => "Say yes or no: by the link in this mail if it has one, or with POST /v1/approvals/{approval_id}/approve or /deny",
        AlertKinds.ApprovalDecided when alert.Approval is { Status: ApprovalStatus.Approved, Approval.Kind: ApprovalKind.Operation } => "Send the spend with its approval_id, once",
        AlertKinds.ApprovalDecided => "Go on with what was decided",
        AlertKinds.ApprovalExpired => "Ask again, if it is still wanted",
        _ => "Nothing: this is a test",
    };

    public static string Short(string text) => Texts.Shortened(text, LongestDetail);
}
