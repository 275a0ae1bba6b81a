using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>Asks for the prices of requests that tell their usage. A request that names its amount costs nothing here.</summary>
internal readonly struct PriceDesk(IGrainFactory grains)
{
    private IQuoteGrain Desk => grains.GetGrain<IQuoteGrain>(0);

    /// <summary>Null: the request names its amount.</summary>
    public ValueTask<Quote?> Quote(ChargeRequest r, DateTimeOffset now) => r.Price is null ? default : One(Asked(r, now));

    /// <param name="modelOfHold">Of the hold, for a settlement that does not tell its own.</param>
    public ValueTask<Quote?> Quote(SettleRequest r, string? modelOfHold, DateTimeOffset now) =>
        r.Price is null ? default : One(Asked(r.Purpose.Model ?? modelOfHold, r.Purpose.Usage, r.Price, now, now));

    /// <summary>What is held may be spent as long as the hold is open.</summary>
    public ValueTask<Quote?> Quote(HoldRequest r, DateTimeOffset now) =>
        r.Price is null ? default : One(Asked(r.Purpose.Model, r.Purpose.Usage, r.Price, now, now.AddSeconds(Math.Clamp(r.TtlSeconds, 0, HoldRequest.MaxTtlSeconds))));

    /// <summary>One for each request, in order; null for those that name their amount, and null if all do.</summary>
    public async ValueTask<Quote?[]?> Quotes(ImmutableArray<ChargeRequest> requests, DateTimeOffset now)
    {
        var asked = requests.Where(r => r.Price is not null).Select(r => Asked(r, now)).ToImmutableArray();
        if (asked.IsEmpty)
        {
            return null;
        }

        var quotes = new Queue<Quote>(await Desk.Quote(asked));
        return [.. requests.Select(r => r.Price is null ? null : quotes.Dequeue())];
    }

    // Money already spent is priced as of when it was spent.
    private static QuoteRequest Asked(ChargeRequest r, DateTimeOffset now)
    {
        var at = r.Mode == ChargeMode.Record ? r.OccurredAt ?? now : now;
        return Asked(r.Purpose.Model, r.Purpose.Usage, r.Price!, at, at);
    }

    private static QuoteRequest Asked(string? model, TokenUsage? usage, PriceTag price, DateTimeOffset from, DateTimeOffset until) =>
        new(model, usage is { IsInRange: true } sound ? sound : new TokenUsage(), Math.Clamp(price.Requests, 0, TokenUsage.Most), from, until);

    private async ValueTask<Quote?> One(QuoteRequest asked) => (await Desk.Quote([asked]))[0];
}
