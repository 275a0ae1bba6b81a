using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Budgets.Pricing;

/// <summary>Prices usage where the budgets are. Asks what the operator has set when what it knows is two seconds old, and not before somebody needs it.</summary>
[StatelessWorker]
[Reentrant]
[GrainType("quote")]
internal sealed class QuoteGrain([FromKeyedServices("Budgets")] TimeProvider clock) : Grain, IQuoteGrain
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    /// <summary>While nobody can be asked: a silo that dies takes the grain of the prices with it for some seconds, and meanwhile nobody can set one either.</summary>
    private static readonly TimeSpan GoodUnasked = TimeSpan.FromSeconds(10);

    private PriceList? _prices;
    private Task<PriceList>? _asking;
    private long _askedAt;

    public async ValueTask<ImmutableArray<Quote>> Quote(ImmutableArray<QuoteRequest> asked)
    {
        var prices = await Prices();
        return [.. asked.Select(a => Quoting.For(prices, a))];
    }

    public async ValueTask<ImmutableArray<Affordable>> Afford(QuoteRequest asked, Money? headroom) => Affording.Of(await Prices(), asked, headroom);

    public async ValueTask<CallBound> Bound(CallOutline call) => Bounding.Of(await Prices(), call);

    public async ValueTask<string?> Maker(string model) => (await Prices()).Find(model).Model?.Provider;

    private async ValueTask<PriceList> Prices()
    {
        if (_prices is { } known && clock.GetElapsedTime(_askedAt) < GoodFor)
        {
            return known;
        }

        // Who comes while the question is under way waits for its answer.
        _asking ??= Ask();
        try
        {
            return await _asking;
        }
        catch (Exception e)
        {
            if (_prices is { } last && clock.GetElapsedTime(_askedAt) < GoodUnasked)
            {
                return last;
            }

            // No price is made up in its place; and each who waits has an exception of its own.
            throw new StoreUnavailableException($"The operator's prices could not be learnt: {e.Message}", e);
        }
    }

    private async Task<PriceList> Ask()
    {
        try
        {
            var now = clock.GetTimestamp();
            var news = await GrainFactory.GetGrain<IPricesGrain>(0).Since(_prices?.Number ?? -1);

            // A grain that is about to give way to another may not know the newest change yet.
            _prices = _prices is { } known && (news.Overrides.IsDefault || news.Number < known.Number) ? known : new PriceList(CatalogueFile.Delivered, news);
            _askedAt = now;
            return _prices;
        }
        finally
        {
            _asking = null;
        }
    }
}
