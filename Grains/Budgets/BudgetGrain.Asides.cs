using Budgets.Ledger;

namespace Budgets.Budgets;

// Holds for what is welcome and not needed.
internal sealed partial class BudgetGrain
{
    public async ValueTask<SpendOutcome> HoldIfItFits(HoldRequest request)
    {
        var rated = request.Rated(State, request.Quoted ?? await _prices.Quote(request, Now));
        var recalled = await _teller.Recall(request.Key);
        var foresight = await _family.Foresee(rated.Amount, () => Holding.Foresee(State, rated, Now));
        var decision = foresight.Outcome == Outcome.Accepted ? Decide(recalled) : Decision.Refuse(foresight.Outcome, foresight.Refusal!);
        if (decision.Outcome == Outcome.Accepted)
        {
            return _family.IsFinal(decision) ? await _teller.Transact(decision) : await _family.Spend(rated.Amount, request.Key, Decide);
        }

        await _teller.Durable();
        return new SpendOutcome(decision.Outcome, null, decision.Refusal);

        // Others may have come between. A refusal of Hold itself would trip the breaker.
        Decision Decide(Recalled known) => Holding.Foresee(State, rated, Now) is { Outcome: not Outcome.Accepted } no ? Decision.Refuse(no.Outcome, no.Refusal!) : Holding.Hold(State, rated, Now, known);
    }
}
