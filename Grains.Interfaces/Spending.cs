using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Budgets;

/// <summary>What one model call used, as its provider counts: whether cache tokens are a part of the input tokens, and reasoning of the output tokens, is as its own interface tells them. All counts are ≥ 0.</summary>
/// <param name="CacheWriteTokens">Those kept for an hour included.</param>
/// <param name="Images">Made, not looked at.</param>
/// <param name="CacheWrite1hTokens">Null: none.</param>
/// <param name="Batch">True: by the provider's batch interface, at its discount. Null otherwise.</param>
[GenerateSerializer, Immutable, Alias("Budgets.TokenUsage")]
public sealed record TokenUsage(
    long InputTokens = 0,
    long OutputTokens = 0,
    long CacheReadTokens = 0,
    long CacheWriteTokens = 0,
    long ReasoningTokens = 0,
    long Images = 0,
    long Requests = 0,
    [property: JsonPropertyName("cache_write_1h_tokens")] long? CacheWrite1hTokens = null,
    bool? Batch = null)
{
    /// <summary>The most that one request may count of anything.</summary>
    public const long Most = 1_000_000_000;

    /// <summary>True: what it was paid for is tokens, and they are told.</summary>
    public bool TellsTokens => Images == 0 && InputTokens + OutputTokens + CacheReadTokens + CacheWriteTokens > 0;

    public bool IsInRange =>
        InputTokens is >= 0 and <= Most && OutputTokens is >= 0 and <= Most && CacheReadTokens is >= 0 and <= Most
        && CacheWriteTokens is >= 0 and <= Most && ReasoningTokens is >= 0 and <= Most && Images is >= 0 and <= Most && Requests is >= 0 and <= Most
        && CacheWrite1hTokens is null or (>= 0 and <= Most);
}

/// <summary>What the money is for. All optional, all from the caller, kept in the ledger.</summary>
/// <param name="PromptHash">Stands for what was asked: two calls that ask the same have the same.</param>
/// <param name="Saved">Of a call that was answered from a cache: what its answer had cost when it was made.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Purpose")]
public sealed record Purpose(
    string? Model = null, string? Operation = null, ImmutableArray<string> Tags = default, TokenUsage? Usage = null, string? PromptHash = null,
    Money? Saved = null)
{
    public static readonly Purpose None = new();

    public const int MaxModelLength = 128;
    public const int MaxOperationLength = 128;
    public const int MaxTags = 16;
    public const int MaxTagLength = 64;
    public const int MaxPromptHashLength = 64;
}

public enum ChargeMode
{
    /// <summary>Refused when it does not fit.</summary>
    Enforce = 0,

    /// <summary>Already spent: booked whatever the limit, flagged as overage where it does not fit.</summary>
    Record = 1,
}

/// <summary>Spend at once.</summary>
/// <param name="Price">Null: the amount is the caller's. Else it is worked out from the usage.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ChargeRequest")]
public sealed record ChargeRequest(
    ChargeId Id,
    Money Amount,
    Purpose Purpose,
    IdempotencyKey Key,
    ChargeMode Mode = ChargeMode.Enforce,
    DateTimeOffset? OccurredAt = null,
    PriceTag? Price = null,
    ApprovalId? Approval = null);

/// <summary>Set money aside for a spend to come; it expires by itself.</summary>
/// <param name="BooksItself">True: it is for something that costs money whether its end is told or not. When it expires, all of it is booked, until somebody says what was spent. Null otherwise: it expires for nothing.</param>
/// <param name="Dearest">Of a hold for several calls, the most that one of them can cost: limits on one call are about that. Null: it is for one call.</param>
/// <param name="OutOf">An open hold of the same budget that the money is taken out of; what was admitted once is not judged again. Null: it is new.</param>
/// <param name="IsBound">True: its usage is the most that it can be, and a budget whose mode is <see cref="HoldMode.Expected"/> may hold less.</param>
/// <param name="Quoted">What its usage costs, of a caller who has just asked; null: it is asked for.</param>
[GenerateSerializer, Immutable, Alias("Budgets.HoldRequest")]
public sealed record HoldRequest(
    HoldId Id,
    Money Amount,
    Purpose Purpose,
    IdempotencyKey Key,
    int TtlSeconds,
    PriceTag? Price = null,
    ApprovalId? Approval = null,
    bool? BooksItself = null,
    Money? Dearest = null,
    HoldId? OutOf = null,
    bool IsBound = false,
    Quote? Quoted = null)
{
    public const int DefaultTtlSeconds = 600;
    public const int MaxTtlSeconds = 86_400;
}

/// <summary>Spend what a hold was for. More than the hold is booked too (the money is gone) and flagged.</summary>
/// <param name="Price">As in <see cref="ChargeRequest"/>; a model that is not told is the hold's.</param>
[GenerateSerializer, Immutable, Alias("Budgets.SettleRequest")]
public sealed record SettleRequest(HoldId Id, Money Amount, Purpose Purpose, IdempotencyKey? Key = null, PriceTag? Price = null);

/// <summary>Give a hold back unspent.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.ReleaseRequest")]
public sealed record ReleaseRequest(HoldId Id, IdempotencyKey? Key = null);

