using Budgets.Scheduling;

namespace Budgets.Budgets;

// What a budget does that nobody asks.
internal sealed partial class BudgetGrain
{
    public async Task Wake(Due due)
    {
        await _teller.Elapse(Now);
        await _family.TellSpent();
        await _outbox.Empty();
        await Orders.HandOver();
        if (!_teller.IsInUse)
        {
            // Those woken at one midnight must not all stay in memory.
            DeactivateOnIdle();
        }
    }
}
