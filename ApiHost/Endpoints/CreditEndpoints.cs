using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record CreditBody : KeyedBody
{
    [Description("Dollars: above zero for manual and payment, below for a refund, not zero for a correction.")]
    public Money? Amount { get; set; }

    [Description("manual (default) or payment; the operator also corrects an entry before this one, or enters what was refunded to whoever paid.")]
    public CreditSource? Source { get; set; }

    public string? Note { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        var source = Source ?? CreditSource.Manual;
        if (Amount is not { } amount)
        {
            faults.Add("amount", "is required");
            return;
        }

        faults.AddIf(amount == Money.Zero, "amount", "must not be zero");
        faults.AddIf(amount.IsNegative && source is CreditSource.Manual or CreditSource.Payment, "amount", "must not be negative: what was wrong is a correction, what is given back a refund");
        faults.AddIf(!amount.IsNegative && source == CreditSource.Refund, "amount", "must be negative for a refund: the balance shrinks by it");
        faults.AddIf(amount > Money.MaxPerRequest || amount < Money.Zero - Money.MaxPerRequest, "amount", $"must be at most {Money.MaxPerRequest} either way");
        faults.Text("note", Note, CreditRequest.MaxNoteLength);
    }
}

/// <param name="EntryId">Of the ledger entry.</param>
/// <param name="Balance">After it.</param>
internal sealed record CreditAnswer(
    string EntryId,
    EntryKind Kind,
    Money Amount,
    CreditSource Source,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Note,
    Money Balance,
    string IdempotencyKey);

/// <summary>How an agent pays for what it spends.</summary>
internal enum PaymentMode
{
    /// <summary>Out of its own balance.</summary>
    Prepaid = 0,

    /// <summary>Only its limits bind it.</summary>
    Postpaid,

    /// <summary>It has a parent: out of whatever its root pays with.</summary>
    Inherited,
}

internal static class PaymentModes
{
    public static PaymentMode Of(BudgetView budget) => budget.Parent is not null ? PaymentMode.Inherited : budget.Wallet is null ? PaymentMode.Postpaid : PaymentMode.Prepaid;
}

/// <param name="Balance">Null unless prepaid. Below zero: more was spent than there was.</param>
/// <param name="Held">In open reservations and set aside for descendants.</param>
/// <param name="Available">What can be spent; null unless prepaid.</param>
internal sealed record WalletAnswer(string AgentId, Money? Balance, Money Held, Money? Available, PaymentMode Mode)
{
    public static WalletAnswer Of(BudgetView budget) => new(
        budget.Agent.Value, budget.Wallet?.Balance, budget.Balances.FirstOrDefault(b => b.Type == LimitType.Total).Held, budget.Wallet?.Available, PaymentModes.Of(budget));
}

/// <summary>Money that comes into an agent's wallet, and what is in it.</summary>
internal static class CreditEndpoints
{
    private static readonly Problem NoKey = Problem.Invalid(Idempotency.Header, "is required here: money that is entered twice is not there twice");

    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "credits", Access.Manage, Post, new("addCredits", "Credits", "Add money to the balance")
        {
            Text = "The first credit makes an agent prepaid: from then on it spends what it has, and is refused with insufficient_balance beyond. Only an agent without a parent has a balance. "
                + "An Idempotency-Key is required. Entries are never changed: the operator enters a correction or a refund.",
            Body = typeof(CreditBody), TakesIdempotencyKey = true, Answers = [new(201, typeof(CreditAnswer), "Entered.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.NoWallet, ProblemKind.AmountTooLarge, ProblemKind.IdempotencyKeyReused, ProblemKind.Forbidden],
        });
        routes.MapOwnAndAddressed("GET", "balance", Access.Read, Get, new("getBalance", "Credits", "The balance and what of it can be spent")
        {
            Answers = [new(200, typeof(WalletAnswer), "The balance.")],
        });
    }

    private static async Task Post(Call call)
    {
        var (body, key, problem) = await Spending.Read(call, Wire.Default.CreditBody);
        problem ??= key is null ? NoKey
            : body!.Source is CreditSource.Correction or CreditSource.Refund && !call.Caller.IsOperator ? Problem.Forbidden("Only the operator enters corrections and refunds.")
            : null;
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var request = new CreditRequest(call.By, body!.Amount!.Value, body.Source ?? CreditSource.Manual, body.Note, key!.Value);
        await Spending.Answer(call, call.Budget.Credit(request), request.Key, 201, (json, receipt) =>
        {
            json.WriteString("entry_id"u8, LedgerLine.IdOf(call.Agent, receipt.Seq));
            json.WriteString("kind"u8, Names<EntryKind>.Of(receipt.Kind));
            json.WriteMoney(Words.Amount, receipt.Amount);
            json.WriteString("source"u8, Names<CreditSource>.Of(request.Source));
            if (request.Note is { } note)
            {
                json.WriteString("note"u8, note);
            }

            json.WriteMoney(Words.Balance, receipt.BalanceAfter);
            json.WriteString(Words.IdempotencyKey, receipt.Key);
        });
    }

    private static Task Get(Call call) => Reply.Show(call, b => b.GetBudget(), Wire.Default.WalletAnswer, WalletAnswer.Of);
}
