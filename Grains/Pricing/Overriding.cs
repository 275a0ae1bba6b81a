using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>"What the operator has set wins, from when it is set for until it is withdrawn."</summary>
internal static class Overriding
{
    /// <param name="delivered">The catalogue's model with this id; null: there is none.</param>
    /// <param name="usual">How the catalogue counts usage under this name.</param>
    /// <param name="overrides">All of one id, oldest first.</param>
    /// <returns>Null: all is withdrawn, and the catalogue has no such model.</returns>
    public static PricedModel? Apply(PricedModel? delivered, Counting usual, ImmutableArray<StandingOverride> overrides)
    {
        var prices = delivered?.Prices.ToBuilder() ?? ImmutableArray.CreateBuilder<Price>();
        foreach (var set in overrides.Where(o => !o.Withdrawn))
        {
            // A withdrawal ends everything that was set before it.
            var withdrawn = overrides.Where(o => o.Withdrawn && o.Number > set.Number).Select(o => (DateTimeOffset?)o.From).Min();
            var until = withdrawn is null || set.Price.Until <= withdrawn ? set.Price.Until : withdrawn;
            if (!(until <= set.From))
            {
                prices.Add(new Price(VersionOf(set), PricedModel.Operator, set.From, until, null, null, set.Price.Rates, set.Price.Tiers, CountingOf(set.Price, usual)));
            }
        }

        var newest = overrides[^1].Withdrawn ? null : overrides[^1].Price;
        return prices.Count == 0 ? null : new PricedModel(
            overrides[^1].Price.Id,
            newest?.Provider ?? delivered?.Provider,
            delivered?.Aliases ?? [],
            newest?.ContextWindow ?? delivered?.ContextWindow,
            newest?.MaxOutputTokens ?? delivered?.MaxOutputTokens,
            delivered?.Deprecated ?? false,
            delivered?.NotCounted ?? [],
            prices.ToImmutable());
    }

    private static Counting CountingOf(PriceOverride set, Counting usual) => usual with
    {
        CacheBesideInput = set.CacheBesideInput ?? usual.CacheBesideInput,
        ReasoningBesideOutput = set.ReasoningBesideOutput ?? usual.ReasoningBesideOutput,
        BatchDiscount = set.BatchDiscount ?? usual.BatchDiscount,
    };

    private static string VersionOf(StandingOverride set) => $"{set.Price.Id}@{PricedModel.Operator}-{set.Number}";
}
