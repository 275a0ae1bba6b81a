using Budgets.ApiHost;
using Budgets.ApiHost.Auth;

// For clusters, whose API hosts share no directory to keep one in, and for whoever scrapes metrics.
if (args is ["operator-key" or "metrics-key"])
{
    Console.WriteLine(ApiKey.New(args[0] == "operator-key" ? ApiKey.OperatorPrefix : ApiKey.MetricsPrefix));
    return 0;
}

if (args is ["health", ..])
{
    return await HealthQuestion.Ask(args[1..], Console.Out);
}

// The contract is in Endpoints/, one resource a file; how the host is put together is in BudgetsApi.
return await Embedded.Run(async () =>
{
    await using var app = BudgetsApi.Build(args);
    await BudgetsApi.Run(app);
});
