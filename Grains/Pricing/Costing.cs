namespace Budgets.Pricing;

/// <summary>"What was used costs what its price says, and a fraction of a nano-dollar counts as a whole one."</summary>
internal static class Costing
{
    private const decimal Million = 1_000_000m;

    /// <summary>The model has a price, and this usage has none.</summary>
    public static readonly Unpriceable NoBatchPrice = new(
        "usage.batch", "has no known discount for this model; leave it out to be charged the full price");

    public static (Money Cost, Unpriceable? Fault) Of(Price price, TokenUsage usage, long requests)
    {
        var (used, contradiction) = Measuring.Of(usage, requests, price.Counting);
        if (contradiction is not null)
        {
            return (Money.Zero, contradiction);
        }

        var rates = RatesFor(price, used.Input);
        var (full, fault) = Full(rates, used);
        if (fault is null && usage.Batch == true)
        {
            var undiscounted = price.Counting.BatchCacheReadAtFullPrice ? Tokens(used.CacheRead, rates.CacheRead ?? rates.Input) : 0;
            full -= (full - undiscounted) * (price.Counting.BatchDiscount ?? 0);
            fault = price.Counting.BatchDiscount is null ? NoBatchPrice : null;
        }

        return fault is null ? Whole(full) : (Money.Zero, fault);
    }

    /// <summary>Many calls together, each as long as their mean. Null: something among it has no price.</summary>
    public static Money? OfMany(Price price, Measured used, long calls, bool batch)
    {
        var rates = RatesFor(price, calls == 0 ? 0 : used.Input / calls);
        var (full, fault) = Full(rates, used);
        if (fault is not null || (batch && price.Counting.BatchDiscount is null))
        {
            return null;
        }

        var undiscounted = price.Counting.BatchCacheReadAtFullPrice ? Tokens(used.CacheRead, rates.CacheRead ?? rates.Input) : 0;
        var cost = batch ? full - ((full - undiscounted) * price.Counting.BatchDiscount!.Value) : full;
        return cost <= Money.MaxBooked.Nanos ? new Money((long)decimal.Ceiling(cost)) : null;
    }

    /// <summary>In nano-dollars, exact.</summary>
    private static (decimal Nanos, Unpriceable? Fault) Full(Rates r, Measured used)
    {
        var sum = 0m;
        string? unpriced = null;

        void Add(long tokens, Money? rate, string field)
        {
            unpriced ??= tokens > 0 && rate is null ? field : null;
            sum += Pieces(tokens, rate);
        }

        Add(used.Plain, r.Input, "input_tokens");
        Add(used.CacheRead, r.CacheRead ?? r.Input, "cache_read_tokens");
        Add(used.CacheWrite, r.CacheWrite ?? r.Input, "cache_write_tokens");
        Add(used.CacheWrite1h, r.CacheWrite1h ?? r.CacheWrite ?? r.Input, "cache_write_1h_tokens");
        Add(used.Answer, r.Output, "output_tokens");
        Add(used.Reasoning, r.Reasoning ?? r.Output, "reasoning_tokens");

        // Where images have no price of their own they are paid for by their tokens, if any are told.
        unpriced ??= used.Images > 0 && r.Image is null && used.Input + used.Output == 0 ? "images" : null;
        var nanos = (sum / Million) + Pieces(used.Images, r.Image) + Pieces(used.Requests, r.Request);
        return (nanos, unpriced is null ? null : new Unpriceable($"usage.{unpriced}", "has no price for this model"));
    }

    private static (Money Cost, Unpriceable? Fault) Whole(decimal nanos)
    {
        var whole = decimal.Ceiling(nanos);
        return whole <= Money.MaxPerRequest.Nanos
            ? (new Money((long)whole), null)
            : (Money.Zero, new Unpriceable("usage", $"comes to more than ${Money.MaxPerRequest}, the most that one request may spend", Contradicts: true));
    }

    private static Rates RatesFor(Price price, long input)
    {
        var rates = price.Rates;
        foreach (var tier in price.Tiers)
        {
            rates = input > tier.Above ? tier.Rates : rates;
        }

        return rates;
    }

    private static decimal Tokens(long count, Money? rate) => Pieces(count, rate) / Million;

    private static decimal Pieces(long count, Money? rate) => (decimal)count * (rate?.Nanos ?? 0);
}
