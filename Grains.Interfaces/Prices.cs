using System.Collections.Immutable;

namespace Budgets;

/// <summary>What each kind of use costs: tokens by the million, images and requests by the piece. Null: it costs what it is a part of, if anything.</summary>
/// <remarks>
/// Cache reads and writes are a part of the input, one-hour cache writes a part of the cache writes, reasoning a part of the output: nothing is
/// paid for twice, and nothing that was counted is free unless a rate of zero says so.
/// </remarks>
[GenerateSerializer, Immutable, Alias("Budgets.Rates")]
public sealed record Rates(
    Money? Input = null,
    Money? Output = null,
    Money? CacheRead = null,
    Money? CacheWrite = null,
    Money? CacheWrite1h = null,
    Money? Reasoning = null,
    Money? Image = null,
    Money? Request = null);

/// <summary>Rates of calls with a long input: they hold for the whole call, not for what is above the threshold.</summary>
/// <param name="Above">More input tokens than this, cached ones included.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RateTier")]
public sealed record RateTier(long Above, Rates Rates);

/// <summary>How a provider counts and discounts.</summary>
/// <param name="CacheBesideInput">True: its input tokens are those that were not cached, and cache tokens are told beside them (Anthropic). False: input tokens include them.</param>
/// <param name="ReasoningBesideOutput">True: reasoning tokens are told beside the output tokens (Gemini, xAI). False: output tokens include them.</param>
/// <param name="BatchDiscount">What its batch interface takes off, from 0 to 1; null: not known.</param>
/// <param name="BatchCacheReadAtFullPrice">Cache reads are not discounted.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Counting")]
public sealed record Counting(
    bool CacheBesideInput = false, bool ReasoningBesideOutput = false, decimal? BatchDiscount = null, bool BatchCacheReadAtFullPrice = false)
{
    public static readonly Counting Usual = new();
}

/// <summary>One price of a model: what it costs in a stretch of time, and perhaps only at some hours of the day.</summary>
/// <param name="Version">Names this price, for ever: another price has another version.</param>
/// <param name="Source">Where it was read, or "operator".</param>
/// <param name="From">In force from this instant; null: as long as anybody knows.</param>
/// <param name="Until">No longer in force at this instant; null: as far as anybody knows.</param>
/// <param name="DailyFrom">Only from this time of the day in UTC; null: all day. A range may go over midnight.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Price")]
public sealed record Price(
    string Version,
    string Source,
    DateTimeOffset? From,
    DateTimeOffset? Until,
    TimeOnly? DailyFrom,
    TimeOnly? DailyUntil,
    Rates Rates,
    ImmutableArray<RateTier> Tiers,
    Counting Counting)
{
    public bool Holds(DateTimeOffset at) =>
        !(at < From) && !(at >= Until) && (DailyFrom is null || IsInHours(TimeOnly.FromTimeSpan(at.UtcDateTime.TimeOfDay)));

    private bool IsInHours(TimeOnly time) => DailyFrom <= DailyUntil ? time >= DailyFrom && time < DailyUntil : time >= DailyFrom || time < DailyUntil;
}

/// <summary>A model that can be priced. Of several prices in force at an instant the last one in the list holds.</summary>
/// <param name="Id">What an override is set for.</param>
/// <param name="Aliases">Other names that mean it; beside these the rules of its provider find it by dated and prefixed names.</param>
/// <param name="MaxOutputTokens">The longest output of one call; null: not known.</param>
/// <param name="NotCounted">What its provider charges apart while usage does not count it: such calls must name their amount.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PricedModel")]
public sealed record PricedModel(
    string Id,
    string? Provider,
    ImmutableArray<string> Aliases,
    long? ContextWindow,
    long? MaxOutputTokens,
    bool Deprecated,
    ImmutableArray<string> NotCounted,
    ImmutableArray<Price> Prices)
{
    public const string Operator = "operator";

    /// <summary>The price in force at an instant; null: none is.</summary>
    public Price? At(DateTimeOffset at)
    {
        for (var i = Prices.Length - 1; i >= 0; i--)
        {
            if (Prices[i].Holds(at))
            {
                return Prices[i];
            }
        }

        return null;
    }
}

/// <summary>A price set by the operator: it wins over the catalogue from <paramref name="From"/> on.</summary>
/// <param name="Id">Lower case; of a model in the catalogue or of a new one.</param>
/// <param name="From">Null: from now on.</param>
/// <param name="CacheBesideInput">Null, like all that is left out from here on: as the catalogue has it for this name.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PriceOverride")]
public sealed record PriceOverride(
    string Id,
    string? Provider,
    DateTimeOffset? From,
    DateTimeOffset? Until,
    Rates Rates,
    ImmutableArray<RateTier> Tiers,
    bool? CacheBesideInput,
    bool? ReasoningBesideOutput,
    decimal? BatchDiscount,
    long? ContextWindow,
    long? MaxOutputTokens)
{
    /// <summary>Model ids and the names of models in usage.</summary>
    public const int MaxIdLength = Purpose.MaxModelLength;

    public const int MaxTiers = 4;

    /// <summary>The most that anything may cost: a million dollars for a million tokens, or for one piece.</summary>
    public static readonly Money MaxRate = Money.Dollars(1_000_000);

    /// <summary>Lower-case letters, digits and ./_-:@+ are all that ids are made of.</summary>
    public static bool IsId(string? text) =>
        text is { Length: > 0 and <= MaxIdLength } && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '/' or '_' or '-' or ':' or '@' or '+');
}

