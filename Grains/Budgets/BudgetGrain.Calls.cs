using Budgets.Ledger;
using Budgets.Pricing;

namespace Budgets.Budgets;

// Calls to models: a budget bounds what they can cost, and holds that, in one turn.
internal sealed partial class BudgetGrain
{
    /// <summary>An output that is cut shorter than this is no answer.</summary>
    private const long FewestTokens = 16;

    /// <summary>Between working out what fits and holding it others may take it.</summary>
    private const int MostFittings = 3;

    public async ValueTask<CallOutcome> HoldCall(CallRequest request)
    {
        var (hold, call, prices) = (request.Hold, request.Call, await _prices.Prices());
        if (request.MayShorten && State.Holds.TryGetValue(hold.Id, out var open) && open.Purpose.Usage is { } held)
        {
            // Asked again: it is to be the request that was accepted, however much it was shortened then.
            call = call with { OutputTokens = Math.Max(held.OutputTokens, held.ReasoningTokens) / call.Choices };
        }

        for (var fitting = 0; ; fitting++)
        {
            var bound = Bounding.Of(prices, call);
            if (bound.Usage is not { } usage || !(bound.IsOutputKnown || request.MayShorten))
            {
                return new CallOutcome(null, bound);
            }

            var outcome = await Hold(hold with { Purpose = hold.Purpose with { Usage = usage }, Quoted = bound.Quote });
            if (outcome.Receipt is not null)
            {
                return new CallOutcome(outcome, bound, request.MayShorten && (!bound.IsOutputKnown || call.OutputTokens != request.Call.OutputTokens) ? bound.OutputTokens : null);
            }

            if (outcome.Refusal is not { } refusal || outcome.Outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance) || (refusal.Headroom ?? refusal.Standing?.Remaining) is not { } headroom)
            {
                return new CallOutcome(outcome, bound);
            }

            var affordable = Affording.Of(prices, new QuoteRequest(call.Model, usage, 1, call.From, call.From), headroom);
            var fits = affordable is [{ MaxOutputTokens: { } most }, ..] ? most / call.Choices : 0;
            if (!request.MayShorten || fitting == MostFittings || fits < FewestTokens || fits >= bound.OutputTokens)
            {
                return new CallOutcome(outcome, bound, Affordable: affordable);
            }

            call = call with { OutputTokens = fits };
        }
    }
}
