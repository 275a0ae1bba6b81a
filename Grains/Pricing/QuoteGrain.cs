using System.Collections.Immutable;
using Budgets.Advising;
using Orleans.Concurrency;

namespace Budgets.Pricing;

/// <summary>Prices usage for those who are in no silo.</summary>
[StatelessWorker]
[Reentrant]
[GrainType("quote")]
internal sealed class QuoteGrain(PriceBook book) : Grain, IQuoteGrain
{
    public async ValueTask<ImmutableArray<Quote>> Quote(ImmutableArray<QuoteRequest> asked)
    {
        var prices = await book.Prices();
        return [.. asked.Select(a => Quoting.For(prices, a))];
    }

    public async ValueTask<ImmutableArray<Affordable>> Afford(QuoteRequest asked, Money? headroom) => Affording.Of(await book.Prices(), asked, headroom);

    public async ValueTask<ImmutableArray<CallBound>> Bounds(ImmutableArray<CallOutline> calls)
    {
        var prices = await book.Prices();
        return [.. calls.Select(c => Bounding.Of(prices, c))];
    }

    public async ValueTask<string?> Maker(string model) => (await book.Prices()).Find(model).Model?.Provider;

    public async ValueTask<AdviceView> Advise(HabitsView habits) => Advisor.Of(await book.Prices(), habits);

    public async ValueTask<ImmutableArray<ModelName>> Meanings(ImmutableArray<string> names)
    {
        var prices = await book.Prices();
        return [.. names.Select(n => prices.Find(n) is { Model: { } model } ? new ModelName(n, model.Id, model.Provider) : new ModelName(n, null, null))];
    }
}
