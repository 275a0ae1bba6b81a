using System.Text.Json.Serialization;

namespace Budgets.ApiHost.Endpoints;

// The shapes of the answers that Receipts and Refusals write by hand. They are the contract's; a test holds the written bytes against them.
internal sealed record BalanceAnswer(LimitType LimitType, Money Spent, Money Held, Money? Limit, Money? Remaining);

/// <param name="PercentUsed">The threshold that was crossed; above 100: the soft limit is exceeded by that much.</param>
internal sealed record WarningAnswer(LimitType LimitType, Money Limit, int PercentUsed);

/// <param name="PriceVersion">The price that the amount was worked out with, where usage was told and no amount.</param>
internal sealed record ChargeAnswer(
    string ChargeId,
    Money Charged,
    bool Overage,
    string IdempotencyKey,
    IReadOnlyList<BalanceAnswer> Balances,
    IReadOnlyList<WarningAnswer> Warnings,
    string? PriceVersion = null);

internal sealed record HeldAnswer(
    string ReservationId,
    HoldStatus Status,
    Money Amount,
    DateTimeOffset ExpiresAt,
    IReadOnlyList<BalanceAnswer> Balances,
    IReadOnlyList<WarningAnswer> Warnings,
    string? IdempotencyKey = null,
    string? PriceVersion = null);

internal sealed record SettledAnswer(
    string ReservationId,
    HoldStatus Status,
    Money Charged,
    Money Released,
    bool Overage,
    bool Late,
    IReadOnlyList<BalanceAnswer> Balances,
    IReadOnlyList<WarningAnswer> Warnings,
    string? IdempotencyKey = null,
    string? PriceVersion = null);

internal sealed record ReleasedAnswer(
    string ReservationId,
    HoldStatus Status,
    Money Released,
    IReadOnlyList<BalanceAnswer> Balances,
    IReadOnlyList<WarningAnswer> Warnings,
    string? IdempotencyKey = null);

/// <summary>What the caller said a model call used.</summary>
internal sealed record UsedAnswer(
    long InputTokens,
    long OutputTokens,
    long CacheReadTokens,
    long CacheWriteTokens,
    long ReasoningTokens,
    long Images,
    long Requests,
    [property: JsonPropertyName("cache_write_1h_tokens"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? CacheWrite1hTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Batch)
{
    public static UsedAnswer? Of(TokenUsage? u) => u is null ? null : new(
        u.InputTokens, u.OutputTokens, u.CacheReadTokens, u.CacheWriteTokens, u.ReasoningTokens, u.Images, u.Requests, u.CacheWrite1hTokens, u.Batch);
}

/// <summary>One charge of a batch: with status 201 a charge's members, with any other a problem's; those of a refusal when it is 402.</summary>
internal sealed record BatchResult(
    int Status,
    string? ChargeId = null,
    Money? Charged = null,
    bool? Overage = null,
    string? IdempotencyKey = null,
    string? PriceVersion = null,
    bool? Replayed = null,
    string? Type = null,
    string? Title = null,
    string? Code = null,
    string? Detail = null,
    string? AgentId = null,
    string? RefusedBy = null,
    LimitType? LimitType = null,
    Money? LimitAmount = null,
    Money? AmountSpent = null,
    Money? AmountHeld = null,
    Money? AmountRemaining = null,
    Money? Requested = null,
    DateTimeOffset? ResetsAt = null,
    IReadOnlyList<string>? HowToContinue = null,
    string? FrozenReason = null,
    Money? Balance = null,
    Money? Available = null,
    Money? ApprovalThreshold = null,
    ApprovalRequestAnswer? ApprovalRequest = null);

/// <param name="Results">In the order of the charges.</param>
/// <param name="Balances">After the last charge of the batch that was booked; empty when none was.</param>
/// <param name="Warnings">Of all charges of the batch.</param>
internal sealed record BatchAnswer(
    IReadOnlyList<BatchResult> Results, IReadOnlyList<BalanceAnswer> Balances, IReadOnlyList<WarningAnswer> Warnings);

/// <param name="IdempotencyKey">With 503: what to repeat the request with; it has one effect.</param>
/// <param name="Approval">With approval_decided: what became of it.</param>
/// <param name="IdempotencyKeys">The same for a batch, one for each charge in order.</param>
internal sealed record ProblemAnswer(
    string Type,
    string Title,
    int Status,
    string Code,
    string Detail,
    IReadOnlyList<FaultAnswer>? Errors = null,
    string? IdempotencyKey = null,
    IReadOnlyList<string>? IdempotencyKeys = null,
    ApprovalAnswer? Approval = null);

/// <param name="Field">The JSON member, header or query parameter; charges[3].amount inside a list.</param>
internal sealed record FaultAnswer(string Field, string Message);

/// <param name="Balance">Of the wallet that does not suffice; what of it is held is amount_held, and what is left amount_remaining.</param>
/// <param name="Available">What can be spent of it; below zero where more was spent than there was.</param>
/// <param name="Affordable">Of a request with usage: what the rest would pay for.</param>
/// <param name="AffordableRequests">Of a batch of calls: so many of the first of them would have fitted.</param>
/// <summary>Why spending was refused: whose budget, which limit, and every figure that led to it. The limit's members are null where no limit refused.</summary>
internal sealed record RefusalAnswer(
    string Type,
    string Title,
    int Status,
    string Code,
    string Detail,
    string AgentId,
    string RefusedBy,
    LimitType? LimitType,
    Money? LimitAmount,
    Money? AmountSpent,
    Money? AmountHeld,
    Money? AmountRemaining,
    Money Requested,
    DateTimeOffset? ResetsAt,
    IReadOnlyList<string> HowToContinue,
    string? FrozenReason = null,
    IReadOnlyList<AffordableAnswer>? Affordable = null,
    Money? Balance = null,
    Money? Available = null,
    Money? ApprovalThreshold = null,
    ApprovalRequestAnswer? ApprovalRequest = null,
    int? AffordableRequests = null);

/// <summary>A body for POST /v1/agents/approvals/request, ready to be sent.</summary>
internal sealed record ApprovalRequestAnswer(string Operation, Money EstimatedCost, string Justification, Urgency Urgency);
