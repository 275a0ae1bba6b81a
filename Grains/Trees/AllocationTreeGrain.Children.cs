using System.Collections.Immutable;
using Budgets.Journal;

namespace Budgets.Trees;

// What a parent agrees with its children.
internal sealed partial class AllocationTreeGrain
{
    public Task<ConfigureOutcome> Agree(AgreeRequest request) => Govern((lineage, now) => Agreeing.Agree(_journal.State, request, lineage, now));

    public Task<ConfigureOutcome> Amend(AmendRequest request) => Govern((lineage, now) => Agreeing.Amend(_journal.State, request, lineage, now));

    public async Task Leave(AgentId child, string by)
    {
        _journal.Ready();
        await Written(Agreeing.Leave(_journal.State, child, by, _clock.GetUtcNow()));
    }

    public Task<ConfigureOutcome> SetOvercommit(bool allowed, string by) => Govern((lineage, now) => Agreeing.SetOvercommit(_journal.State, allowed, by, lineage, now));

    public async ValueTask<FamilyView> GetFamily()
    {
        _journal.Ready();
        var state = _journal.State;
        await _journal.Durable();
        return new FamilyView(
            [.. state.Children.Values.OrderBy(c => c.Id.Value, StringComparer.Ordinal).Select(c => new ChildView(c.Id, c.Terms, c.IsClosed))], state.MayOvercommit);
    }

    /// <summary>The parent and those above it are asked first; then it is decided and recorded without a wait in between.</summary>
    private async Task<ConfigureOutcome> Govern(
        Func<ImmutableArray<BudgetView>, DateTimeOffset, (ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened)> decide)
    {
        _journal.Ready();
        var lineage = await Lineages.Of(GrainFactory, _journal.State.Parent);
        _journal.Ready();
        var (outcome, happened) = decide(lineage, _clock.GetUtcNow());
        await Written(happened);
        return outcome;
    }

    private async Task Written(ImmutableArray<TreeEvent> happened)
    {
        _journal.Record(happened);
        if (await _journal.Flush() is var flushed and not Flushed.Durable)
        {
            throw Keeper<TreeState, TreeEvent>.Failure(flushed, wrote: !happened.IsEmpty);
        }
    }
}