/// <summary>Move a hold's expiry later, to at most <see cref="HoldRequest.MaxTtlSeconds"/> from now.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.ExtendRequest")]
public sealed record ExtendRequest(HoldId Id, int ExtendSeconds, IdempotencyKey? Key = null);

/// <summary>Every way a spending request can end, in order of precedence: the first that applies is the answer. docs/outcomes.md lists the same words.</summary>
public enum Outcome
{
    Accepted = 0,

    /// <summary>The key was used before for another request.</summary>
    IdempotencyKeyReused,

    /// <summary>A number in the request is outside its range (the REST layer refuses it earlier, and names the field).</summary>
    OutOfRange,

    AgentUnknown,
    AgentClosed,

    /// <summary>Only an agent without a parent has a wallet.</summary>
    NoWallet,

    HoldUnknown,
    HoldSettled,
    HoldReleased,
    HoldExpired,

    /// <summary>Usage without an amount, and no price to work one out; <see cref="Refusal.Fault"/> says why.</summary>
    PriceUnknown,

    /// <summary>The books of one budget hold at most <see cref="Money.MaxBooked"/>.</summary>
    AmountTooLarge,

    TooManyHolds,

    /// <summary>The agent has no such approval.</summary>
    ApprovalUnknown,

    ApprovalPending,
    ApprovalDenied,
    ApprovalExpired,
    ApprovalCancelled,
    ApprovalUsed,

    /// <summary>It is for another operation, or no permission to spend.</summary>
    ApprovalMismatch,

    /// <summary>It permits less than this.</summary>
    ApprovalTooSmall,

    Frozen,
    BudgetExceeded,

    /// <summary>The wallet of a prepaid agent, the caller's own or the root's above it, has not so much available.</summary>
    InsufficientBalance,

    /// <summary>It would fit, and somebody has to say yes first: the amount is above the approval threshold.</summary>
    ApprovalRequired,

    /// <summary>The per-minute breaker: what the limits would have admitted trips it, and it freezes the agent.</summary>
    RateExceeded,
}

/// <summary>What an accepted request did. The same for every replay of it.</summary>
/// <param name="PriceVersion">The price its amount was worked out with; null: the caller named the amount.</param>
/// <param name="BalanceAfter">Of the wallet, where the entry is about it.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Receipt")]
public sealed record Receipt(
    EntryKind Kind,
    long Seq,
    DateTimeOffset At,
    string Id,
    Money Amount,
    Money Released,
    bool Overage,
    bool Late,
    DateTimeOffset? ExpiresAt,
    string? Key,
    ImmutableArray<Balance> Balances,
    ImmutableArray<Warning> Warnings,
    string? PriceVersion = null,
    Money? BalanceAfter = null);

/// <summary>Why a request was refused: the budget, limit and figures that caused it.</summary>
/// <param name="RefusedBy">The agent whose budget said no: the caller's own, or an ancestor's.</param>
/// <param name="Standing">The limit that refused; null for refusals that are not about a limit. Of a wallet: what was credited as the limit, and what of it is spent and held.</param>
/// <param name="FrozenReason">Set when frozen or the breaker tripped.</param>
/// <param name="RetryAt">The earliest instant at which the same request could pass by itself; null: not by waiting.</param>
/// <param name="Fault">What is wrong with usage that has no price.</param>
/// <param name="Approval">Of a refusal about an approval.</param>
/// <param name="Headroom">Of a request with usage: the most that would have been admitted; null: no hard limit bounds it, or the request named its amount.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Refusal")]
public sealed record Refusal(
    AgentId RefusedBy,
    Money Requested,
    LimitStanding? Standing = null,
    string? FrozenReason = null,
    DateTimeOffset? RetryAt = null,
    Unpriceable? Fault = null,
    Money? Headroom = null,
    ApprovalNeed? Approval = null);

/// <summary>What an approval would have to be for, or what the one that was given is for.</summary>
/// <param name="Operation">What it has to name.</param>
/// <param name="Most">The threshold, of a spend without an approval; else what the approval permits.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalNeed")]
public sealed record ApprovalNeed(string Operation, Money Most);

/// <summary>The answer to one spending request: a receipt when accepted, else the reason.</summary>
/// <param name="Replayed">True: this request had been accepted before, and this is that first answer.</param>
[GenerateSerializer, Immutable, Alias("Budgets.SpendOutcome")]
public sealed record SpendOutcome(Outcome Outcome, Receipt? Receipt, Refusal? Refusal, bool Replayed = false);

/// <summary>What would happen to a hold of this size now; nothing does.</summary>
/// <param name="LargestThatFits">Null: no hard limit bounds it. Below other agents it is at least this: what relatives have drawn and do not need is asked back only when it is needed.</param>
/// <param name="Amount">Of the hold; worked out from its usage if it named none.</param>
/// <param name="PriceVersion">The price it was worked out with.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Foresight")]
public sealed record Foresight(
    Outcome Outcome, Refusal? Refusal, Money? LargestThatFits, ImmutableArray<Warning> Warnings, Money Amount = default, string? PriceVersion = null);

public enum HoldStatus
{
    Held = 0,
    Settled,
    Released,
    Expired,
}

/// <summary>A hold as it stands.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.HoldView")]
public sealed record HoldView(HoldId Id, HoldStatus Status, Money Amount, DateTimeOffset? ExpiresAt, Money? Charged, Purpose Purpose);
