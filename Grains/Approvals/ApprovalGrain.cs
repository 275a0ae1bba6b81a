using Orleans.Concurrency;

namespace Budgets.Approvals;

/// <summary>The doorman of one request for approval: those who wait for it, on any host, and those who decide it meet here. It remembers nothing; the agent's budget does.</summary>
[Reentrant]
[GrainType("approval")]
internal sealed class ApprovalGrain : Grain, IApprovalGrain
{
    /// <summary>What did not come through here, an expiry, is seen after this.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly ApprovalId _id;
    private TaskCompletionSource _ruled = new();

    public ApprovalGrain() => _id = new ApprovalId(this.GetPrimaryKeyString());

    private IBudgetGrain Budget => GrainFactory.GetGrain<IBudgetGrain>(_id.Agent.Value);

    public Task<ApprovalView?> Get() => ApprovalId.IsWellFormed(_id.Value) ? Budget.GetApproval(_id).AsTask() : Task.FromResult<ApprovalView?>(null);

    public async Task<ApprovalView?> Wait()
    {
        // The clock of calls, not of budgets: a day that a test lets go by does not end them.
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var ruled = _ruled.Task;
            var view = await Get();
            if (view is not { Status: ApprovalStatus.Pending } || TimeProvider.System.GetElapsedTime(since) >= IApprovalGrain.LongestWait - Look)
            {
                return view;
            }

            await ruled.WaitAsync(Look, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public async Task<ApprovalOutcome> Rule(RulingRequest request)
    {
        var outcome = ApprovalId.IsWellFormed(_id.Value) && request.Id == _id ? await Budget.Rule(request) : new ApprovalOutcome(ApprovalResult.ApprovalUnknown, null);
        var before = _ruled;
        _ruled = new TaskCompletionSource();
        before.SetResult();
        return outcome;
    }
}
