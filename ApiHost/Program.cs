using Budgets.ApiHost;
using Budgets.ApiHost.Auth;

if (args is ["operator-key"])
{
    // For clusters, whose API hosts share no directory to keep one in.
    Console.WriteLine(ApiKey.New(ApiKey.OperatorPrefix));
    return 0;
}

// The contract is in Endpoints/, one resource a file; how the host is put together is in BudgetsApi.
return await Embedded.Run(async () =>
{
    await using var app = BudgetsApi.Build(args);
    await BudgetsApi.Run(app);
});
