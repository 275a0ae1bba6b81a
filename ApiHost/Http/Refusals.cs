using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>Refused spending as problems: 402 with every figure that led to it, other statuses with a sentence.</summary>
/// <remarks>Written by hand, and once for a refusal that repeats itself: a runaway loop at a closed door is the traffic that must cost least.</remarks>
internal static class Refusals
{
    private const int Remembered = 1_024;

    // The last refusal of an agent, in the place that its id falls on.
    private static readonly Saying?[] s_said = new Saying?[Remembered];

    /// <param name="edge">Its clock is read for Retry-After, which is set only where the end of a window or of a freeze will cure the refusal.</param>
    /// <param name="agreement">A sentence: not spending was refused, but an agreement with a child.</param>
    /// <param name="affordable">What the rest would pay for; default: nothing is said about it.</param>
    public static Task Send(
        HttpContext http, AgentId agent, Outcome outcome, Refusal? refusal, Edge edge, string? agreement = null, ImmutableArray<Affordable> affordable = default)
    {
        var kind = OutcomeTable.Of(outcome);
        if (refusal?.Fault is { } fault)
        {
            var how = outcome == Outcome.PriceUnknown ? " Prices are set with PUT /v1/models/{model_id}." : "";
            return new Problem(kind, Explaining.Sentence(outcome, refusal) + how, [new Fault(fault.Field, fault.Message)]).Send(http);
        }

        SetHeaders(http, kind, refusal, edge);
        if (kind.Status == 402 && refusal is not null && agreement is null && affordable.IsDefault)
        {
            return Sheet.Send(http, kind.Status, Sheet.Problem, Said(agent, outcome, refusal));
        }

        return Written(agent, outcome, refusal, agreement, affordable).Send(http, kind.Status, Sheet.Problem);
    }

    public static void SetHeaders(HttpContext http, ProblemKind kind, Refusal? refusal, Edge edge)
    {
        Problem.SetHeaders(http.Response, kind);
        if (refusal?.RetryAt is { } retryAt)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling((retryAt - edge.Now).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The body, from the last time if the agent was told just the same then.</summary>
    private static byte[] Said(AgentId agent, Outcome outcome, Refusal refusal)
    {
        ref var last = ref s_said[(uint)agent.GetHashCode() % Remembered];
        if (Volatile.Read(ref last) is { } said && said.Agent == agent && said.Outcome == outcome && said.Refusal == refusal)
        {
            return said.Body;
        }

        var body = Written(agent, outcome, refusal).Finish();
        Volatile.Write(ref last, new(agent, outcome, refusal, body));
        return body;
    }

    private static Sheet Written(AgentId agent, Outcome outcome, Refusal? refusal, string? agreement = null, ImmutableArray<Affordable> affordable = default)
    {
        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        Write(sheet.Writer, agent, outcome, refusal, agreement);
        if (!affordable.IsDefault)
        {
            Receipts.Affordable(sheet.Writer, affordable);
        }

        sheet.Writer.WriteEndObject();
        return sheet;
    }

    /// <summary>The members of the problem, into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, AgentId agent, Outcome outcome, Refusal? refusal, string? agreement = null)
    {
        var kind = OutcomeTable.Of(outcome);
        var isFromAbove = refusal is not null && refusal.RefusedBy != agent;
        Problem.WriteHead(json, kind, agreement ?? (isFromAbove ? $"{refusal!.RefusedBy}, above this agent: " : "") + Explaining.Sentence(outcome, refusal, isFromAbove));
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
        if (refusal.FrozenReason is { } reason && !isFromAbove)
        {
            json.WriteString(Words.FrozenReason, reason);
        }

        json.WriteStartArray(Words.HowToContinue);
        if (agreement is not null)
        {
            WriteWaysToAgree(json, refusal);
        }
        else if (isFromAbove)
        {
            WriteWaysOnFromAbove(json, outcome, refusal);
        }
        else
        {
            WriteWaysOn(json, refusal, Explaining.Ways(outcome, refusal));
        }

        if (refusal.RetryAt is { } at)
        {
            json.WriteStringValue($"Wait until {Explaining.At(at)} and send the request again.");
        }

        json.WriteEndArray();
    }

    private static void WriteWaysToAgree(Utf8JsonWriter json, Refusal refusal)
    {
        if (refusal.Standing is { Remaining: var left } && left > Money.Zero)
        {
            json.WriteStringValue($"Ask for {left} or less.");
        }

        json.WriteStringValue("Lower the budget of another child: PATCH /v1/agents/children/{child_id}.");
        json.WriteStringValue($"Have the limit of {refusal.RefusedBy} raised: POST /v1/agents/budget.");
        json.WriteStringValue("Let the children's budgets add up to more; its own limit binds all of them anyway: PATCH /v1/agents/children.");
    }

    /// <summary>What an ancestor is, has and does beyond the limit that refused is not for its descendants to know.</summary>
    private static void WriteWaysOnFromAbove(Utf8JsonWriter json, Outcome outcome, Refusal refusal)
    {
        if (outcome != Outcome.BudgetExceeded)
        {
            json.WriteStringValue($"Ask the owner of {refusal.RefusedBy} to unfreeze it.");
            return;
        }

        if (refusal.Standing is { Remaining: var left } && left > Money.Zero)
        {
            json.WriteStringValue($"Ask for {left} or less.");
        }

        json.WriteStringValue($"Ask the owner of {refusal.RefusedBy} to raise its limit.");
    }

    private static void WriteWaysOn(Utf8JsonWriter json, Refusal refusal, WaysOn ways)
    {
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
            json.WriteStringValue("Ask the operator, or the parent, to raise the limit: POST /v1/agents/{agent_id}/budget.");
        }

        if (ways.HasFlag(WaysOn.HaveItUnfrozen))
        {
            json.WriteStringValue("Ask the operator, or an agent above, to unfreeze the agent: POST /v1/agents/{agent_id}/unfreeze.");
        }
    }

    private sealed record Saying(AgentId Agent, Outcome Outcome, Refusal Refusal, byte[] Body);
}
