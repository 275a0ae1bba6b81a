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
/// <param name="Parts">Of each of the choices its part of the hold.</param>
internal sealed record BoundItem(BatchItem Item, Choices Choices, ImmutableArray<Part> Parts)
{
    /// <summary>A model that fails costs, and so may the next.</summary>
    public Money Most => new(Parts.Sum(p => p.Most.Nanos));

    public Money Dearest => Parts.Max(p => p.Most);

    /// <summary>How many models can be paid for one after the other.</summary>
    public int Tries => Choices.WhenFailed ? Parts.Length : 1;

    /// <summary>How many times there is something cheaper when the money does not suffice.</summary>
    public int Steps => Choices.WhenRefused ? Parts.Length - 1 : 0;

    public Part Of(Choice choice) => Parts[Choices.All.IndexOf(choice)];

    /// <summary>The same with fewer models: no fallback that nothing is held for, nothing dearer than fits.</summary>
    public BoundItem With(int tries, int down = 0)
    {
        var from = Math.Min(down, Steps);
        var count = Math.Min(Math.Min(tries, Tries), Parts.Length - from);
        return this with { Choices = Choices with { All = Choices.All.Slice(from, count) }, Parts = Parts.Slice(from, count) };
    }
}

/// <summary>What is set aside for a call of one model.</summary>
/// <param name="Most">What it can cost.</param>
/// <param name="OutputTokens">What it must be told to end at; null: it does by itself.</param>
internal sealed record Part(CallBound Bound, Money Most, long? OutputTokens);

/// <summary>The one hold that a batch is paid out of.</summary>
internal sealed record BatchHold(HoldId Id, Money Amount, ImmutableArray<BoundItem> Items);
