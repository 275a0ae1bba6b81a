using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Pricing;

/// <summary>What the grains of a silo need to know prices.</summary>
public static class PricingExtensions
{
    public static IServiceCollection AddPriceBook(this IServiceCollection services) => services.AddSingleton<PriceBook>();
}
