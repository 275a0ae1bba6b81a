using System.Collections.Immutable;
using Budgets.Keys;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Pricing;

/// <summary>What the operator has set over the catalogue. Not reentrant: two who set at once do so one after the other.</summary>
[GrainType("prices")]
internal sealed class PricesGrain : Grain, IPricesGrain
{
    private readonly Stored<StoredPrices> _stored;
    private readonly TimeProvider _clock;
    private PriceList? _prices;

    public PricesGrain(
        [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage,
        [FromKeyedServices("Budgets")] TimeProvider clock)
    {
        _stored = new Stored<StoredPrices>(storage, "prices", this);
        _clock = clock;
    }

    public async Task<SetPriceOutcome> Set(PriceOverride price)
    {
        // Whoever did not hear the answer asks again: that must not make a second version.
        var newest = (await Known()).Prices.FindLast(p => p.Id == price.Id);
        return newest is { Withdrawn: false } && Says(newest.ToPrice(), price)
            ? await Done(price.Id)
            : await Add(price.Id, (number, now) => StoredPrice.Of(number, now, price));
    }

    public async Task<SetPriceOutcome> Withdraw(string id)
    {
        var newest = (await Known()).Prices.FindLast(p => p.Id == id);
        return newest switch
        {
            null => new SetPriceOutcome(SetPriceResult.NotSet, null),
            { Withdrawn: true } => await Done(id),
            _ => await Add(id, (number, now) => StoredPrice.Withdrawal(number, now, id)),
        };
    }

    public async Task<PricePage> List(PriceQuery query) => (await Prices()).Page(query);

    public async Task<PriceNews> Since(long number)
    {
        var known = await Known();
        return known.Number == number ? new PriceNews(number, default) : known.ToNews();
    }

    private async Task<SetPriceOutcome> Add(string id, Func<long, DateTimeOffset, StoredPrice> make)
    {
        var known = await Known();
        var number = known.Number + 1;
        List<StoredPrice> prices = [.. known.Prices, make(number, _clock.GetUtcNow())];
        if (prices.Count > IPricesGrain.MaxKept && !Forget(prices))
        {
            return new SetPriceOutcome(SetPriceResult.TooMany, null);
        }

        await _stored.Write(new StoredPrices { Number = number, Prices = prices });
        return await Done(id);
    }

    /// <summary>Forgets the oldest that no longer counts: one that another has followed, or a withdrawal with nothing left to withdraw.</summary>
    private static bool Forget(List<StoredPrice> prices)
    {
        var at = prices.FindIndex(p => prices.Exists(later => later.Id == p.Id && later.Number > p.Number));
        at = at >= 0 ? at : prices.FindIndex(p => p.Withdrawn);
        if (at >= 0)
        {
            prices.RemoveAt(at);
        }

        return at >= 0;
    }

    private async Task<SetPriceOutcome> Done(string id) => new(SetPriceResult.Done, (await Prices())[id]);

    private async ValueTask<PriceList> Prices()
    {
        var known = await Known();
        return _prices?.Number == known.Number ? _prices : _prices = new PriceList(CatalogueFile.Delivered, known.ToNews());
    }

    private async ValueTask<StoredPrices> Known() => await _stored.Read() ?? new StoredPrices();

    private static bool Says(PriceOverride a, PriceOverride b) => a.Tiers.SequenceEqual(b.Tiers) && a with { Tiers = b.Tiers } == b;
}
