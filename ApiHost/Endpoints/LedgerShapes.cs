using System.Globalization;
using System.Text.Json.Serialization;

namespace Budgets.ApiHost.Endpoints;

/// <param name="EntryId">The agent and the entry's place in its ledger.</param>
/// <param name="Amount">Dollars; what the entry charged, held, settled, gave back.</param>
/// <param name="Detail">For entries that move no money: what changed.</param>
/// <param name="BalanceAfter">Of the wallet, where the entry is about it.</param>
/// <param name="Saved">Of a call that was answered from a cache: what its answer had cost when it was made.</param>
/// <param name="PriceVersion">The price that the amount was worked out with, where usage was told and no amount; "on_unknown_price:…" is the budget's own rate for unknown prices.</param>
internal sealed record LedgerLine(
    string EntryId,
    long Seq,
    DateTimeOffset At,
    EntryKind Kind,
    Money Amount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UsedAnswer? Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Tags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PromptHash,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? Saved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ChargeId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ReservationId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IdempotencyKey,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Overage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PriceVersion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ApprovalId,
    IReadOnlyList<BalanceAnswer> Balances,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? BalanceAfter)
{
    /// <summary>entry_id, wherever an entry is named.</summary>
    public static string IdOf(AgentId agent, long seq) => string.Create(CultureInfo.InvariantCulture, $"{agent.Value}-{seq}");

    public static LedgerLine Of(AgentId agent, LedgerEntry e) => new(
        IdOf(agent, e.Seq),
        e.Seq,
        e.At,
        e.Kind,
        e.Amount,
        e.Purpose.Model,
        UsedAnswer.Of(e.Purpose.Usage),
        e.Purpose.Operation,
        e.Purpose.Tags.IsDefaultOrEmpty ? null : e.Purpose.Tags,
        e.Purpose.PromptHash,
        e.Purpose.Saved,
        e.Kind == EntryKind.Charge ? e.Id : null,
        e.Kind == EntryKind.Charge ? null : e.Id,
        e.Key,
        e.Overage ? true : null,
        e.Late ? true : null,
        e.Detail,
        e.PriceVersion,
        e.Approval,
        [.. e.Balances.Select(b => new BalanceAnswer(b.Type, b.Spent, b.Held, b.Limit, b.Remaining))],
        e.BalanceAfter);
}

internal sealed record LedgerAnswer(IReadOnlyList<LedgerLine> Data, string? NextCursor, bool HasMore);
