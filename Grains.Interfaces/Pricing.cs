using System.Collections.Immutable;

namespace Budgets;

/// <summary>Marks a request whose amount is worked out from its usage. A request without one names its own amount.</summary>
/// <param name="Requests">How many requests to the provider the usage is of, for models that are paid by the request.</param>
/// <param name="Version">The price it was worked out with. Set by the budget, never by a caller.</param>
/// <param name="Fault">Why there is no amount. Set by the budget, never by a caller.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PriceTag")]
public sealed record PriceTag(long Requests = 1, string? Version = null, Unpriceable? Fault = null);

/// <summary>Why usage has no price.</summary>
/// <param name="Field">The member of the request that stands in the way.</param>
/// <param name="Message">Completes the sentence "field …".</param>
/// <param name="Contradicts">True: the usage cannot be so, whatever the price. False: there is no price for it.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Unpriceable")]
public sealed record Unpriceable(string Field, string Message, bool Contradicts = false);

/// <summary>What a budget pays for models that have no price: a rate so high that it errs upward. Without one their usage is refused.</summary>
/// <param name="InputPerMillion">For a million input tokens, cached ones included.</param>
/// <param name="OutputPerMillion">For a million output tokens, reasoning included.</param>
/// <param name="PerImage">Null: usage with images is refused.</param>
[GenerateSerializer, Immutable, Alias("Budgets.UnknownPriceRate")]
public sealed record UnknownPriceRate(Money InputPerMillion, Money OutputPerMillion, Money? PerImage = null)
{
    /// <summary>What an entry priced by a ceiling names as its price.</summary>
    public const string VersionPrefix = "on_unknown_price:";

    /// <summary>The most that a rate may be.</summary>
    public static readonly Money Most = Money.Dollars(1_000_000);

    public string ToVersion() => $"{VersionPrefix}{InputPerMillion}:{OutputPerMillion}" + (PerImage is { } image ? $":{image}" : "");

    /// <summary>The dearer of two rates in each part: what holds when a rate is set from above and another by the agent.</summary>
    public static UnknownPriceRate? Dearer(UnknownPriceRate? a, UnknownPriceRate? b) => a is null || b is null ? a ?? b : new(
        Money.Max(a.InputPerMillion, b.InputPerMillion),
        Money.Max(a.OutputPerMillion, b.OutputPerMillion),
        a.PerImage is { } x && b.PerImage is { } y ? Money.Max(x, y) : a.PerImage ?? b.PerImage);
}

/// <summary>What usage costs, or why that cannot be said.</summary>
/// <param name="Amount">Zero without a version.</param>
/// <param name="Version">The price it was worked out with; null: there is none, and <paramref name="Fault"/> says why.</param>
/// <param name="Ceiling">What a budget's rate for unknown prices is multiplied with; null: no rate can help.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Quote")]
public sealed record Quote(Money Amount, string? Version, Unpriceable? Fault = null, CeilingCounts? Ceiling = null);

/// <summary>Usage in the terms of <see cref="UnknownPriceRate"/>.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.CeilingCounts")]
public sealed record CeilingCounts(long InputTokens, long OutputTokens, long Images);

/// <summary>Usage to be priced.</summary>
/// <param name="Model">As the caller names it.</param>
/// <param name="From">When it is spent.</param>
/// <param name="Until">Later than <paramref name="From"/>: it is spent some time until then, and the dearest price of that time counts.</param>
[GenerateSerializer, Immutable, Alias("Budgets.QuoteRequest")]
public sealed record QuoteRequest(string? Model, TokenUsage Usage, long Requests, DateTimeOffset From, DateTimeOffset Until);

/// <summary>What the money that is left pays for.</summary>
/// <param name="MaxOutputTokens">The longest output of one call with this much input; null: neither the money nor the model bounds it.</param>
/// <param name="MaxCalls">Calls with exactly the usage asked about; null: the money does not bound them.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Affordable")]
public sealed record Affordable(string Model, long? MaxOutputTokens, long? MaxCalls);

/// <summary>A call to a model that is about to be made, as far as its request tells.</summary>
/// <param name="TextTokens">No text of the request can have more. UTF-8 bytes are such a bound: no token of a byte-level tokenizer has less than one.</param>
/// <param name="PictureTokens">Of pictures to look at, beside the text: some models count them past their window.</param>
/// <param name="IsOpenEnded">True: it refers to content that is not in the request, so that only the model's window bounds it.</param>
/// <param name="HasWindow">False: it is many inputs at once, each with a window of its own (embeddings).</param>
/// <param name="OutputTokens">The longest output of one choice that it allows; null: as long as the model can.</param>
/// <param name="Choices">Outputs that it asks for.</param>
/// <param name="Images">To be made.</param>
/// <param name="Until">The latest that it is paid for.</param>
[GenerateSerializer, Immutable, Alias("Budgets.CallOutline")]
public sealed record CallOutline(
    string Model, long TextTokens, long PictureTokens, bool IsOpenEnded, bool HasWindow, long? OutputTokens, long Choices, long Images, DateTimeOffset From, DateTimeOffset Until);

/// <summary>The usage that a call costs most with, of all that it can have.</summary>
/// <param name="Usage">Null: nothing bounds it, since it is open-ended and the model's window is not known.</param>
/// <param name="OutputTokens">Of one choice; null: it has no output that is counted in tokens.</param>
/// <param name="IsOutputKnown">False: neither the request nor the catalogue bounds the output, so the call must be told to end at <paramref name="OutputTokens"/>.</param>
/// <param name="Counting">How the model's provider counts; null: in the usual way.</param>
/// <param name="Quote">What that usage costs; null: there is none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.CallBound")]
public sealed record CallBound(TokenUsage? Usage, long? OutputTokens, bool IsOutputKnown, Counting? Counting = null, Quote? Quote = null)
{
    /// <summary>The longest output that is allowed where nobody knows how long a model's can be.</summary>
    public const long OutputOfTheUnknown = 16_384;

    /// <summary>The longest window that any provider sells, for models whose catalogued window can be left by paying more.</summary>
    public const long LongestWindow = 1_000_000;
}

/// <summary>Set aside the most that a call can cost.</summary>
/// <param name="Hold">Its amount and its usage are what the call comes to.</param>
/// <param name="MayShorten">True: nobody has bounded its output, and it may be made to end earlier so that it fits. False: what does not fit as it is is refused, and so is what nobody bounds.</param>
[GenerateSerializer, Immutable, Alias("Budgets.CallRequest")]
public sealed record CallRequest(HoldRequest Hold, CallOutline Call, bool MayShorten);

/// <summary>What became of a <see cref="CallRequest"/>.</summary>
/// <param name="Hold">Null: nothing bounds what the call can cost, and nothing is held.</param>
/// <param name="OutputTokens">What the call must be told to end its output at, so that it stays within what is held; null: it does by itself.</param>
/// <param name="Affordable">What is left pays for so much of it instead; default: it is held, or is refused for something else than money.</param>
[GenerateSerializer, Immutable, Alias("Budgets.CallOutcome")]
public sealed record CallOutcome(SpendOutcome? Hold, CallBound Bound, long? OutputTokens = null, ImmutableArray<Affordable> Affordable = default);

/// <summary>A name of a model, and what usage under it is priced as; nulls: it has no price.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.ModelName")]
public sealed record ModelName(string Name, string? Id, string? Provider);
