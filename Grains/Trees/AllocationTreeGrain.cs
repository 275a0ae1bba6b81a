using System.Collections.Immutable;
using Budgets.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Budgets.Trees;

/// <summary>The doorman of one parent's tree.</summary>
[Reentrant]
[GrainType("tree")]
internal sealed partial class AllocationTreeGrain : Grain, IAllocationTreeGrain
{
    private readonly Keeper<TreeState, TreeEvent> _journal;
    private readonly Pool _pool;
    private readonly TimeProvider _clock;
    private readonly ILogger<AllocationTreeGrain> _log;

    public AllocationTreeGrain(IJournalStore store, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<AllocationTreeGrain> log)
    {
        var parent = new AgentId(this.GetPrimaryKeyString());
        _journal = new(store.Open($"tree/{parent}"), TreeCodec.Instance, new TreeState(parent), $"the children of {parent}", Fenced);
        _pool = new Pool(_journal, clock.GetUtcNow, report => GrainFactory.GetGrain<IBudgetGrain>(parent.Value).Lend(report), child => GrainFactory.GetGrain<IBudgetGrain>(child.Value).Recall());
        _clock = clock;
        _log = log;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _journal.Recover(cancellationToken) is { } fault)
        {
            LogUnreadable(_log, fault, _journal.State.Parent);
            return;
        }

        Beats.Start(this, _pool.Beat);
    }

    public ValueTask<DrawAnswer> Lend(AgentId child, DrawReport report) => _pool.Lend(child, report);

    public ValueTask<ImmutableArray<DrawReport>> Recall() => _pool.Recall();

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, _journal.State.Parent);
        DeactivateOnIdle();
    }
}
