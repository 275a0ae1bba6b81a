using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>Refused spending as problems: 402 with every figure that led to it, other statuses with a sentence.</summary>
/// <remarks>Written by hand: a runaway loop at a closed door is the traffic that must cost least.</remarks>
internal static class Refusals
{
    /// <param name="edge">Its clock is read for Retry-After, which is set only where the end of a window or of a freeze will cure the refusal.</param>
    /// <param name="affordable">What the rest would pay for; default: nothing is said about it.</param>
    public static Task Send(HttpContext http, AgentId agent, Outcome outcome, Refusal? refusal, Edge edge, ImmutableArray<Affordable> affordable = default)
    {
        var kind = OutcomeTable.Of(outcome);
        if (refusal?.Fault is { } fault)
        {
            return new Problem(kind, Detail(outcome, refusal), [new Fault(fault.Field, fault.Message)]).Send(http);
        }

        Problem.SetHeaders(http.Response, kind);
        if (refusal?.RetryAt is { } retryAt)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling((retryAt - edge.Now).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        Write(sheet.Writer, agent, outcome, refusal);
        if (!affordable.IsDefault)
        {
            Receipts.Affordable(sheet.Writer, affordable);
        }

        sheet.Writer.WriteEndObject();
        return sheet.Send(http, kind.Status, Sheet.Problem);
    }

    /// <summary>The members of the problem, into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, AgentId agent, Outcome outcome, Refusal? refusal)
    {
        var kind = OutcomeTable.Of(outcome);
        Problem.WriteHead(json, kind, Detail(outcome, refusal));
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

        WriteWaysOn(json, outcome, refusal);
    }

    private static void WriteWaysOn(Utf8JsonWriter json, Outcome outcome, Refusal refusal)
    {
        json.WriteStartArray(Words.HowToContinue);
        if (refusal.Standing is { } s && outcome == Outcome.BudgetExceeded)
        {
            if (s.Remaining > Money.Zero)
            {
                json.WriteStringValue($"Ask for {s.Remaining} or less.");
            }

            if (s.Held > Money.Zero)
            {
                json.WriteStringValue("Commit or release reservations that are no longer needed: what they hold comes back.");
            }

            json.WriteStringValue(s.SetBy == Layer.Own
                ? "Raise the limit that this agent set for itself: POST /v1/agents/budget with a manage key."
                : "Ask the operator to raise the limit: POST /v1/agents/{agent_id}/budget.");
        }
        else
        {
            json.WriteStringValue("Ask the operator to unfreeze the agent: POST /v1/agents/{agent_id}/unfreeze.");
        }

        if (refusal.RetryAt is { } at)
        {
            json.WriteStringValue($"Wait until {At(at)} and send the request again.");
        }

        json.WriteEndArray();
    }

    private static string Detail(Outcome outcome, Refusal? refusal) => (outcome, refusal?.Standing) switch
    {
        (Outcome.BudgetExceeded, { Type: LimitType.PerCall } s) => $"${refusal!.Requested} is above the limit of ${s.Limit} for one call.",
        (Outcome.BudgetExceeded, { } s) =>
            $"${refusal!.Requested} does not fit the {Names<LimitType>.Of(s.Type)} limit of ${s.Limit}: ${s.Spent} is spent and ${s.Held} is held, so ${s.Remaining} is left{Until(s)}.",
        (Outcome.RateExceeded, { } s) =>
            $"${refusal!.Requested} on top of ${s.Spent} spent and ${s.Held} held is more than the ${s.Limit} allowed within a minute; the agent is frozen{Until(refusal)}.",
        (Outcome.Frozen, _) => $"The agent is frozen{Until(refusal)}: {refusal?.FrozenReason ?? "no reason was given"}",
        (Outcome.IdempotencyKeyReused, _) => "This idempotency key was accepted before with another request; use a new key for a new request.",
        (Outcome.OutOfRange, _) when refusal?.Fault is { } fault => $"{fault.Field} {fault.Message}.",
        (Outcome.OutOfRange, _) => "A number in the request is outside its range.",
        (Outcome.AgentUnknown, _) => "There is no such agent.",
        (Outcome.AgentClosed, _) => "The agent is closed; what it still holds may be committed or released, nothing new is admitted.",
        (Outcome.HoldUnknown, _) => "This agent has no such reservation.",
        (Outcome.HoldSettled, _) => "The reservation was committed before, with another request.",
        (Outcome.HoldReleased, _) => "The reservation was released before. If money was spent all the same, record it with POST /v1/charges and mode \"record\".",
        (Outcome.HoldExpired, _) => "The reservation ended by itself at its expiry. Money spent on it may still be committed.",
        (Outcome.PriceUnknown, _) => $"{refusal?.Fault?.Field ?? "usage"} {refusal?.Fault?.Message ?? "has no price"}. "
            + "Send the amount, have the operator set a price (PUT /v1/models/{model_id}), or let the budget name a rate for unknown prices (on_unknown_price).",
        (Outcome.AmountTooLarge, _) => $"The books of one budget hold at most ${Money.MaxBooked}.",
        (Outcome.TooManyHolds, _) => "The agent has as many open reservations as it may have; commit or release some, or wait for them to expire.",
        _ => OutcomeTable.Of(outcome).Title + ".",
    };

    private static string Until(LimitStanding standing) => standing.Window.Until is { } until ? $" until {At(until)}" : "";

    private static string Until(Refusal? refusal) => refusal?.RetryAt is { } until ? $" until {At(until)}" : " until someone unfreezes it";

    private static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
