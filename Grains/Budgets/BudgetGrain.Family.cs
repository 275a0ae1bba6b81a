using System.Collections.Immutable;
using Budgets.Ledger;
using Budgets.Trees;

namespace Budgets.Budgets;

// What a budget has to do with its parent and its children.
internal sealed partial class BudgetGrain
{
    private IGrainTimer? _beat;

    public ValueTask<DrawAnswer> Lend(DrawReport report)
    {
        Beat();
        return _family.Lend(report);
    }

    public ValueTask<ImmutableArray<DrawReport>> Recall() => _family.Recall();

    public async Task<ConfigureOutcome> Move(MoveRequest request)
    {
        await _family.Recalled();

        // What an agent does not need that has done nothing between two beats goes back.
        await _family.Beat();
        await _family.Beat();
        return await _teller.Govern(Now, s => Moving.Move(s, request));
    }

    public async ValueTask<Foresight> Foresee(Money need)
    {
        _teller.Ready();
        var foresight = await _family.Foresee(need, () => Lending.Foresee(State, need, Now));
        await _teller.Durable();
        return foresight;
    }

    private ValueTask<DrawAnswer> Tell(AgentId parent, DrawReport report)
    {
        Beat();
        return GrainFactory.GetGrain<IAllocationTreeGrain>(parent.Value).Lend(State.Agent, report);
    }

    /// <summary>Only budgets with relatives have something to say now and then.</summary>
    private void Beat()
    {
        if (_beat is null && (!State.Draws.IsEmpty || !State.Loans.IsEmpty))
        {
            _beat = Beats.Start(this, _family.Beat);
        }
    }
}
