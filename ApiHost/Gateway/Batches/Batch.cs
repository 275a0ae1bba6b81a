using System.Collections.Immutable;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Calls that are to be made together.</summary>
/// <param name="Total">Requests, duplicates included.</param>
/// <param name="Items">Those that say something else than any before them, in order.</param>
/// <param name="Digest">Of all that the batch says, so that the same one is known again.</param>
internal sealed record Batch(int Total, ImmutableArray<BatchItem> Items, int Concurrency, byte[] Digest)
{
    public const int MostRequests = 1_000;
    public const int MostAtOnce = 64;
    public const int UsuallyAtOnce = 8;
    public const int LongestId = 64;

    /// <summary>For the ledger: what the hold of all of them is for.</summary>
    public const string Operation = "agents/batch";
}

/// <summary>A call, and all requests of the batch that it answers.</summary>
/// <param name="Places">The first is its own; the others are duplicates'.</param>
internal sealed record BatchItem(Asking Asking, ImmutableArray<Place> Places)
{
    public Place First => Places[0];
}

/// <param name="Index">Among the requests.</param>
/// <param name="Name">The caller's for it.</param>
internal readonly record struct Place(int Index, string? Name);

/// <summary>A call that is bounded and has somebody to make it, whichever of its models it comes to.</summary>
/// <param name="Parts">What the first of the choices can cost; and where the next may be taken because it is cheaper, what that can.</param>
internal sealed record BoundItem(BatchItem Item, Choices Choices, ImmutableArray<Part> Parts)
{
    /// <summary>What is held for it: what its first model can cost. Where a poor answer leads to another, that is held when it does.</summary>
    public Part Part => Parts[0];

    public Money Most => Part.Most;

    /// <summary>How many times there is something cheaper when the money does not suffice.</summary>
    public int Steps => Parts.Length - 1;

    public bool IsFirst(Choice choice) => choice == Choices.All[0];

    /// <summary>The same, begun with a cheaper model.</summary>
    public BoundItem Down(int steps)
    {
        var from = Math.Min(steps, Steps);
        return from == 0 ? this : this with { Choices = Choices with { All = Choices.All[from..] }, Parts = Parts[from..] };
    }
}

/// <summary>What is set aside for a call of one model.</summary>
/// <param name="Most">What it can cost.</param>
/// <param name="OutputTokens">What it must be told to end at; null: it does by itself.</param>
internal sealed record Part(CallBound Bound, Money Most, long? OutputTokens)
{
    /// <summary>An output that nobody knows the end of can be told to end, if the request has a word for that.</summary>
    public static bool IsBounded(Asking asking, CallBound bound) => bound.Usage is not null && (bound.IsOutputKnown || !asking.Route.OutputMembers.IsEmpty);

    public static long? ToldToEnd(Asking asking, CallBound bound) => bound.IsOutputKnown || asking.OutputTokens is not null ? null : bound.OutputTokens;
}

/// <summary>The one hold that the first models of all calls are paid out of.</summary>
internal sealed record BatchHold(HoldId Id, Money Amount, ImmutableArray<BoundItem> Items);
