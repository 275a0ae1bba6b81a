using System.Collections.Immutable;

namespace Budgets.Client.AI;

/// <summary>How calls are held for and booked. What is for one call goes into its ChatOptions: see <see cref="BudgetNotes"/>.</summary>
public sealed class AgentBudgetOptions
{
    /// <summary>For the ledger: what the money was for. 1 to 128 characters; default "chat", or "embed".</summary>
    public string Operation { get; set; } = "chat";

    /// <summary>For the ledger: 16 at most, 1 to 64 characters each.</summary>
    public ImmutableArray<string> Tags { get; set; } = [];

    /// <summary>The name in the price catalogue that all calls are paid under, for deployments with names of their own. Null: the name of the model that is called.</summary>
    public string? PricedAs { get; set; }

    /// <summary>
    /// True: calls with a RawRepresentationFactory are made. What it puts into a request cannot be seen here, so it must neither bring in more input or output, nor
    /// anything that costs beside tokens. Default false: such calls are refused.
    /// </summary>
    public bool TakesRawOptions { get; set; }

    /// <summary>True: the provider made nothing of a call that failed so, and it is free. What this does not know is counted. Default: by the status that the provider's client tells.</summary>
    public Func<Exception, bool>? MadeNothing { get; set; }

    internal void Check()
    {
        Check(Operation, nameof(Operation), Purpose.MaxOperationLength);
        Tags = Tags.IsDefault ? [] : Tags;
        if (Tags.Length > Purpose.MaxTags)
        {
            throw new ArgumentException($"{nameof(Tags)} must be {Purpose.MaxTags} at most.");
        }

        foreach (var tag in Tags)
        {
            Check(tag, nameof(Tags), Purpose.MaxTagLength);
        }

        if (PricedAs is not null)
        {
            Check(PricedAs, nameof(PricedAs), Purpose.MaxModelLength);
        }
    }

    private static void Check(string? text, string option, int max)
    {
        if (Texts.FaultOf(text ?? "", max) is { } fault)
        {
            throw new ArgumentException($"{option} {fault}.");
        }
    }
}
