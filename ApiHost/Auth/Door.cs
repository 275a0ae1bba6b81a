namespace Budgets.ApiHost.Auth;

/// <summary>Finds out who is calling. Unknown, revoked and expired keys look the same from outside.</summary>
internal sealed class Door(
    OperatorKey operatorKey,
    ApiOptions options,
    KeyCache cache,
    Freshness freshness,
    IGrainFactory grains,
    [FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
{
    private const string Scheme = "Bearer ";

    /// <summary>Where SDKs of Anthropic's put the key. Where there is an Authorization, that counts.</summary>
    private const string KeyHeader = "x-api-key";

    private readonly KeyDigest? _metricsKey = options.MetricsKey is { Length: > 0 } key ? ApiKey.Digest(key) : null;

    /// <summary>Null: nobody we know. Answers at once when the key is malformed, the operator's, or remembered.</summary>
    public ValueTask<Caller?> Who(HttpContext http)
    {
        var key = Bearer(http);
        return key.IsEmpty ? default : Who(key);
    }

    /// <summary>The same on pages that a person opens: the key may be sent as the password of HTTP Basic, for which browsers have a dialog.</summary>
    public ValueTask<Caller?> WhoInBrowser(HttpContext http)
    {
        Span<char> password = stackalloc char[ApiKey.Length];
        var header = http.Request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } text && BasicPassword.Read(text, password) ? Who(password) : Who(http);
    }

    /// <summary>Whether this is the key that reads metrics; the operator's is not it.</summary>
    public bool MayReadMetrics(HttpContext http)
    {
        var key = Bearer(http);
        return _metricsKey is { } digest && ApiKey.IsWellFormed(key, ApiKey.MetricsPrefix) && ApiKey.Digest(key).EqualsInFixedTime(digest);
    }

    private static ReadOnlySpan<char> Bearer(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            var own = http.Request.Headers[KeyHeader];
            return own.Count == 1 ? own[0].AsSpan().Trim(' ') : [];
        }

        return header.Count == 1 && header[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text.AsSpan(Scheme.Length).Trim(' ') : [];
    }

    private ValueTask<Caller?> Who(ReadOnlySpan<char> key)
    {
        if (ApiKey.IsWellFormed(key, ApiKey.OperatorPrefix))
        {
            return new(ApiKey.Digest(key).EqualsInFixedTime(operatorKey.Digest) ? Caller.Operator : null);
        }

        if (!ApiKey.IsWellFormed(key, ApiKey.AgentPrefix))
        {
            return default;
        }

        var digest = ApiKey.Digest(key);
        return freshness.IsFresh && cache.Find(digest) is { } known ? new(Unexpired(known)) : Ask(digest);
    }

    private async ValueTask<Caller?> Ask(KeyDigest digest)
    {
        var generation = cache.Generation;
        var record = await grains.GetGrain<IKeyGrain>(digest.ToHash().Hex).Get();
        if (record is null or { RevokedAt: not null })
        {
            return null;
        }

        var caller = new Caller(record, grains.GetGrain<IBudgetGrain>(record.Agent.Value));
        cache.Remember(digest, caller, generation);
        return Unexpired(caller);
    }

    private Caller? Unexpired(Caller caller) => caller.Key!.ExpiresAt is { } end && end <= time.GetUtcNow() ? null : caller;
}
