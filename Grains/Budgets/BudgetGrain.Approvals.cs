using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

// What an agent asks people for, and what they say.
internal sealed partial class BudgetGrain
{
    public async Task<ApprovalOutcome> Ask(ApprovalAsk request)
    {
        _teller.Ready();

        // Before the append that needs it, as an alarm is: an agent in the list that has nothing waiting does no harm, one that is missing would wait for ever.
        if (Approving.Ask(State.At(Now).State, request).Happened.Any(e => e is ApprovalAsked { IsAutomatic: not true }))
        {
            await GrainFactory.GetGrain<IInboxGrain>(this.GetGrainId().GetUniformHashCode() % IInboxGrain.Parts).Note(State.Agent);
        }

        return await _teller.Decide(Now, s => Approving.Ask(s, request));
    }

    public async Task<ApprovalOutcome> Rule(RulingRequest request)
    {
        while (true)
        {
            var known = await GetApproval(request.Id);
            var endedMeanwhile = false;
            var outcome = await _teller.Decide(Now, s =>
            {
                endedMeanwhile = known is { Status: ApprovalStatus.Pending or ApprovalStatus.Approved } && !s.Approvals.Any(a => a.Id == request.Id);
                return endedMeanwhile ? (new(ApprovalResult.AlreadyDecided, null), []) : Approving.Rule(s, request, known);
            });
            if (!endedMeanwhile)
            {
                return outcome;
            }
        }
    }

    public async ValueTask<ApprovalView?> GetApproval(ApprovalId id)
    {
        _teller.Ready();
        if (id.Agent != State.Agent)
        {
            return null;
        }

        var (state, elapsed) = State.At(Now);
        var known = state.Approvals.FirstOrDefault(a => a.Id == id) is { } open
            ? Permitting.ViewOf(state, open)
            : elapsed.Select(e => Permitting.ViewAfter(state, e)).LastOrDefault(v => v?.Approval.Id == id);
        await _teller.Durable();
        return known ?? (await _teller.Reader.Find(Digest.Of(id)) is { } end ? Permitting.ViewAfter(state, end.Event) : null);
    }

    public async ValueTask<ImmutableArray<ApprovalView>> GetApprovals()
    {
        var (state, _) = await Standing();
        return [.. state.Approvals.Select(a => Permitting.ViewOf(state, a))];
    }

    /// <summary>What is known of the key and the approval that a spend names.</summary>
    private async ValueTask<Recalled> Recall(IdempotencyKey key, ApprovalId? approval)
    {
        // First: between what is recalled of the key and the decision nothing may wait.
        var ended = await EndOf(approval);
        return await _teller.Recall(key) with { Approval = ended };
    }

    /// <summary>What ended an approval that the state does not remember; null: it does, or there was no such approval.</summary>
    private async ValueTask<Remembered?> EndOf(ApprovalId? approval)
    {
        _teller.Ready();
        var isAsked = approval is { } a && a.Agent == State.Agent && State.Memory.ForgottenUpTo > 0 && State.Memory[Digest.Of(a)] is null && !State.Approvals.Any(o => o.Id == a);
        return isAsked && await _teller.Reader.Find(Digest.Of(approval!.Value)) is { } end ? Receipts.RememberedOf(end.Event, end.Seq) : null;
    }
}
