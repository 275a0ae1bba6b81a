using System.Globalization;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>What a call says to its budget, and its answer of it, beside itself: in AdditionalProperties, by the names that the gateway has for headers.</summary>
/// <remarks>Those of a request are taken out before it goes on.</remarks>
public static class BudgetNotes
{
    /// <summary>Of a request: what the money is for. Default: <see cref="AgentBudgetOptions.Operation"/>.</summary>
    public const string Operation = "x-budget-operation";

    /// <summary>Of a request: tags with commas between them, beside <see cref="AgentBudgetOptions.Tags"/>.</summary>
    public const string Tags = "x-budget-tags";

    /// <summary>Of a request: the id of the approval that it uses.</summary>
    public const string Approval = "x-budget-approval";

    /// <summary>Of an answer: the id of the hold. All of an answer are texts; a stream has them in its first update.</summary>
    public const string Reservation = "x-budget-reservation";

    /// <summary>Of an answer: what the output was told to end at, because more did not fit. Not there: nothing was shortened.</summary>
    public const string MaxTokens = "x-budget-max-tokens";

    /// <summary>Of an answer: what it cost, in dollars. A stream has it in its last update. Not there: it is not booked yet.</summary>
    public const string Cost = "x-budget-cost";

    /// <summary>Of an answer: what is left of the limit that has least left.</summary>
    public const string Remaining = "x-budget-remaining";

    internal static AdditionalPropertiesDictionary Of(ModelCall call, Receipt? settled, AdditionalPropertiesDictionary? beside)
    {
        var notes = beside ?? [];
        notes[Reservation] = call.Id.Value;
        if (call.OutputTokens is { } most)
        {
            notes[MaxTokens] = most.ToString(CultureInfo.InvariantCulture);
        }

        if (settled is not null)
        {
            notes[Cost] = (settled.Kind == EntryKind.Settle ? settled.Amount : Money.Zero).ToString();
        }

        if ((settled ?? call.Receipt).Balances.Select(b => b.Remaining).Min() is { } remaining)
        {
            notes[Remaining] = remaining.ToString();
        }

        return notes;
    }

    /// <returns>Null: it is not there.</returns>
    /// <exception cref="ArgumentException">It is no text.</exception>
    internal static string? Take(AdditionalPropertiesDictionary? notes, string name)
    {
        if (notes is null || !notes.Remove(name, out var value))
        {
            return null;
        }

        return value as string ?? throw new ArgumentException($"{name} must be a text.", nameof(notes));
    }
}
