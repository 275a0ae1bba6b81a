using System.Collections.Immutable;
using System.Globalization;

namespace Budgets.Delivery;

/// <summary>An alert as a person is told of it.</summary>
internal static class Mailing
{
    private const int LongestName = 60;

    public static MailPage Of(Alert alert, int unheard)
    {
        var name = NameOf(alert);
        var notice = alert.Approval;
        ImmutableArray<string> paragraphs =
        [
            .. alert.Detail is { } detail ? [Advice.Short(detail)] : Array.Empty<string>(),
            .. notice is null ? Array.Empty<string>() : [notice.Approval.Justification],
            Advice.Action(alert) + ".",
            .. alert.Passed.IsDefaultOrEmpty ? Array.Empty<string>() : [$"The same step also passed {string.Join(", ", alert.Passed.Select(p => $"{p} %"))}."],
            .. unheard > 0 ? [$"{unheard} more {(unheard == 1 ? "alert" : "alerts")} had no room and {(unheard == 1 ? "was" : "were")} not sent."] : Array.Empty<string>(),
        ];
        return new MailPage(TitleOf(alert, name), Figures(alert), paragraphs, $"You are named as somebody to be told about the budget of {name} ({alert.Agent}). Whoever manages that budget can change it.",
            notice is { Status: ApprovalStatus.Pending } ? new MailQuestion(notice.Approval.Id, alert.Agent, notice.Approval.ExpiresAt, notice.Deciders) : null);
    }

    private static string TitleOf(Alert alert, string name)
    {
        var limit = alert.Standing is { } standing ? LimitOf(standing.Type) : "limit";
        return alert.Kind switch
        {
            AlertKinds.BudgetWarning => $"{name} has used {alert.Percent ?? 0} % of its {limit}",
            AlertKinds.BudgetExceeded => $"{name} has used up its {limit}",
            AlertKinds.PeriodReset => $"The {limit} of {name} begins anew",
            AlertKinds.RunawayDetected => $"{name} may be running away",
            AlertKinds.ChildOverBudget => $"{name} has passed its {limit}",
            AlertKinds.WebhookDisabled => $"A webhook of {name} is disabled",
            AlertKinds.RechargeSucceeded => $"The balance of {name} was recharged",
            AlertKinds.RechargeFailed => $"A recharge of {name} has failed",
            AlertKinds.RechargeLimitExceeded => $"{name} exceeded its recharge limit",
            AlertKinds.ApprovalRequested when alert.Approval is { } asked => $"{(asked.Approval.Reminded > 0 ? "Reminder: " : "")}{name} asks for ${asked.Approval.Cost}: {OneLine(asked.Approval.Operation)}",
            AlertKinds.ApprovalDecided when alert.Approval is { } decided => $"What {name} asked for is {Word(decided.Status)}: {OneLine(decided.Approval.Operation)}",
            AlertKinds.ApprovalExpired when alert.Approval is { } lapsed => $"Nobody answered {name}: {OneLine(lapsed.Approval.Operation)}",
            _ => $"Test: alerts of {name} arrive here",
        };
    }

    private static ImmutableArray<MailLine> Figures(Alert alert)
    {
        var lines = ImmutableArray.CreateBuilder<MailLine>();
        if (alert.Approval is { } notice)
        {
            var asked = notice.Approval;
            lines.Add(new("Asks for", asked.Limit is { } limit ? $"{LimitOf(limit)} up by ${asked.Cost}" : $"${asked.Cost} at most"));
            lines.Add(new("For", OneLine(asked.Operation)));
            lines.Add(new("Urgency", asked.Urgency.ToString().ToLowerInvariant() + (asked.Times > 1 ? $", asked {asked.Times} times" : "")));
            lines.Add(new("Waits until", Instant(asked.ExpiresAt)));
            if (notice.Verdict is { } verdict)
            {
                lines.Add(new("Decided", $"{Word(notice.Status)} by {OneLine(verdict.Decider?.Value ?? verdict.By)}{(verdict.Note is { } note ? $": {Advice.Short(note)}" : "")}"));
            }
        }

        if (alert.Standing is { } s)
        {
            lines.Add(new("Spent", $"${s.Spent} of ${s.Limit} ({s.PercentUsed.ToString("0.##", CultureInfo.InvariantCulture)} %)"));
            if (s.Held > Money.Zero)
            {
                lines.Add(new("Held", $"${s.Held}"));
            }

            lines.Add(new("Remaining", $"${s.Remaining}"));
            if (alert.SpentPerHour is not null || alert.DepletedAt is not null)
            {
                lines.Add(new("Lasts for", Advice.TimeLeft(alert, s.Remaining)));
            }

            if (s.Window.Until is { } end)
            {
                lines.Add(new("Resets", Instant(end)));
            }
        }

        foreach (var driver in alert.Drivers.IsDefault ? [] : alert.Drivers)
        {
            lines.Add(new(OneLine(driver.Name), $"${driver.Sums.Cost}, {driver.Sums.Calls} {(driver.Sums.Calls == 1 ? "call" : "calls")}"));
        }

        lines.Add(new("When", Instant(alert.At)));
        return lines.ToImmutable();
    }

    private static string Word(ApprovalStatus status) => status == ApprovalStatus.Cancelled ? "taken back" : status.ToString().ToLowerInvariant();

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string LimitOf(LimitType type) => type switch
    {
        LimitType.PerMinute => "limit per minute",
        LimitType.PerCall => "limit per call",
        LimitType.Total => "total limit",
        _ => $"{type.ToString().ToLowerInvariant()} limit",
    };

    private static string NameOf(Alert alert) => OneLine(alert.AgentName) is { Length: > 0 } name ? name : alert.Agent.Value;

    /// <summary>A name is a stranger's text: it must not break a subject in two.</summary>
    private static string OneLine(string text) => Texts.Shortened(Texts.InOneLine(text).Trim(), LongestName);
}
