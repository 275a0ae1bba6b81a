using Microsoft.Extensions.Caching.Hybrid;

namespace Budgets.ApiHost.Gateway;

/// <summary>Where answers are kept: in memory, and in Redis if there is one. It may forget, be slow or be away; then there is no answer.</summary>
/// <remarks>It has services of its own: what else in the host caches neither counts against its bound nor is put where hosts share it.</remarks>
internal sealed partial class AnswerStore : IAsyncDisposable
{
    /// <summary>Before the digests of calls, where Redis is used for other things too.</summary>
    private const string Prefix = "budgets:answer:";

    /// <summary>Nobody waits longer for an answer that may be there.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    private static readonly HybridCacheEntryOptions s_lookOnly = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData };

    private readonly ServiceProvider _services;
    private readonly HybridCache _cache;
    private readonly HybridCacheEntryOptions _options;
    private readonly ILogger _log;
    private readonly TimeProvider _clock;

    public AnswerStore(CacheSettings settings, ILoggerFactory logs, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddSingleton(logs);
        services.AddLogging();
        services.AddMemoryCache(memory => memory.SizeLimit = settings.MaxBytes);
        if (settings.Redis is { } redis)
        {
            services.AddStackExchangeRedisCache(options => (options.ConfigurationOptions, options.InstanceName) = (redis, Prefix));
        }

        services.AddHybridCache(options => options.MaximumPayloadBytes = settings.MaxAnswerBytes + 4_096).AddSerializer<KeptAnswer, KeptAnswerBytes>();
        _services = services.BuildServiceProvider();
        _cache = _services.GetRequiredService<HybridCache>();
        _options = new HybridCacheEntryOptions { Expiration = settings.Ttl, LocalCacheExpiration = settings.Ttl };
        (_log, _clock) = (logs.CreateLogger<AnswerStore>(), clock);
    }

    /// <summary>Null: it is not there.</summary>
    public async ValueTask<KeptAnswer?> Find(string key)
    {
        try
        {
            var looking = _cache.GetOrCreateAsync<KeptAnswer?>(key, static _ => default, s_lookOnly);
            return looking.IsCompletedSuccessfully ? looking.Result : await looking.AsTask().WaitAsync(s_patience, _clock);
        }
        catch (Exception e)
        {
            LogAway(_log, e.GetType().Name);
            return null;
        }
    }

    public async ValueTask Keep(string key, KeptAnswer answer)
    {
        try
        {
            var keeping = _cache.SetAsync(key, answer, _options);
            if (!keeping.IsCompletedSuccessfully)
            {
                await keeping.AsTask().WaitAsync(s_patience, _clock);
            }
        }
        catch (Exception e)
        {
            LogAway(_log, e.GetType().Name);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kept answers cannot be read or written now: {Why}. Calls are made instead.")]
    private static partial void LogAway(ILogger log, string why);
}
