using System.Collections.Immutable;
using System.Globalization;
using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>Prices and usages in few words. Rates are dollars for a million tokens.</summary>
internal static class Priced
{
    public static readonly DateTimeOffset Today = At("2026-11-24T12:00Z");

    public static PriceList Delivered { get; } = new(CatalogueFile.Delivered, new PriceNews(0, []));

    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    public static Money? Usd(decimal? dollars) => dollars is { } d ? Money.FromDollars(d) : null;

    public static Rates Rates(
        decimal? input = null, decimal? output = null, decimal? read = null, decimal? write = null, decimal? hour = null, decimal? reasoning = null, decimal? image = null, decimal? request = null) =>
        new(Usd(input), Usd(output), Usd(read), Usd(write), Usd(hour), Usd(reasoning), Usd(image), Usd(request));

    public static Price Price(Rates rates, Counting? counting = null, params RateTier[] tiers) =>
        new("m@1", "test", null, null, null, null, rates, [.. tiers], counting ?? Counting.Usual);

    public static Quote Quote(string model, TokenUsage usage, DateTimeOffset? at = null, DateTimeOffset? until = null, PriceList? prices = null) =>
        Quoting.For(prices ?? Delivered, new QuoteRequest(model, usage, 1, at ?? Today, until ?? at ?? Today));

    public static PriceOverride Override(string id, Rates rates, string? from = null, string? until = null) =>
        new(id, null, from is null ? null : At(from), until is null ? null : At(until), rates, [], null, null, null, null, null);

    /// <summary>The catalogue with overrides, set one after the other and in force from when each says.</summary>
    public static PriceList With(params StandingOverride[] overrides) => new(CatalogueFile.Delivered, new PriceNews(overrides.Length, [.. overrides]));
}
