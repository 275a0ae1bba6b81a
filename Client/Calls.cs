using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Budgets.Client;

/// <summary>"A call is made when the most that it can cost fits, and is made shorter when nobody said how long it must be."</summary>
internal sealed class Calls(IQuoteGrain quotes, Insistence insistence, TimeProvider clock, ILogger<ModelCall> log)
{
    /// <summary>An output that is cut shorter than this is no answer.</summary>
    private const long FewestTokens = 16;

    /// <summary>Between asking what fits and holding it others may take it.</summary>
    private const int MostFittings = 3;

    public async ValueTask<Answer<ModelCall>> Begin(
        AgentId agent, IBudgetGrain budget, CallOutline call, Purpose purpose, ApprovalId? approval, CancellationToken cancellation)
    {
        var id = EdgeIds.CallHold();
        var now = clock.GetUtcNow();
        var outline = call with { From = now, Until = now.AddSeconds(ModelCall.TtlSeconds) };
        for (var fitting = 0; ; fitting++)
        {
            var bounded = outline;
            var bound = await insistence.Ask(() => quotes.Bound(bounded), key: null, cancellation);
            if (bound.Usage is null)
            {
                return Unbounded(agent, "has no known context window, and the call refers to what is not in it, so that nothing bounds its cost");
            }

            var outcome = await Hold(budget, new HoldRequest(
                id, Money.Zero, purpose with { Model = call.Model, Usage = bound.Usage }, new IdempotencyKey(id.Value), ModelCall.TtlSeconds, new PriceTag(), approval, BooksItself: true), cancellation);
            if (outcome.Receipt is { } receipt)
            {
                var told = call.OutputTokens is null && (fitting > 0 || !bound.IsOutputKnown) ? bound.OutputTokens : null;
                return new(new ModelCall(budget, id, receipt, bound, told, insistence, clock, log));
            }

            if (outcome.Refusal is not { } refusal || outcome.Outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance) || (refusal.Headroom ?? refusal.Standing?.Remaining) is not { } headroom)
            {
                return new(new Refused(outcome.Outcome, agent, outcome.Refusal));
            }

            var affordable = await insistence.Ask(() => quotes.Afford(new QuoteRequest(call.Model, bound.Usage, 1, now, now), headroom), key: null, cancellation);
            var fits = affordable is [{ MaxOutputTokens: { } most }, ..] ? most / call.Choices : 0;
            if (call.OutputTokens is not null || fitting == MostFittings || fits < FewestTokens || fits >= bound.OutputTokens)
            {
                return new(new Refused(outcome.Outcome, agent, refusal, affordable));
            }

            outline = outline with { OutputTokens = fits };
        }
    }

    private async ValueTask<SpendOutcome> Hold(IBudgetGrain budget, HoldRequest request, CancellationToken cancellation)
    {
        var asked = insistence.Ask(() => budget.Hold(request), request.Key, CancellationToken.None).AsTask();
        try
        {
            return await asked.WaitAsync(cancellation);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OverloadedException))
        {
            // It may be held by now, or soon, and nobody would end it.
            _ = GiveBack(budget, request.Id, asked);
            throw;
        }
    }

    private async Task GiveBack(IBudgetGrain budget, HoldId id, Task<SpendOutcome> asked)
    {
        // A release that came before the hold would find nothing.
        await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asked is not { IsCompletedSuccessfully: true, Result.Receipt: null })
        {
            await Ending.Insist(id, () => budget.Release(new ReleaseRequest(id)), insistence, clock, log);
        }
    }

    private static Answer<ModelCall> Unbounded(AgentId agent, string why) =>
        new(new Refused(Outcome.PriceUnknown, agent, new Refusal(agent, Money.Zero, Fault: new Unpriceable("model", why)), ImmutableArray<Affordable>.Empty));
}
