namespace Budgets.ApiHost.Auth;

/// <summary>Asks every two seconds which keys were revoked, and forgets them: a revocation works on every host within five seconds.</summary>
internal sealed partial class RevocationWatch(
    IGrainFactory grains, KeyCache cache, Freshness freshness, ILogger<RevocationWatch> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
    : BackgroundService
{
    /// <summary>How long one silo may take to answer; the next question goes to another.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>So that an answer is there before what was heard last has gone stale.</summary>
    private const int MostTries = 4;

    // Not disposed of: a question may still be under way when the host is, and nobody asks for its wait handle.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _number = RevocationNews.None;

    /// <summary>Asks now, so that this host needs not wait for what it has just done itself. A failure is logged, not thrown.</summary>
    public async Task AskNow(CancellationToken stopping = default)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            await AskAround(stopping);
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

    private async Task AskAround(CancellationToken stopping)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await Ask(stopping);
                return;
            }
            catch (Exception) when (tries < MostTries && !stopping.IsCancellationRequested)
            {
                // That silo is dead, dying or stuck; there are others.
            }
        }
    }

    private async Task Ask(CancellationToken stopping)
    {
        var mark = freshness.Mark();
        var news = await grains.GetGrain<IRevocationsGrain>(0).Since(_number).WaitAsync(Patience, stopping);
        if (news.ForgetAll)
        {
            cache.ForgetAll();
        }

        foreach (var revoked in news.Revoked)
        {
            cache.Forget(KeyDigest.Of(revoked));
        }

        _number = news.Number;
        freshness.Heard(mark);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not learn which keys were revoked; until this works, every request asks for its key.")]
    private partial void LogUnheard(Exception exception);
}
