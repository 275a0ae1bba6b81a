// An agent that calls its model itself, with the budget in between. In a clone of this repository:
//   OPENAI_API_KEY=… dotnet run --project docs/samples/WritingAgent
// OPENAI_BASE_URL names another provider with OpenAI's interface. Budgets are in ./data/writing-agent.
using System.ClientModel;
using Budgets;
using Budgets.Client;
using Budgets.Client.AI;
using Budgets.Silo;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenAI;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleans(silo => silo.AddBudgetSilo(builder.Configuration["Budgets:DataDirectory"] ?? "./data/writing-agent"));
builder.Services.AddBudgetsClient();
using var host = builder.Build();
await host.StartAsync();

// Making agents is the operator's work; this one may spend a cent a day.
var agent = new AgentId(Base62.Random(AgentId.Prefix, 20));
var aCentADay = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.FromDollars(0.01m)));
await host.Services.GetRequiredService<IClusterClient>().GetGrain<IBudgetGrain>(agent.Value)
    .Open(new OpenRequest("writer", "operator", "UTC", IsoDayOfWeek.Monday, Parent: null, aCentADay));

var provider = new OpenAIClient(
    new ApiKeyCredential(builder.Configuration["OPENAI_API_KEY"] ?? throw new InvalidOperationException("OPENAI_API_KEY is not set.")),
    new OpenAIClientOptions { Endpoint = new Uri(builder.Configuration["OPENAI_BASE_URL"] ?? "https://api.openai.com/v1") });

// The budget comes last, next to the provider: each call of a round of tools then has a hold of its own.
using var chat = provider.GetChatClient("gpt-4o").AsIChatClient().AsBuilder()
    .UseFunctionInvocation()
    .UseAgentBudget(agent, budget => budget.Operation = "write")
    .Build(host.Services);

var answer = await chat.GetResponseAsync("Say hello.");
Console.WriteLine($"{answer.Text} (${answer.AdditionalProperties![BudgetNotes.Cost]}, ${answer.AdditionalProperties[BudgetNotes.Remaining]} left)");
try
{
    await chat.GetResponseAsync("Write a novel.", new ChatOptions { MaxOutputTokens = 10_000 });
}
catch (CallRefusedException e)
{
    Console.WriteLine(e.Message);
}

await host.StopAsync();
