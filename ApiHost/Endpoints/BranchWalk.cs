namespace Budgets.ApiHost.Endpoints;

/// <summary>A child and what was spent in it.</summary>
/// <param name="Own">By the child itself.</param>
/// <param name="Whole">By the child and all below it.</param>
internal sealed record Branch(BudgetView Child, Sums Own, Sums Whole);

/// <summary>Asks everybody below an agent what they spent on some days: some at a time, and not more than <see cref="FamilyWalk.Most"/>, but always all direct children.</summary>
internal sealed class BranchWalk(IGrainFactory grains, AnalyticsQuery days) : IDisposable
{
    private const int AtOnce = 64;

    private readonly SemaphoreSlim _turn = new(AtOnce);
    private int _asked;

    public bool IsTruncated { get; private set; }

    /// <summary>Oldest first. Children that have moved away, or were never opened, are nobody's.</summary>
    public async Task<IReadOnlyList<Branch>> Below(AgentId parent)
    {
        var family = await Ask(() => grains.GetGrain<IAllocationTreeGrain>(parent.Value).GetFamily());
        var budgets = await Task.WhenAll(family.Children.Select(c => Ask(() => grains.GetGrain<IBudgetGrain>(c.Id.Value).GetBudget())));
        var children = budgets.OfType<BudgetView>().Where(b => b.Parent == parent).OrderBy(b => b.CreatedAt).ThenBy(b => b.Agent.Value, StringComparer.Ordinal);
        return await Task.WhenAll(children.Select(Of));
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Branch> Of(BudgetView child)
    {
        var own = (await Ask(() => grains.GetGrain<IBudgetGrain>(child.Agent.Value).GetAnalytics(days)))?.Usage.Total ?? default;
        if (Interlocked.Increment(ref _asked) >= FamilyWalk.Most)
        {
            IsTruncated = true;
            return new Branch(child, own, own);
        }

        var below = await Below(child.Agent);
        return new Branch(child, own, below.Aggregate(own, (sum, b) => sum + b.Whole));
    }

    private async Task<T> Ask<T>(Func<ValueTask<T>> question)
    {
        await _turn.WaitAsync();
        try
        {
            return await question();
        }
        finally
        {
            _turn.Release();
        }
    }
}
