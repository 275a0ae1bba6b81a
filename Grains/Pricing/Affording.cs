using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>"What is left pays for so much of what was asked, or for so much of something cheaper."</summary>
internal static class Affording
{
    public static ImmutableArray<Affordable> Of(PriceList prices, QuoteRequest asked, Money? headroom)
    {
        if (prices.Find(asked.Model ?? "").Model is not { } model || Offer.Of(model, asked) is not { } offer)
        {
            return [];
        }

        var first = offer.Within(asked.Model!, headroom);
        return first.MaxCalls == 0 ? [first, .. Cheaper(prices, offer, headroom).Take(IQuoteGrain.MostAffordable - 1)] : [first];
    }

    /// <summary>Of the same provider, able to do what was asked, and within what is left: the dearest first, as the nearest to what was wanted.</summary>
    private static IEnumerable<Affordable> Cheaper(PriceList prices, Offer wanted, Money? headroom) =>
        from model in prices.Models
        where model.Provider == wanted.Model.Provider && !model.Deprecated && model.MaxOutputTokens >= wanted.Asked.Usage.OutputTokens
        let offer = Offer.Of(model, wanted.Asked)
        where offer is not null && offer.Cost < wanted.Cost && offer.Cost <= headroom && !(model.ContextWindow < wanted.Asked.Usage.InputTokens)
        orderby offer.Cost descending, model.Id
        select offer.Within(model.Id, headroom);

    /// <summary>A model at its price of the moment, and what the usage asked about would cost with it.</summary>
    private sealed record Offer(PricedModel Model, Price Price, QuoteRequest Asked, Money Cost)
    {
        public static Offer? Of(PricedModel model, QuoteRequest asked) =>
            model.At(asked.From) is { } price && Costing.Of(price, asked.Usage, asked.Requests) is (var cost, null) ? new Offer(model, price, asked, cost) : null;

        public Affordable Within(string name, Money? headroom) => new(
            name,
            headroom is { } most ? LongestOutput(most) : Model.MaxOutputTokens,
            headroom is { } money && Cost > Money.Zero ? money.Nanos / Cost.Nanos : null);

        private long? LongestOutput(Money headroom)
        {
            var (fits, tooLong) = (0L, (Model.MaxOutputTokens ?? TokenUsage.Most) + 1);
            if (Fits(tooLong - 1, headroom))
            {
                return Model.MaxOutputTokens;
            }

            // A longer output never costs less, so halving finds the longest.
            while (tooLong - fits > 1)
            {
                var middle = fits + ((tooLong - fits) / 2);
                (fits, tooLong) = Fits(middle, headroom) ? (middle, tooLong) : (fits, middle);
            }

            return fits;
        }

        private bool Fits(long output, Money headroom)
        {
            var reasoning = Price.Counting.ReasoningBesideOutput ? Asked.Usage.ReasoningTokens : Math.Min(output, Asked.Usage.ReasoningTokens);
            var usage = Asked.Usage with { OutputTokens = output, ReasoningTokens = reasoning };
            return Costing.Of(Price, usage, Asked.Requests) is (var cost, null) && cost <= headroom;
        }
    }
}
