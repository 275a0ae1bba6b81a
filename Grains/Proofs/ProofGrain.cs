using Budgets.Journal;
using Microsoft.Extensions.Logging;

namespace Budgets.Proofs;

/// <summary>Carries one proof, in slices: nobody waits for a grain that reads a million entries.</summary>
[GrainType("proof")]
internal sealed partial class ProofGrain(IJournalStore store, ILogger<ProofGrain> log) : Grain, IProofGrain
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(250);

    private ProofRun? _run;

    private AgentId Agent => ProofKey.AgentOf(this.GetPrimaryKeyString());

    public async Task<ProofStep> Go()
    {
        _run ??= await Begin();
        await _run.Go(Slice);
        if (_run.IsDone)
        {
            DeactivateOnIdle();
        }

        if (_run.Fault is { } fault)
        {
            JournalMetrics.Contradicted();
            LogFault(log, Agent, fault.Seq, fault.What);
        }

        return new ProofStep(_run.End.Seq, _run.IsDone, [.. _run.End.Hash.Span], _run.Fault);
    }

    private async Task<ProofRun> Begin()
    {
        var journal = store.Open($"budget/{Agent}");
        try
        {
            // The snapshot first: then the budget's head is not behind it.
            var snapshot = (await journal.Read(CancellationToken.None)).Snapshot;
            var head = await GrainFactory.GetGrain<IBudgetGrain>(Agent.Value).GetHead();
            return new ProofRun(Agent, journal, head, null, snapshot);
        }
        catch (JournalCorruptException e)
        {
            // That the budget is shut does not say which entry is at fault.
            return new ProofRun(Agent, journal, null, e.Message, null);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Critical, Message = "The ledger of {Agent} contradicts itself at entry {Seq}: {What}")]
    private static partial void LogFault(ILogger log, AgentId agent, long seq, string what);
}
