namespace Budgets.ApiHost.Http;

/// <summary>Those of this host who wait for a decision: however many wait for one request, it is asked about once.</summary>
/// <remarks>A waiter costs a connection and a continuation, no thread. The clock is that of calls, not of budgets.</remarks>
internal sealed class ApprovalWatch(IGrainFactory grains)
{
    /// <summary>Waiters of this host; one more is answered at once. Below <see cref="Admission.MostInFlight"/>, so that they keep nobody out.</summary>
    public const int MostWaiting = 2_000;

    /// <summary>After a call that failed: its silo may be gone, and the next one is asked.</summary>
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<ApprovalId, Watched> _watched = [];
    private int _waiting;

    /// <summary>The request once it is decided, or as it is when patience ends. Null: there is no such request.</summary>
    public async Task<ApprovalView?> Until(ApprovalId id, TimeSpan patience, CancellationToken gone)
    {
        if (patience == TimeSpan.Zero || Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Add(ref _waiting, patience == TimeSpan.Zero ? 0 : -1);
            return await Now(id);
        }

        var watched = Join(id);
        try
        {
            return await watched.Decided.WaitAsync(patience, TimeProvider.System, gone);
        }
        catch (TimeoutException)
        {
            return await Now(id);
        }
        finally
        {
            Leave(id, watched);
            Interlocked.Decrement(ref _waiting);
        }
    }

    private Task<ApprovalView?> Now(ApprovalId id) => grains.GetGrain<IApprovalGrain>(id.Value).Get();

    private Watched Join(ApprovalId id)
    {
        lock (_watched)
        {
            if (!_watched.TryGetValue(id, out var watched))
            {
                _watched[id] = watched = new Watched();
                watched.Decided = Task.Run(() => Watch(id, watched.Left.Token), CancellationToken.None);
            }

            watched.Waiters++;
            return watched;
        }
    }

    private void Leave(ApprovalId id, Watched watched)
    {
        lock (_watched)
        {
            if (--watched.Waiters == 0)
            {
                _watched.Remove(id);
                watched.Left.Cancel();
            }
        }
    }

    private async Task<ApprovalView?> Watch(ApprovalId id, CancellationToken left)
    {
        while (true)
        {
            try
            {
                var view = await grains.GetGrain<IApprovalGrain>(id.Value).Wait().WaitAsync(left);
                if (view is not { Status: ApprovalStatus.Pending })
                {
                    return view;
                }
            }
            catch (Exception) when (!left.IsCancellationRequested)
            {
                // That silo or the store is in trouble; whoever waits has patience of his own.
                await Task.Delay(BetweenTries, TimeProvider.System, left);
            }
        }
    }

    private sealed class Watched
    {
        public CancellationTokenSource Left { get; } = new();

        public Task<ApprovalView?> Decided { get; set; } = Task.FromResult<ApprovalView?>(null);

        public int Waiters { get; set; }
    }
}
