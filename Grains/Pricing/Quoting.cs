namespace Budgets.Pricing;

/// <summary>"Usage costs what its model's price says; without a price it costs nothing that could be booked, and is refused."</summary>
internal static class Quoting
{
    public static Quote For(PriceList prices, QuoteRequest asked)
    {
        var name = asked.Model ?? "";
        var meaning = prices.Find(name);
        if (meaning.Model is not { } model)
        {
            return Unpriced(asked, meaning.Counting, new Unpriceable("model", WhyNot(name, meaning)));
        }

        // Until it is spent the price may change: the dearest is what it can cost.
        Quote? dearest = null;
        foreach (var price in model.PricesIn(asked.From, asked.Until))
        {
            var quote = price is null
                ? Unpriced(asked, meaning.Counting, new Unpriceable("model", $"'{name}' has no price for that time"))
                : At(asked, price);
            if (quote.Version is null)
            {
                return quote;
            }

            dearest = dearest is null || quote.Amount > dearest.Amount ? quote : dearest;
        }

        return dearest!;
    }

    private static Quote At(QuoteRequest asked, Price price)
    {
        var (cost, fault) = Costing.Of(price, asked.Usage, asked.Requests);
        return fault is null ? new Quote(cost, price.Version) : Unpriced(asked, price.Counting, fault);
    }

    /// <summary>A ceiling can stand in for a price that is not known. It cannot mend usage that contradicts itself, nor make up a discount.</summary>
    private static Quote Unpriced(QuoteRequest asked, Counting counting, Unpriceable fault)
    {
        var (used, contradiction) = Measuring.Of(asked.Usage, asked.Requests, counting);
        fault = contradiction ?? fault;
        return new Quote(
            Money.Zero, null, fault, fault.Contradicts || fault == Costing.NoBatchPrice ? null : new CeilingCounts(used.Input, used.Output, used.Images));
    }

    private static string WhyNot(string name, Meaning meaning) =>
        meaning.WhyNot is { } why ? $"'{name}' has no price here: {why}" : $"'{name}' is not in the price catalogue";
}
