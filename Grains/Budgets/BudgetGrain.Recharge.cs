namespace Budgets.Budgets;

// What is paid into a budget.
internal sealed partial class BudgetGrain
{
    public Task EndRecharge(PaymentReport report) => throw new NotImplementedException("A budget has no wallet yet.");
}
