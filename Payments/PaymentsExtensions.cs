using Budgets.Recharge;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Budgets.Payments;

/// <summary>Gives a silo somebody who takes payments.</summary>
public static class PaymentsExtensions
{
    /// <summary>Stripe where it is configured, else nobody but for show. Whoever registered another <see cref="IPayments"/> before keeps it.</summary>
    /// <exception cref="OptionsValidationException">The settings have faults. A host that wants to tell them with its own reads <see cref="PaymentSettings"/> first.</exception>
    public static IServiceCollection AddPayments(this IServiceCollection services, IConfiguration configuration)
    {
        var faults = new List<string>();
        var settings = PaymentSettings.Read(configuration, faults);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(nameof(PaymentSettings), typeof(PaymentSettings), faults);
        }

        if (settings is null)
        {
            services.TryAddSingleton<IPayments, SimulatedPayments>();
        }
        else
        {
            services.TryAddSingleton<IPayments>(_ => new StripePayments(settings));
        }

        return services;
    }
}
