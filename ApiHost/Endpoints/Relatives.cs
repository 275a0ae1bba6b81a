namespace Budgets.ApiHost.Endpoints;

/// <summary>Asks many agents of a family, some at a time.</summary>
internal sealed class Relatives(IGrainFactory grains) : IDisposable
{
    private const int AtOnce = 64;

    private readonly SemaphoreSlim _turn = new(AtOnce);

    /// <summary>Oldest first. Children that have moved away, or were never opened, are nobody's.</summary>
    public async Task<(IReadOnlyList<BudgetView> Children, bool MayOvercommit)> ChildrenOf(AgentId parent)
    {
        var family = await InTurn(() => grains.GetGrain<IAllocationTreeGrain>(parent.Value).GetFamily());
        var budgets = await Task.WhenAll(family.Children.Select(c => Ask(c.Id, b => b.GetBudget())));
        return ([.. budgets.OfType<BudgetView>().Where(b => b.Parent == parent).OrderBy(b => b.CreatedAt).ThenBy(b => b.Agent.Value, StringComparer.Ordinal)], family.MayOvercommit);
    }

    public Task<T> Ask<T>(AgentId agent, Func<IBudgetGrain, ValueTask<T>> question) => InTurn(() => question(grains.GetGrain<IBudgetGrain>(agent.Value)));

    public void Dispose() => _turn.Dispose();

    private async Task<T> InTurn<T>(Func<ValueTask<T>> question)
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
