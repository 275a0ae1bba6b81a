namespace Budgets.ApiHost.Auth;

/// <summary>How lately this host heard which keys were revoked. Who has heard nothing for a while believes no cache.</summary>
internal sealed class Freshness([FromKeyedServices(BudgetsApi.Clock)] TimeProvider time)
{
    public static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(4);

    private const long Never = long.MinValue;

    private long _heardAt = Never;

    public bool IsFresh => Volatile.Read(ref _heardAt) is var heard and not Never && time.GetElapsedTime(heard) < StaleAfter;

    /// <summary>To be taken before asking: news is as old as its question.</summary>
    public long Mark() => time.GetTimestamp();

    public void Heard(long mark) => Volatile.Write(ref _heardAt, mark);
}
