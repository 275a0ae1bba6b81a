using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>Begins calls: what they are for is taken out of their options, and what does not fit is an exception.</summary>
internal sealed class Opening(IBudget budget, AgentBudgetOptions options)
{
    public AgentBudgetOptions Options => options;

    /// <summary>True: what failed so was free.</summary>
    public bool MadeNothing(Exception failure) => options.MadeNothing?.Invoke(failure) == true || Failure.MadeNothing(failure);

    /// <param name="asked">What is called, as its options say it; null: as its client has it.</param>
    /// <exception cref="InvalidOperationException">Nobody says.</exception>
    public string Model(string? asked, string? usual) => options.PricedAs ?? asked ?? usual
        ?? throw new InvalidOperationException($"Nobody says which model is called, so that it has no price: set ModelId in the call's options, or {nameof(AgentBudgetOptions)}.{nameof(AgentBudgetOptions.PricedAs)}.");

    public CallRefusedException Unpriced(Unpriceable fault) => new(new Refused(Outcome.PriceUnknown, budget.Agent, new Refusal(budget.Agent, Money.Zero, Fault: fault)));

    /// <param name="notes">Of the call's options; those for the budget are taken out.</param>
    /// <exception cref="CallRefusedException">The budget says no.</exception>
    public async Task<ModelCall> Begin(CallOutline outline, AdditionalPropertiesDictionary? notes, CancellationToken cancellation)
    {
        var operation = BudgetNotes.Take(notes, BudgetNotes.Operation) ?? options.Operation;
        ImmutableArray<string> tags = BudgetNotes.Take(notes, BudgetNotes.Tags) is { } more
            ? [.. options.Tags, .. more.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
            : options.Tags;
        ApprovalId? approval = BudgetNotes.Take(notes, BudgetNotes.Approval) is { } id ? new ApprovalId(id) : null;
        var answer = await budget.BeginCall(outline, new Purpose(Operation: operation, Tags: tags), approval, cancellation);
        if (!answer.IsAccepted(out var call, out var refused))
        {
            throw new CallRefusedException(refused);
        }

        if (cancellation.IsCancellationRequested)
        {
            // Nothing has been sent yet.
            await call.Release();
            cancellation.ThrowIfCancellationRequested();
        }

        return call;
    }
}
