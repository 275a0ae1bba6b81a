using Budgets.Delivery;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Budgets.Couriers;

/// <summary>Gives a silo its courier.</summary>
public static class CouriersExtensions
{
    /// <summary>Whoever registered another <see cref="ICourier"/> before keeps it.</summary>
    /// <exception cref="OptionsValidationException">The settings have faults. A host that wants to tell them with its own reads <see cref="CourierSettings"/> first.</exception>
    public static IServiceCollection AddCouriers(this IServiceCollection services, IConfiguration configuration)
    {
        var faults = new List<string>();
        var settings = CourierSettings.Read(configuration, faults);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(nameof(CourierSettings), typeof(CourierSettings), faults);
        }

        // The clock of wires, not of budgets: a test that lets a day go by does not cut off who is answering.
        services.TryAddSingleton<ICourier>(_ => new Courier(settings, Lookup.System, TimeProvider.System));
        services.AddHostedService<MailNotice>();
        return services;
    }
}