public enum SetPriceResult
{
    Done = 0,

    /// <summary>As many prices are set as can be kept, and none of them has been superseded.</summary>
    TooMany,

    /// <summary>The operator has set no price for this model that could be withdrawn.</summary>
    NotSet,
}

/// <summary>The model as it is priced now; null when nothing is left of it, or nothing was done.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.SetPriceOutcome")]
public sealed record SetPriceOutcome(SetPriceResult Result, PricedModel? Model);

/// <param name="After">The last id of the page before; null: from the first.</param>
/// <param name="Contains">In an id or alias; case-insensitive, taken literally.</param>
/// <param name="Name">Only the model that usage under this name is priced as.</param>
/// <param name="Before">The first id of the page that follows the wanted one; null: pages are read forward. In place of After.</param>
/// <param name="Deprecated">Only models that are, or only those that are not; null: all.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PriceQuery")]
public sealed record PriceQuery(
    int Limit, string? After = null, string? Contains = null, string? Provider = null, string? Name = null, string? Before = null, bool? Deprecated = null)
{
    public const int MaxLimit = 1_000;
}

/// <summary>By id. <paramref name="Next"/> is the next query's After, or its Before where the query had one; null: there is no more.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.PricePage")]
public sealed record PricePage(ImmutableArray<PricedModel> Models, string? Next);

/// <summary>The overrides, oldest first, and how often they were changed.</summary>
/// <param name="Overrides">Default: nothing has changed since the number that was asked about.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PriceNews")]
public sealed record PriceNews(long Number, ImmutableArray<StandingOverride> Overrides);

/// <summary>An override as it was set.</summary>
/// <param name="Number">Of the change that set it: never used again, and a part of the price's version.</param>
/// <param name="Withdrawn">From its start on the catalogue holds again.</param>
[GenerateSerializer, Immutable, Alias("Budgets.StandingOverride")]
public sealed record StandingOverride(long Number, DateTimeOffset SetAt, DateTimeOffset From, bool Withdrawn, PriceOverride Price);

/// <summary>The prices: the catalogue that comes with this version, and what the operator has set over it. One grain, key 0.</summary>
[Alias("Budgets.IPricesGrain")]
public interface IPricesGrain : IGrainWithIntegerKey
{
    /// <summary>Prices of operators kept at most, superseded ones included.</summary>
    public const int MaxKept = 256;

    /// <summary>Durable when it returns, and in use everywhere two seconds later. Setting what is set already changes nothing.</summary>
    [Alias("Set"), AnyGateway]
    Task<SetPriceOutcome> Set(PriceOverride price);

    /// <summary>From now on the catalogue holds again for this model. Withdrawing twice is fine.</summary>
    [Alias("Withdraw"), AnyGateway]
    Task<SetPriceOutcome> Withdraw(string id);

    [Alias("List"), AnyGateway]
    Task<PricePage> List(PriceQuery query);

    /// <param name="number">What the asker knows already.</param>
    [Alias("Since"), AnyGateway]
    Task<PriceNews> Since(long number);
}

/// <summary>Says what usage costs, by prices that are two seconds old at most; ten, while the operator's cannot be asked for. A stateless worker, key 0.</summary>
[Alias("Budgets.IQuoteGrain")]
public interface IQuoteGrain : IGrainWithIntegerKey
{
    /// <summary>One quote for each, in order.</summary>
    /// <exception cref="StoreUnavailableException">What the operator has set could not be learnt: no price is made up in its place.</exception>
    [Alias("Quote"), AnyGateway]
    ValueTask<ImmutableArray<Quote>> Quote(ImmutableArray<QuoteRequest> asked);

    /// <summary>What this much money pays for: of the model asked about, and if it is not one call, of cheaper ones of its provider. Empty: the model has no price.</summary>
    /// <param name="headroom">Null: nothing bounds it.</param>
    [Alias("Afford"), AnyGateway]
    ValueTask<ImmutableArray<Affordable>> Afford(QuoteRequest asked, Money? headroom);

    /// <summary>What calls that are about to be made can come to, priced as dear as they can be; one answer for each, in order. A model without a price is bounded all the same: its budget may have a rate for it.</summary>
    [Alias("Bounds"), AnyGateway]
    ValueTask<ImmutableArray<CallBound>> Bounds(ImmutableArray<CallOutline> calls);

    /// <summary>Whose model this is; null: not known.</summary>
    [Alias("Maker"), AnyGateway]
    ValueTask<string?> Maker(string model);

    /// <summary>What could be spent less, at these prices. Nothing is remembered of it.</summary>
    [Alias("Advise"), AnyGateway]
    ValueTask<AdviceView> Advise(HabitsView habits);

    /// <summary>What usage under each name is priced as, in order.</summary>
    [Alias("Meanings"), AnyGateway]
    ValueTask<ImmutableArray<ModelName>> Meanings(ImmutableArray<string> names);

    public const int MostAffordable = 4;
}
