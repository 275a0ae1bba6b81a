using Budgets.ApiHost;
using Microsoft.Extensions.Options;

// The contract is in Endpoints/, one resource a file; how the host is put together is in BudgetsApi.
try
{
    await BudgetsApi.Build(args).RunAsync();
    return 0;
}
catch (OptionsValidationException e)
{
    Console.Error.WriteLine("The configuration has faults:");
    foreach (var fault in e.Failures)
    {
        Console.Error.WriteLine("- " + fault);
    }

    return 1;
}
