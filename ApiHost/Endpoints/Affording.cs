using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What the money that is left would pay for: advice, asked for only where usage was told and refused or only looked at.</summary>
internal static class Affording
{
    /// <param name="headroom">Null: nothing bounds it.</param>
    /// <returns>Default: the request told no usage, so there is nothing to say.</returns>
    public static async ValueTask<ImmutableArray<Affordable>> Ask(Call call, SpendBody? body, Money? headroom)
    {
        if (body is not { Usage: { } usage, Model: { } model } || body.ToPriceTag() is not { } price)
        {
            return default;
        }

        try
        {
            return await call.Edge.Quotes.Afford(new QuoteRequest(model, usage.ToUsage(), price.Requests, call.Edge.Now, call.Edge.Now), headroom);
        }
        catch (Exception) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            // The answer is known and stands without the advice.
            return default;
        }
    }
}
