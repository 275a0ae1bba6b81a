using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Budgets.Client;

/// <summary>"A call is made when the most that it can cost fits, and is made shorter when nobody said how long it must be."</summary>
internal sealed class Calls(Insistence insistence, TimeProvider clock, ILogger<ModelCall> log)
{
    public async ValueTask<Answer<ModelCall>> Begin(
        AgentId agent, IBudgetGrain budget, CallOutline call, Purpose purpose, ApprovalId? approval, CancellationToken cancellation)
    {
        var id = EdgeIds.CallHold();
        var now = clock.GetUtcNow();
        var request = new CallRequest(
            new HoldRequest(id, Money.Zero, purpose with { Model = call.Model }, new IdempotencyKey(id.Value), ModelCall.TtlSeconds, new PriceTag(), approval, BooksItself: true),
            call with { From = now, Until = now.AddSeconds(ModelCall.TtlSeconds) },
            MayShorten: call.OutputTokens is null);
        var (outcome, bound, outputTokens, affordable) = await Hold(budget, request, cancellation);
        return outcome switch
        {
            null => Unbounded(agent, "has no known context window, and the call refers to what is not in it, so that nothing bounds its cost"),
            { Receipt: { } receipt } => new(new ModelCall(budget, id, receipt, bound, outputTokens, insistence, clock, log)),
            _ => new(new Refused(outcome.Outcome, agent, outcome.Refusal, affordable)),
        };
    }

    private async ValueTask<CallOutcome> Hold(IBudgetGrain budget, CallRequest request, CancellationToken cancellation)
    {
        var asked = insistence.Ask(() => budget.HoldCall(request), request.Hold.Key, CancellationToken.None).AsTask();
        try
        {
            return await asked.WaitAsync(cancellation);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OverloadedException))
        {
            // It may be held by now, or soon, and nobody would end it.
            _ = GiveBack(budget, request.Hold.Id, asked);
            throw;
        }
    }

    private async Task GiveBack(IBudgetGrain budget, HoldId id, Task<CallOutcome> asked)
    {
        // A release that came before the hold would find nothing.
        await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asked is not { IsCompletedSuccessfully: true, Result.Hold: null or { Receipt: null } })
        {
            await Ending.Insist(id, () => budget.Release(new ReleaseRequest(id)), insistence, clock, log);
        }
    }

    private static Answer<ModelCall> Unbounded(AgentId agent, string why) =>
        new(new Refused(Outcome.PriceUnknown, agent, new Refusal(agent, Money.Zero, Fault: new Unpriceable("model", why)), ImmutableArray<Affordable>.Empty));
}
