using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Pricing;

/// <summary>The prices as one silo knows them, for all grains on it. Asks what the operator has set when what it knows is two seconds old, and not before somebody needs it.</summary>
internal sealed class PriceBook(IGrainFactory grains, [FromKeyedServices("Budgets")] TimeProvider clock)
{
    private static readonly TimeSpan s_goodFor = TimeSpan.FromSeconds(2);

    /// <summary>From this age on it is asked beside those who need it, so that nobody has to wait as long as somebody needs it often.</summary>
    private static readonly TimeSpan s_askedFrom = TimeSpan.FromSeconds(1);

    /// <summary>While nobody can be asked: a silo that dies takes the grain of the prices with it for some seconds, and meanwhile nobody can set one either.</summary>
    private static readonly TimeSpan s_goodUnasked = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private volatile Known? _known;
    private Task<PriceList>? _asking;

    /// <exception cref="StoreUnavailableException">What the operator has set could not be learnt: no price is made up in its place.</exception>
    public ValueTask<PriceList> Prices()
    {
        if (_known is not { } known || AgeOf(known) >= s_goodFor)
        {
            return Awaited();
        }

        if (AgeOf(known) >= s_askedFrom)
        {
            _ = Asking();
        }

        return new(known.Prices);
    }

    private TimeSpan AgeOf(Known known) => clock.GetElapsedTime(known.AskedAt);

    private async ValueTask<PriceList> Awaited()
    {
        try
        {
            return await Asking();
        }
        catch (Exception e)
        {
            if (_known is { } last && AgeOf(last) < s_goodUnasked)
            {
                return last.Prices;
            }

            // No price is made up in its place; and each who waits has an exception of its own.
            throw new StoreUnavailableException($"The operator's prices could not be learnt: {e.Message}", e);
        }
    }

    /// <summary>Who comes while the question is under way waits for its answer.</summary>
    private Task<PriceList> Asking()
    {
        lock (_gate)
        {
            if (_asking is null)
            {
                // Of no grain: it is asked for all, and outlives the one that needed it first.
                _asking = Task.Run(Ask);
                _ = _asking.ContinueWith(a => _ = a.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            return _asking;
        }
    }

    private async Task<PriceList> Ask()
    {
        try
        {
            var now = clock.GetTimestamp();
            var known = _known?.Prices;
            var news = await grains.GetGrain<IPricesGrain>(0).Since(known?.Number ?? -1);

            // A grain that is about to give way to another may not know the newest change yet.
            var prices = known is not null && (news.Overrides.IsDefault || news.Number < known.Number) ? known : new PriceList(CatalogueFile.Delivered, news);
            _known = new Known(prices, now);
            return prices;
        }
        finally
        {
            lock (_gate)
            {
                _asking = null;
            }
        }
    }

    /// <param name="AskedAt">A timestamp of the clock.</param>
    private sealed record Known(PriceList Prices, long AskedAt);
}
