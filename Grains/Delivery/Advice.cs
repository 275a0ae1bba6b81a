using System.Globalization;

namespace Budgets.Delivery;

/// <summary>What a receiver of an alert can do about it, and how much time there is.</summary>
internal static class Advice
{
    /// <summary>Characters of a detail that are told.</summary>
    public const int LongestDetail = 500;

    private static readonly TimeSpan ToldInDays = TimeSpan.FromHours(48);
    private const double MostDays = 365;

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

        var hours = remaining.InDollars / rate.InDollars;
        return hours switch
        {
            < 1 => Of(Math.Max(1, Math.Floor(hours * 60)), "minute"),
            _ when hours < (decimal)ToldInDays.TotalHours => Of(Math.Round(hours, 1), "hour"),
            _ when hours / 24 <= (decimal)MostDays => Of(Math.Round(hours / 24, 1), "day"),
            _ => $"more than {MostDays} days",
        };
    }

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
        AlertKinds.ApprovalRequested => "Say yes or no: by the link in this mail if it has one, or with POST /v1/approvals/{approval_id}/approve or /deny",
        AlertKinds.ApprovalDecided when alert.Approval is { Status: ApprovalStatus.Approved, Approval.Kind: ApprovalKind.Operation } => "Send the spend with its approval_id, once",
        AlertKinds.ApprovalDecided => "Go on with what was decided",
        AlertKinds.ApprovalExpired => "Ask again, if it is still wanted",
        _ => "Nothing: this is a test",
    };

    public static string Short(string text) => Texts.Shortened(text, LongestDetail);

    private static string Of(decimal count, string unit) => $"{count.ToString("0.#", CultureInfo.InvariantCulture)} {unit}{(count == 1 ? "" : "s")}";
}
