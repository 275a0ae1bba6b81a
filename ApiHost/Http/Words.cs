using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>Member names of the answers that are written by hand, encoded once.</summary>
internal static class Words
{
    public static readonly JsonEncodedText Affordable = JsonEncodedText.Encode("affordable");
    public static readonly JsonEncodedText AgentId = JsonEncodedText.Encode("agent_id");
    public static readonly JsonEncodedText Amount = JsonEncodedText.Encode("amount");
    public static readonly JsonEncodedText AmountHeld = JsonEncodedText.Encode("amount_held");
    public static readonly JsonEncodedText AmountRemaining = JsonEncodedText.Encode("amount_remaining");
    public static readonly JsonEncodedText AmountSpent = JsonEncodedText.Encode("amount_spent");
    public static readonly JsonEncodedText ApprovalRequest = JsonEncodedText.Encode("approval_request");
    public static readonly JsonEncodedText ApprovalThreshold = JsonEncodedText.Encode("approval_threshold");
    public static readonly JsonEncodedText Available = JsonEncodedText.Encode("available");
    public static readonly JsonEncodedText Balance = JsonEncodedText.Encode("balance");
    public static readonly JsonEncodedText Balances = JsonEncodedText.Encode("balances");
    public static readonly JsonEncodedText ChargeId = JsonEncodedText.Encode("charge_id");
    public static readonly JsonEncodedText Charged = JsonEncodedText.Encode("charged");
    public static readonly JsonEncodedText Decision = JsonEncodedText.Encode("decision");
    public static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expires_at");
    public static readonly JsonEncodedText FrozenReason = JsonEncodedText.Encode("frozen_reason");
    public static readonly JsonEncodedText Held = JsonEncodedText.Encode("held");
    public static readonly JsonEncodedText HowToContinue = JsonEncodedText.Encode("how_to_continue");
    public static readonly JsonEncodedText IdempotencyKey = JsonEncodedText.Encode("idempotency_key");
    public static readonly JsonEncodedText LargestAmount = JsonEncodedText.Encode("largest_amount");
    public static readonly JsonEncodedText Late = JsonEncodedText.Encode("late");
    public static readonly JsonEncodedText Limit = JsonEncodedText.Encode("limit");
    public static readonly JsonEncodedText LimitAmount = JsonEncodedText.Encode("limit_amount");
    public static readonly JsonEncodedText LimitType = JsonEncodedText.Encode("limit_type");
    public static readonly JsonEncodedText Overage = JsonEncodedText.Encode("overage");
    public static readonly JsonEncodedText MaxCalls = JsonEncodedText.Encode("max_calls");
    public static readonly JsonEncodedText MaxOutputTokens = JsonEncodedText.Encode("max_output_tokens");
    public static readonly JsonEncodedText Model = JsonEncodedText.Encode("model");
    public static readonly JsonEncodedText PercentUsed = JsonEncodedText.Encode("percent_used");
    public static readonly JsonEncodedText PriceVersion = JsonEncodedText.Encode("price_version");
    public static readonly JsonEncodedText Refusal = JsonEncodedText.Encode("refusal");
    public static readonly JsonEncodedText RefusedBy = JsonEncodedText.Encode("refused_by");
    public static readonly JsonEncodedText Released = JsonEncodedText.Encode("released");
    public static readonly JsonEncodedText Remaining = JsonEncodedText.Encode("remaining");
    public static readonly JsonEncodedText Replayed = JsonEncodedText.Encode("replayed");
    public static readonly JsonEncodedText Requested = JsonEncodedText.Encode("requested");
    public static readonly JsonEncodedText ReservationId = JsonEncodedText.Encode("reservation_id");
    public static readonly JsonEncodedText ResetsAt = JsonEncodedText.Encode("resets_at");
    public static readonly JsonEncodedText Results = JsonEncodedText.Encode("results");
    public static readonly JsonEncodedText Spent = JsonEncodedText.Encode("spent");
    public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    public static readonly JsonEncodedText Warnings = JsonEncodedText.Encode("warnings");
}
