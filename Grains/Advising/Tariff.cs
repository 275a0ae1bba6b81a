using System.Collections.Immutable;
using Budgets.Pricing;

namespace Budgets.Advising;

/// <summary>What a model costs in the coming day. Where the price changes with the hour, the dearest counts: a saving is never promised that the clock could take back.</summary>
/// <param name="Name">As the agent calls it.</param>
internal sealed record Tariff(string Name, PricedModel Model, ImmutableArray<Price> Prices)
{
    /// <summary>Null: it has no price, or will have none.</summary>
    public static Tariff? Of(PriceList prices, string name, DateTimeOffset at) => prices.Find(name).Model is { } model ? Of(name, model, at) : null;

    public static Tariff? Of(string name, PricedModel model, DateTimeOffset at)
    {
        var inForce = model.PricesIn(at, at.AddDays(1)).ToList();
        return inForce.Contains(null) ? null : new Tariff(name, model, [.. inForce.OfType<Price>()]);
    }

    /// <summary>Null: it does not do this at a known price.</summary>
    public Money? Cost(Measured used, long calls, bool batch = false)
    {
        Money? dearest = Money.Zero;
        foreach (var price in Prices)
        {
            dearest = dearest is { } sofar && Costing.OfMany(price, used, calls, batch) is { } cost ? Money.Max(sofar, cost) : null;
        }

        return dearest;
    }

    /// <summary>Whether it can take the longest of some calls.</summary>
    public bool Takes(Habit calls) => !(Model.ContextWindow < calls.LongestInput + calls.LongestOutput) && !(Model.MaxOutputTokens < calls.LongestOutput);
}
