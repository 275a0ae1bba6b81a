using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>Asks for the prices of requests that tell their usage. A request that names its amount costs nothing here.</summary>
internal readonly struct PriceDesk(PriceBook book)
{
    public ValueTask<PriceList> Prices() => book.Prices();

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
        if (requests.All(r => r.Price is null))
        {
            return null;
        }

        var prices = await book.Prices();
        return [.. requests.Select(r => r.Price is null ? null : Quoting.For(prices, Asked(r, now)))];
    }

    // Money already spent is priced as of when it was spent.
    private static QuoteRequest Asked(ChargeRequest r, DateTimeOffset now)
    {
        var at = r.Mode == ChargeMode.Record ? r.OccurredAt ?? now : now;
        return Asked(r.Purpose.Model, r.Purpose.Usage, r.Price!, at, at);
    }

    private static QuoteRequest Asked(string? model, TokenUsage? usage, PriceTag price, DateTimeOffset from, DateTimeOffset until) =>
        new(model, usage is { IsInRange: true } sound ? sound : new TokenUsage(), Math.Clamp(price.Requests, 0, TokenUsage.Most), from, until);

    private async ValueTask<Quote?> One(QuoteRequest asked) => Quoting.For(await book.Prices(), asked);
}
