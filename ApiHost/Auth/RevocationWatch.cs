namespace Budgets.ApiHost.Auth;

/// <summary>Asks every two seconds which keys were revoked, and forgets them: a revocation works on every host within five seconds.</summary>
internal sealed partial class RevocationWatch(
    IGrainFactory grains, KeyCache cache, Freshness freshness, ILogger<RevocationWatch> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
    : BackgroundService
{
    // Not disposed of: a question may still be under way when the host is, and nobody asks for its wait handle.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private RevocationVersion _version = new("", 0);

    /// <summary>Asks now, so that this host needs not wait for what it has just done itself. A failure is logged, not thrown.</summary>
    public async Task AskNow(CancellationToken stopping = default)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            await Ask();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // The cache goes stale by itself, and every request then asks the key's grain.
            LogUnheard(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Freshness.AskEvery, time);
        try
        {
            do
            {
                await AskNow(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping; its grains may already be gone.
        }
    }

    private async Task Ask()
    {
        var mark = freshness.Mark();
        var news = await grains.GetGrain<IRevocationsGrain>(0).Since(_version);
        if (news.ForgetAll)
        {
            cache.ForgetAll();
        }

        foreach (var revoked in news.Revoked)
        {
            cache.Forget(KeyDigest.Of(revoked));
        }

        _version = news.Version;
        freshness.Heard(mark);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not learn which keys were revoked; until this works, every request asks for its key.")]
    private partial void LogUnheard(Exception exception);
}
