using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Hosting;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Budgets.Storage.Sqlite;

/// <summary>
/// Puts Orleans' own data in the embedded SQLite file. The silo's services must hold a singleton <see cref="DataDirectory"/>; one made by a factory
/// is disposed of with the silo, after the connections that use it.
/// </summary>
public static class SqliteStorageExtensions
{
    /// <summary>Grain state that names no storage provider is kept in <c>budgets.db</c>, as JSON by System.Text.Json.</summary>
    public static ISiloBuilder AddSqliteGrainStorageAsDefault(this ISiloBuilder builder) =>
        builder.AddSqliteGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);

    /// <summary>
    /// Grain state of the provider <paramref name="name"/> is kept in <c>budgets.db</c>. Another format than System.Text.Json's: register an
    /// <see cref="IGrainStorageSerializer"/> keyed by that name first.
    /// </summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name)
    {
        builder.Services.TryAddSingleton<SqliteFile>();
        // Keyed, so that another provider's choice of a default serializer does not change what is stored here.
        builder.Services.TryAddKeyedSingleton<IGrainStorageSerializer, SystemTextJsonGrainStorageSerializer>(name);
        builder.Services.AddGrainStorage(name, static (services, key) => new SqliteGrainStorage(
            services.GetRequiredService<SqliteFile>(),
            services.GetRequiredKeyedService<IGrainStorageSerializer>(key),
            services.GetRequiredService<IActivatorProvider>()));
        return builder;
    }

    /// <summary>Reminders are kept in <c>budgets.db</c>.</summary>
    public static ISiloBuilder UseSqliteReminders(this ISiloBuilder builder)
    {
        builder.AddReminders();
        builder.Services.TryAddSingleton<SqliteFile>();
        builder.Services.AddSingleton<IReminderTable, SqliteReminderTable>();
        return builder;
    }
}
