using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Which models each call of a batch may be made of, and what it can cost of each.</summary>
internal static class BatchBounds
{
    public static async Task<(ImmutableArray<BoundItem> Items, Problem? Problem)> Of(Call call, Batch batch, Router router)
    {
        var (now, until) = (call.Edge.Now, call.Edge.Now.AddSeconds(Held.TtlSeconds));
        var items = new List<(BatchItem Item, Choices Choices, List<CallBound> Bounds)>();
        foreach (var item in batch.Items)
        {
            var (choices, problem) = await router.Choose(call, item.Asking);
            if (choices is null)
            {
                return (default, Wrong(item, problem!.Kind, problem.Detail, "is not served here"));
            }

            // As with a call alone the first must be bounded, and no other is called that is not.
            var bounds = new List<CallBound>();
            foreach (var choice in choices.All)
            {
                var bound = await call.Edge.Quotes.Bound(choice.Asking.Outline(now, until));
                if (bound.Usage is null || (!bound.IsOutputKnown && item.Asking.Route.OutputMembers.IsEmpty))
                {
                    break;
                }

                bounds.Add(bound);
            }

            if (bounds.Count == 0)
            {
                return (default, Wrong(
                    item, ProblemKind.UnpricedFeature, $"How much '{choices.All[0].Asking.Model}' can take in or make of this request is not known, so that nothing bounds its cost.", "has no known bounds"));
            }

            items.Add((item, choices, bounds));
        }

        var quotes = await call.Edge.Quotes.Quote([.. items.SelectMany(i => i.Bounds.Select((b, n) => new QuoteRequest(i.Choices.All[n].Asking.PricedAs, b.Usage!, 1, now, until)))]);
        var priced = ImmutableArray.CreateBuilder<BoundItem>(items.Count);
        var at = 0;
        foreach (var (item, choices, bounds) in items)
        {
            var parts = await Priced(call, choices, bounds, quotes.Slice(at, bounds.Count));
            if (parts.IsEmpty)
            {
                return (default, Wrong(item, ProblemKind.UnknownModelPrice, $"The price of '{choices.All[0].Asking.PricedAs}' is not known. Prices are set with PUT /v1/models/{{model_id}}.", "has no known price"));
            }

            priced.Add(new BoundItem(item, choices with { All = choices.All[..parts.Length] }, parts));
            at += bounds.Count;
        }

        return (priced.MoveToImmutable(), null);
    }

    /// <summary>As many of the choices as have a price.</summary>
    private static async Task<ImmutableArray<Part>> Priced(Call call, Choices choices, List<CallBound> bounds, ImmutableArray<Quote> quotes)
    {
        var parts = ImmutableArray.CreateBuilder<Part>(bounds.Count);
        for (var n = 0; n < bounds.Count; n++)
        {
            var (asking, bound, quote) = (choices.All[n].Asking, bounds[n], quotes[n]);
            if ((quote.Version is not null ? quote.Amount : await Unpriced(call, asking, bound)) is not { } most)
            {
                break;
            }

            parts.Add(new Part(bound, most, bound.IsOutputKnown || asking.OutputTokens is not null ? null : bound.OutputTokens));
        }

        return parts.DrainToImmutable();
    }

    /// <summary>What has no price costs what its budget is ready to pay for the unknown; null: nothing.</summary>
    private static async Task<Money?> Unpriced(Call call, Asking asking, CallBound bound)
    {
        var id = EdgeIds.CallHold();
        var purpose = asking.Purpose with { Usage = bound.Usage };
        var foresight = await call.Budget.DecideOn(new HoldRequest(id, Money.Zero, purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, new PriceTag()));
        return foresight.PriceVersion is null ? null : foresight.Amount;
    }

    private static Problem Wrong(BatchItem item, ProblemKind kind, string detail, string fault) => BatchText.Of(item.First.Index, new Problem(kind, detail, [new Fault("model", fault)]));
}
