using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>What is stored of the operator's prices, oldest first: the state "prices". The member names are stored (tests/Pricing pins them): add, never rename.</summary>
[GenerateSerializer, Alias("Budgets.Pricing.StoredPrices")]
internal sealed class StoredPrices
{
    /// <summary>Changes ever made; the next one has the next number.</summary>
    [Id(0)] public long Number { get; set; }

    [Id(1)] public List<StoredPrice> Prices { get; set; } = [];

    public PriceNews ToNews() => new(Number, [.. Prices.Select(p => p.ToOverride())]);
}

/// <summary>One price as the operator set it, or the withdrawal of those before it. Money is nano-dollars.</summary>
[GenerateSerializer, Alias("Budgets.Pricing.StoredPrice")]
internal sealed class StoredPrice
{
    [Id(0)] public long Number { get; set; }

    [Id(1)] public DateTimeOffset SetAt { get; set; }

    [Id(2)] public DateTimeOffset From { get; set; }

    [Id(3)] public DateTimeOffset? Until { get; set; }

    [Id(4)] public bool Withdrawn { get; set; }

    [Id(5)] public string Id { get; set; } = "";

    [Id(6)] public string? Provider { get; set; }

    [Id(7)] public StoredRates Rates { get; set; } = new();

    [Id(8)] public List<StoredRates> Tiers { get; set; } = [];

    [Id(9)] public bool? CacheBesideInput { get; set; }

    [Id(10)] public bool? ReasoningBesideOutput { get; set; }

    [Id(11)] public decimal? BatchDiscount { get; set; }

    [Id(12)] public long? ContextWindow { get; set; }

    [Id(13)] public long? MaxOutputTokens { get; set; }

    /// <summary>The start was named; not named, it is when the price was set.</summary>
    [Id(14)] public bool FromNamed { get; set; }

    public static StoredPrice Of(long number, DateTimeOffset now, PriceOverride price) => new()
    {
        Number = number,
        SetAt = now,
        From = price.From ?? now,
        FromNamed = price.From is not null,
        Until = price.Until,
        Id = price.Id,
        Provider = price.Provider,
        Rates = StoredRates.Of(0, price.Rates),
        Tiers = [.. price.Tiers.Select(t => StoredRates.Of(t.Above, t.Rates))],
        CacheBesideInput = price.CacheBesideInput,
        ReasoningBesideOutput = price.ReasoningBesideOutput,
        BatchDiscount = price.BatchDiscount,
        ContextWindow = price.ContextWindow,
        MaxOutputTokens = price.MaxOutputTokens,
    };

    public static StoredPrice Withdrawal(long number, DateTimeOffset now, string id) => new() { Number = number, SetAt = now, From = now, Withdrawn = true, Id = id };

    /// <summary>As it was asked for.</summary>
    public PriceOverride ToPrice() => new(
        Id, Provider, FromNamed ? From : null, Until, Rates.ToRates(), [.. Tiers.Select(t => new RateTier(t.Above, t.ToRates()))], CacheBesideInput, ReasoningBesideOutput, BatchDiscount, ContextWindow, MaxOutputTokens);

    public StandingOverride ToOverride() => new(Number, SetAt, From, Withdrawn, ToPrice());
}

/// <summary>Rates in nano-dollars; of a tier, with where it begins.</summary>
[GenerateSerializer, Alias("Budgets.Pricing.StoredRates")]
internal sealed class StoredRates
{
    [Id(0)] public long Above { get; set; }

    [Id(1)] public long? Input { get; set; }

    [Id(2)] public long? Output { get; set; }

    [Id(3)] public long? CacheRead { get; set; }

    [Id(4)] public long? CacheWrite { get; set; }

    [Id(5)] public long? CacheWrite1h { get; set; }

    [Id(6)] public long? Reasoning { get; set; }

    [Id(7)] public long? Image { get; set; }

    [Id(8)] public long? Request { get; set; }

    public static StoredRates Of(long above, Rates r) => new()
    {
        Above = above,
        Input = r.Input?.Nanos,
        Output = r.Output?.Nanos,
        CacheRead = r.CacheRead?.Nanos,
        CacheWrite = r.CacheWrite?.Nanos,
        CacheWrite1h = r.CacheWrite1h?.Nanos,
        Reasoning = r.Reasoning?.Nanos,
        Image = r.Image?.Nanos,
        Request = r.Request?.Nanos,
    };

    public Rates ToRates() => new(Of(Input), Of(Output), Of(CacheRead), Of(CacheWrite), Of(CacheWrite1h), Of(Reasoning), Of(Image), Of(Request));

    private static Money? Of(long? nanos) => nanos is { } n ? new Money(n) : null;
}
