using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Budgets.Pricing;

/// <summary>prices.json as scripts/prices.sh writes it.</summary>
internal sealed record CatalogueFile(
    ImmutableDictionary<string, CatalogueFile.Package> Sources,
    ImmutableDictionary<string, string> Aliases,
    ImmutableArray<CatalogueFile.Maker> Providers,
    ImmutableArray<CatalogueFile.Row> Models)
{
    private static readonly Lazy<Catalogue> s_delivered = new(Read);

    /// <summary>The catalogue that is part of this assembly.</summary>
    public static Catalogue Delivered => s_delivered.Value;

    public Catalogue ToCatalogue()
    {
        var providers = Providers.ToImmutableDictionary(p => p.Id, p => new Provider(p.Id, p.Prefixes, p.Match, p.Counting));
        return new Catalogue(
            [.. Providers.Select(p => providers[p.Id])],
            [.. Models.Select(m => new Entry(m.Id, providers[m.Provider], m.Match, m.Prices.IsDefault ? null : ModelOf(m), m.LeftOut))],
            Aliases.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private static Catalogue Read()
    {
        using var json = Assembly.GetExecutingAssembly().GetManifestResourceStream("prices.json")!;
        return JsonSerializer.Deserialize(json, PricesJson.Default.CatalogueFile)!.ToCatalogue();
    }

    private PricedModel ModelOf(Row row) => new(
        row.Id,
        row.Provider,
        [.. Aliases.Where(a => a.Value == row.Id && a.Key != row.Id).Select(a => a.Key).Order(StringComparer.Ordinal)],
        row.ContextWindow,
        row.MaxOutputTokens,
        row.Deprecated,
        row.NotCounted.IsDefault ? [] : row.NotCounted,
        [.. row.Prices.Select(p => p.ToPrice(Sources.GetValueOrDefault(p.Source)?.Name ?? p.Source, row.Counting))]);

    internal sealed record Package([property: JsonPropertyName("package")] string Id, string Version, string Licence, string Url)
    {
        public string Name => $"{Id} {Version}";
    }

    internal sealed record Maker(string Id, ImmutableArray<string> Prefixes, NameRule Match, bool CacheBesideInput = false, bool ReasoningBesideOutput = false)
    {
        public Counting Counting => new(CacheBesideInput, ReasoningBesideOutput);
    }

    internal sealed record Row(
        string Id,
        string Provider,
        NameRule Match,
        string? LeftOut = null,
        long? ContextWindow = null,
        long? MaxOutputTokens = null,
        bool Deprecated = false,
        bool CacheBesideInput = false,
        bool ReasoningBesideOutput = false,
        decimal? BatchDiscount = null,
        bool BatchCacheReadAtFullPrice = false,
        ImmutableArray<string> NotCounted = default,
        ImmutableArray<DatedRates> Prices = default)
    {
        public Counting Counting => new(CacheBesideInput, ReasoningBesideOutput, BatchDiscount, BatchCacheReadAtFullPrice);
    }

    internal sealed record DatedRates(
        string Version,
        string Source,
        DateOnly? From = null,
        DateOnly? Until = null,
        TimeOnly? DailyFrom = null,
        TimeOnly? DailyUntil = null,
        ImmutableArray<RatesAbove> Tiers = default) : DollarRates
    {
        public Price ToPrice(string source, Counting counting) => new(
            Version, source, MidnightOf(From), MidnightOf(Until), DailyFrom, DailyUntil, ToRates(), Tiers.IsDefault ? [] : [.. Tiers.Select(t => new RateTier(t.Above, t.ToRates()))], counting);

        private static DateTimeOffset? MidnightOf(DateOnly? date) => date is { } d ? new DateTimeOffset(d, TimeOnly.MinValue, TimeSpan.Zero) : null;
    }

    internal sealed record RatesAbove(long Above) : DollarRates;

    /// <summary>In dollars; at most nine decimals, or the script would have refused them.</summary>
    internal record DollarRates
    {
        public decimal? Input { get; init; }

        public decimal? Output { get; init; }

        public decimal? CacheRead { get; init; }

        public decimal? CacheWrite { get; init; }

        [JsonPropertyName("cache_write_1h")]
        public decimal? CacheWrite1h { get; init; }

        public decimal? Reasoning { get; init; }

        public decimal? Image { get; init; }

        public Rates ToRates() => new(Of(Input), Of(Output), Of(CacheRead), Of(CacheWrite), Of(CacheWrite1h), Of(Reasoning), Of(Image));

        private static Money? Of(decimal? dollars) => dollars is { } d ? Money.FromDollars(d) : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CatalogueFile))]
internal sealed partial class PricesJson : JsonSerializerContext;
