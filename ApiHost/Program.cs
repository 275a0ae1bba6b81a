using Budgets.ApiHost;
using Budgets.ApiHost.Auth;
using Microsoft.Extensions.Options;

if (args is ["operator-key"])
{
    // For clusters, whose API hosts share no directory to keep one in.
    Console.WriteLine(ApiKey.New(ApiKey.OperatorPrefix));
    return 0;
}

// The contract is in Endpoints/, one resource a file; how the host is put together is in BudgetsApi.
try
{
    await using var app = BudgetsApi.Build(args);
    await BudgetsApi.Run(app);
    return 0;
}
catch (OptionsValidationException e)
{
    return Refuse([.. e.Failures]);
}
catch (IOException e)
{
    // The port is taken, or the data directory is somebody else's: its message says all there is to say.
    return Refuse(e.Message);
}

static int Refuse(params string[] faults)
{
    Console.Error.WriteLine("Not started:");
    foreach (var fault in faults)
    {
        Console.Error.WriteLine("- " + fault);
    }

    return 1;
}
