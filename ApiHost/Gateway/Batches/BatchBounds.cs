using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Which models each call of a batch may be made of, and what it can cost of those that the money is asked for beforehand.</summary>
internal static class BatchBounds
{
    public static async Task<(ImmutableArray<BoundItem> Items, Problem? Problem)> Of(Call call, Batch batch, Router router)
    {
        var (now, until) = (call.Edge.Now, call.Edge.Now.AddSeconds(Held.TtlSeconds));
        var chosen = await router.Choose(call, [.. batch.Items.Select(i => i.Asking)]);
        var wrong = batch.Items.Zip(chosen).FirstOrDefault(c => c.Second.Choices is null);
        if (wrong is (var misled, (_, { } no)))
        {
            return (default, Wrong(misled, no.Kind, no.Detail, "is not served here"));
        }

        // What is only for a poor answer is bounded when there is one.
        var outlines = chosen.Select(c => c.Choices!.All.Take(c.Choices.WhenRefused ? Choices.Most : 1).Select(choice => choice.Asking.Outline(now, until)).ToList()).ToList();
        ImmutableArray<CallOutline> different = [.. outlines.SelectMany(o => o).Distinct()];
        var bounds = different.Zip(await call.Edge.Quotes.Bounds(different)).ToDictionary(b => b.First, b => b.Second);

        var items = ImmutableArray.CreateBuilder<BoundItem>(batch.Items.Length);
        foreach (var ((item, (choices, _)), asked) in batch.Items.Zip(chosen).Zip(outlines))
        {
            var (parts, problem) = await Parts(call, choices!, [.. asked.Select(o => bounds[o])]);
            if (problem is not null)
            {
                return (default, Wrong(item, problem.Kind, problem.Detail, problem.Faults![0].Message));
            }

            items.Add(new BoundItem(item, choices!, parts));
        }

        return (items.MoveToImmutable(), null);
    }

    /// <summary>Of as many of the choices as are bounded and have a price; as with a call alone the first must.</summary>
    private static async Task<(ImmutableArray<Part> Parts, Problem? Problem)> Parts(Call call, Choices choices, CallBound[] bounds)
    {
        var parts = ImmutableArray.CreateBuilder<Part>(bounds.Length);
        foreach (var (choice, bound) in choices.All.Zip(bounds))
        {
            var asking = choice.Asking;
            var isBounded = Part.IsBounded(asking, bound);
            var most = !isBounded ? null : bound.Quote is { Version: not null } quote ? quote.Amount : await Unpriced(call, asking, bound);
            if (most is null)
            {
                return parts.Count > 0 ? (parts.DrainToImmutable(), null) : (default, isBounded ? Priceless(asking) : Boundless(asking));
            }

            parts.Add(new Part(bound, most.Value, Part.ToldToEnd(asking, bound)));
        }

        return (parts.DrainToImmutable(), null);
    }

    private static Problem Boundless(Asking asking) => new(
        ProblemKind.UnpricedFeature, $"How much '{asking.Model}' can take in or make of this request is not known, so that nothing bounds its cost.", [new Fault("model", "has no known bounds")]);

    private static Problem Priceless(Asking asking) => new(
        ProblemKind.UnknownModelPrice, $"The price of '{asking.PricedAs}' is not known. Prices are set with PUT /v1/models/{{model_id}}.", [new Fault("model", "has no known price")]);

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
