using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Budgets.Journal;

namespace Budgets.Delivery;

/// <summary>An alert as a webhook is told of it: flat JSON in snake_case, money as decimal dollars.</summary>
internal static class Payload
{
    private static readonly string[] Names = [.. Enum.GetNames<AlertKinds>()];

    /// <summary>"budget_warning" and so on.</summary>
    public static string NameOf(AlertKinds kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <exception cref="FormatException">There is no such kind.</exception>
    public static AlertKinds KindOf(string name) =>
        Names.FirstOrDefault(n => JsonNamingPolicy.SnakeCaseLower.ConvertName(n) == name) is { } known ? Enum.Parse<AlertKinds>(known) : throw new FormatException($"'{name}' is no alert.");

    /// <param name="unheard">Alerts that this receiver was not told of, for there was no room.</param>
    public static string Of(Alert alert, int unheard)
    {
        var body = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            Write(json, alert, unheard);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, Alert alert, int unheard)
    {
        // A warning has the seed document's members and no others, unless there is something that they cannot say.
        var isWarning = alert.Kind == AlertKinds.BudgetWarning;
        json.WriteString("alert_type", NameOf(alert.Kind));
        json.WriteString("agent_id", alert.Agent.Value);
        if (!isWarning)
        {
            json.WriteString("agent_name", alert.AgentName);
            json.WriteString("occurred_at", alert.At.UtcDateTime);
        }

        if (alert.Standing is { } standing)
        {
            Write(json, standing, alert);
        }

        if (alert.Approval is { } notice)
        {
            Write(json, notice);
        }

        json.WriteString("recommended_action", Advice.Action(alert));
        if (alert.Standing is not null || !alert.Drivers.IsDefaultOrEmpty)
        {
            WriteDrivers(json, alert);
        }

        if (alert.Detail is { } detail)
        {
            json.WriteString(alert.Kind == AlertKinds.RunawayDetected ? "evidence" : "detail", Advice.Short(detail));
        }

        if (!alert.Passed.IsDefaultOrEmpty)
        {
            json.WriteStartArray("also_crossed");
            foreach (var percent in alert.Passed)
            {
                json.WriteNumberValue(percent);
            }

            json.WriteEndArray();
        }

        if (unheard > 0)
        {
            json.WriteNumber("alerts_dropped", unheard);
        }
    }

    private static void Write(Utf8JsonWriter json, LimitStanding standing, Alert alert)
    {
        json.WriteString("limit_type", LimitNames.Of(standing.Type));
        WriteDollars(json, "limit_amount", standing.Limit);
        WriteDollars(json, "amount_spent", standing.Spent);
        if (alert.Kind != AlertKinds.BudgetWarning || standing.Held > Money.Zero)
        {
            WriteDollars(json, "amount_held", standing.Held);
        }

        json.WritePropertyName("percent_used");
        json.WriteRawValue(standing.PercentUsed.ToString("0.##", CultureInfo.InvariantCulture));
        WriteDollars(json, "amount_remaining", standing.Remaining);
        if (alert.Kind != AlertKinds.BudgetWarning && standing.Window.Until is { } end)
        {
            json.WriteString("resets_at", end.UtcDateTime);
        }

        json.WriteString("estimated_time_until_depleted", Advice.TimeLeft(alert, standing.Remaining));
    }

    private static void Write(Utf8JsonWriter json, ApprovalNotice notice)
    {
        var asked = notice.Approval;
        json.WriteString("approval_id", asked.Id.Value);
        json.WriteString("status", Snake(notice.Status));
        json.WriteString("kind", Snake(asked.Kind));
        json.WriteString("operation", asked.Operation);
        WriteDollars(json, "estimated_cost", asked.Cost);
        if (asked.Limit is { } limit)
        {
            json.WriteString("limit", LimitNames.Of(limit));
        }

        json.WriteString("justification", asked.Justification);
        json.WriteString("urgency", Snake(asked.Urgency));
        json.WriteNumber("times_asked", asked.Times);
        json.WriteString("requested_at", asked.AskedAt.UtcDateTime);
        json.WriteString("expires_at", asked.ExpiresAt.UtcDateTime);
        if (notice.Verdict is not { } verdict)
        {
            return;
        }

        json.WriteString("decided_by", verdict.Decider?.Value ?? verdict.By);
        json.WriteString("decided_at", verdict.At.UtcDateTime);
        if (verdict.Note is { } note)
        {
            json.WriteString(notice.Status == ApprovalStatus.Denied ? "denial_reason" : "note", note);
        }

        if (asked.Permission is { } permission)
        {
            WriteDollars(json, "approved_amount", permission.Most);
            json.WriteString("valid_until", permission.ValidUntil.UtcDateTime);
        }
    }

    private static string Snake<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static void WriteDrivers(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartArray("top_cost_drivers");
        foreach (var driver in alert.Drivers.IsDefault ? [] : alert.Drivers)
        {
            json.WriteStartObject();
            json.WriteString("model", driver.Name);
            WriteDollars(json, "cost", driver.Sums.Cost);
            json.WriteNumber("calls", driver.Sums.Calls);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDollars(Utf8JsonWriter json, string name, Money money)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(money.ToString());
    }
}
