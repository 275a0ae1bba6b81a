// An agent that asks before it spends. In a clone of this repository:
//   dotnet run --project docs/samples/ResearchAgent
// runs it with budgets of its own, in ./data/research-agent. As a client of a cluster it takes the settings that an API host takes, and the id of an
// agent that the operator has made (POST /v1/agents):
//   Budgets__Cluster=AzureStorage ConnectionStrings__Storage=… dotnet run --project docs/samples/ResearchAgent -- agent_…
using Budgets;
using Budgets.Client;
using Budgets.Silo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var faults = new List<string>();
if (ClusterSettings.Read(builder.Configuration, faults) is { } cluster)
{
    builder.UseOrleansClient(client => client.AddClusterClient(cluster));
}
else
{
    Launch.RefuseIf(faults);
    builder.UseOrleans(silo => silo.AddBudgetSilo(builder.Configuration["Budgets:DataDirectory"] ?? "./data/research-agent"));
}

// All that an agent's own program needs, whichever of the two it is.
builder.Services.AddBudgetsClient();

using var host = builder.Build();
await host.StartAsync();
try
{
    var agent = args is [.. , var id] && AgentId.IsWellFormed(id) ? new AgentId(id) : await NewAgent(host.Services.GetRequiredService<IClusterClient>());
    var budget = host.Services.GetRequiredService<IBudgets>().For(agent);
    foreach (var question in (string[])["the weather", "the stock market", "the weather again"])
    {
        await Research(budget, question);
    }

    var usage = await budget.Usage(UsagePeriod.Today);
    Console.WriteLine($"Spent today: ${usage!.Usage.Total.Cost} in {usage.Usage.Total.Calls} calls.");
    return 0;
}
catch (OutcomeUnknownException e)
{
    // Nobody answered for half a minute. The key finds out later what became of it.
    Console.Error.WriteLine(e.Message);
    return 1;
}
finally
{
    await host.StopAsync();
}

static async Task Research(IBudget budget, string question)
{
    var answer = await budget.Reserve(Money.FromDollars(10.00m), new Purpose(Model: "claude-4-5-sonnet", Operation: "research", Tags: [question]));
    if (!answer.IsAccepted(out var reservation, out var refused))
    {
        Console.WriteLine($"Not asked about {question}: {refused.Sentence}");
        return;
    }

    // Whatever happens before the commit, the money goes back.
    await using (reservation)
    {
        var cost = await AskTheModel(question);
        var committed = await reservation.Commit(cost);
        Console.WriteLine($"Asked about {question} for ${committed.Accepted.Amount}; ${committed.Accepted.Released} of the reservation came back.");
    }
}

// Where your agent calls its model. What it cost is known afterwards.
static Task<Money> AskTheModel(string question) => Task.FromResult(Money.FromDollars(question.Length * 0.5m));

// Making agents is the operator's work. On budgets of its own, this sample is that too.
static async Task<AgentId> NewAgent(IClusterClient grains)
{
    var agent = new AgentId(Base62.Random(AgentId.Prefix, 20));
    var atMost20ADay = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.Dollars(20)));
    await grains.GetGrain<IBudgetGrain>(agent.Value).Open(new OpenRequest("researcher", "operator", "UTC", IsoDayOfWeek.Monday, Parent: null, atMost20ADay));
    return agent;
}
