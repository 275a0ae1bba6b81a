using System.Globalization;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>Refused spending as problems: 402 with every figure that led to it, other statuses with a sentence.</summary>
/// <remarks>Written by hand: a runaway loop at a closed door is the traffic that must cost least.</remarks>
internal static class Refusals
{
    /// <param name="edge">Its clock is read for Retry-After, which is set only where the end of a window or of a freeze will cure the refusal.</param>
    public static Task Send(HttpContext http, AgentId agent, Outcome outcome, Refusal? refusal, Edge edge)
    {
        var kind = OutcomeTable.Of(outcome);
        Problem.SetHeaders(http.Response, kind);
        if (refusal?.RetryAt is { } retryAt)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling((retryAt - edge.Now).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        Write(sheet.Writer, agent, outcome, refusal);
        sheet.Writer.WriteEndObject();
        return sheet.Send(http, kind.Status, Sheet.Problem);
    }

    /// <summary>The members of the problem, into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, AgentId agent, Outcome outcome, Refusal? refusal)
    {
        var kind = OutcomeTable.Of(outcome);
        Problem.WriteHead(json, kind, Explaining.Sentence(outcome, refusal));
        if (kind.Status != 402 || refusal is null)
        {
            return;
        }

        var standing = refusal.Standing;
        json.WriteString(Words.AgentId, agent.Value);
        json.WriteString(Words.RefusedBy, refusal.RefusedBy.Value);
        if (standing is null)
        {
            json.WriteNull(Words.LimitType);
        }
        else
        {
            json.WriteString(Words.LimitType, Names<LimitType>.Of(standing.Type));
        }

        json.WriteMoney(Words.LimitAmount, standing?.Limit);
        json.WriteMoney(Words.AmountSpent, standing?.Spent);
        json.WriteMoney(Words.AmountHeld, standing?.Held);
        json.WriteMoney(Words.AmountRemaining, standing?.Remaining);
        json.WriteMoney(Words.Requested, refusal.Requested);
        json.WriteInstant(Words.ResetsAt, standing?.Window.Until);
        if (refusal.FrozenReason is { } reason)
        {
            json.WriteString(Words.FrozenReason, reason);
        }

        WriteWaysOn(json, refusal, Explaining.Ways(outcome, refusal));
    }

    private static void WriteWaysOn(Utf8JsonWriter json, Refusal refusal, WaysOn ways)
    {
        json.WriteStartArray(Words.HowToContinue);
        if (ways.HasFlag(WaysOn.AskForLess))
        {
            json.WriteStringValue($"Ask for {refusal.Standing!.Remaining} or less.");
        }

        if (ways.HasFlag(WaysOn.EndHolds))
        {
            json.WriteStringValue("Commit or release reservations that are no longer needed: what they hold comes back.");
        }

        if (ways.HasFlag(WaysOn.RaiseOwnLimit))
        {
            json.WriteStringValue("Raise the limit that this agent set for itself: POST /v1/agents/budget with a manage key.");
        }

        if (ways.HasFlag(WaysOn.HaveTheLimitRaised))
        {
            json.WriteStringValue("Ask the operator to raise the limit: POST /v1/agents/{agent_id}/budget.");
        }

        if (ways.HasFlag(WaysOn.HaveItUnfrozen))
        {
            json.WriteStringValue("Ask the operator to unfreeze the agent: POST /v1/agents/{agent_id}/unfreeze.");
        }

        if (ways.HasFlag(WaysOn.Wait))
        {
            json.WriteStringValue($"Wait until {Explaining.At(refusal.RetryAt!.Value)} and send the request again.");
        }

        json.WriteEndArray();
    }
}
