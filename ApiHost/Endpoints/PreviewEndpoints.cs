using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <param name="EntryId">Of the ledger.</param>
/// <param name="Kind">charge or hold.</param>
/// <param name="Code">What the refusal would have been.</param>
/// <param name="LimitType">Left out, with the rest, where the agent would have been frozen by something before.</param>
/// <param name="ByDescendants">Spent by agents below, and told together.</param>
internal sealed record BlockedAnswer(
    string EntryId,
    DateTimeOffset At,
    EntryKind Kind,
    Money Amount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Operation,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LimitType? LimitType,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? LimitAmount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? AmountSpent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? AmountHeld,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ResetsAt,
    bool ByDescendants)
{
    public static BlockedAnswer Of(AgentId agent, Blocked b) => new(
        LedgerLine.IdOf(agent, b.Seq), b.At, b.Kind, b.Amount, b.Model, b.Operation, OutcomeTable.Of(b.Outcome).Code,
        b.Standing?.Type, b.Standing?.Limit, b.Standing?.Spent, b.Standing?.Held, b.Standing?.Window.Until, b.IsOfDescendants);
}

/// <param name="LimitType">Null: the agent would have been frozen.</param>
/// <param name="Windows">In how many windows: days, for a daily limit.</param>
internal sealed record BlockedByAnswer(
    string Code, LimitType? LimitType, Money? LimitAmount, long BlockedCalls, Money BlockedAmount, long Windows, DateTimeOffset FirstAt, DateTimeOffset LastAt);

/// <param name="Entries">Of the journal, replayed.</param>
/// <param name="Truncated">There were more than are replayed; the newest were.</param>
/// <param name="Calls">Charges and reservations.</param>
/// <param name="AmountSpent">What was really spent.</param>
/// <param name="BlockedAmount">What the refused calls asked for.</param>
/// <param name="AmountSaved">What the refused calls spent.</param>
/// <param name="WarnedCalls">Let through with a warning: the limit is soft.</param>
/// <param name="Blocked">The first hundred.</param>
internal sealed record PreviewAnswer(
    string AgentId,
    DateTimeOffset From,
    DateTimeOffset Until,
    long Entries,
    bool Truncated,
    long Calls,
    Money AmountSpent,
    long BlockedCalls,
    Money BlockedAmount,
    Money AmountSaved,
    long WarnedCalls,
    IReadOnlyList<BlockedByAnswer> BlockedByLimit,
    IReadOnlyList<BlockedAnswer> Blocked)
{
    public static PreviewAnswer Of(PreviewView v) => new(
        v.Agent.Value, v.From, v.Until, v.Entries, v.IsCut, v.Calls, v.Spent, v.BlockedCalls, v.BlockedAmount, v.Saved, v.Warned,
        [.. v.Limits.Select(l => new BlockedByAnswer(OutcomeTable.Of(l.Outcome).Code, l.Type, l.Limit, l.Calls, l.Amount, l.Windows, l.First, l.Last))],
        [.. v.First.Select(b => BlockedAnswer.Of(v.Agent, b))]);
}

/// <summary>What the last thirty days would have been with another budget. Nothing is changed.</summary>
internal static class PreviewEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("POST", "budget/preview", Access.Read, Post, new("previewBudget", "Budget", "What other limits would have refused")
    {
        Text = "Replays the agent's last 30 days through the budget that it would have after such a change, with the rules that decide every day, and changes nothing. "
            + "What was refused at the time is not in the ledger and does not come again; what people froze is not frozen.",
        Body = typeof(BudgetBody),
        Answers = [new(200, typeof(PreviewAnswer), "What would have been refused.")],
        Problems = [ProblemKind.Forbidden],
    });

    private static async Task Post(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.BudgetBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var preview = await call.Budget.Preview(body.ToRequest(call.Layer, call.By, onlyTighten: false));
        await (preview.View is { } view
            ? Reply.Send(call.Http, 200, Wire.Default.PreviewAnswer, PreviewAnswer.Of(view))
            : BudgetEndpoints.Refuse(call, preview.Outcome));
    }
}
