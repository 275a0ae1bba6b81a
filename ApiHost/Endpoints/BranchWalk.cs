namespace Budgets.ApiHost.Endpoints;

/// <summary>A child and what was spent in it.</summary>
/// <param name="Own">By the child itself.</param>
/// <param name="Whole">By the child and all below it.</param>
internal sealed record Branch(BudgetView Child, Sums Own, Sums Whole);

/// <summary>Asks everybody below an agent what they spent on some days: some at a time, and not more than <see cref="FamilyWalk.Most"/>, but always all direct children.</summary>
internal sealed class BranchWalk(IGrainFactory grains, AnalyticsQuery days) : IDisposable
{
    private readonly Relatives _relatives = new(grains);
    private int _asked;

    public bool IsTruncated { get; private set; }

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<Branch>> Below(AgentId parent) => await Task.WhenAll((await _relatives.ChildrenOf(parent)).Children.Select(Of));

    public void Dispose() => _relatives.Dispose();

    private async Task<Branch> Of(BudgetView child)
    {
        var own = (await _relatives.Ask(child.Agent, b => b.GetAnalytics(days)))?.Usage.Total ?? default;
        if (Interlocked.Increment(ref _asked) >= FamilyWalk.Most)
        {
            IsTruncated = true;
            return new Branch(child, own, own);
        }

        var below = await Below(child.Agent);
        return new Branch(child, own, below.Aggregate(own, (sum, b) => sum + b.Whole));
    }
}
