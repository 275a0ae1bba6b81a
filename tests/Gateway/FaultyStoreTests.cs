using Budgets.ApiHost;
using Budgets.Journal;
using Budgets.Tests.Grains;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Gateway;

/// <summary>A store that fails every fifth append, before or after it wrote: each call that was made is booked once, and none is free.</summary>
public sealed class FaultyStoreTests
{
    private const int Calls = 200;

    [Fact]
    public Task Each_call_that_was_made_is_booked_once_however_its_store_fails() => WithStore(async (agent, provider, store) =>
    {
        store.Share = 0.2;
        var statuses = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, _) =>
            statuses.Add((await agent.Post("/v1/chat/completions", Said.Hello)).Status));
        store.Share = 0;

        statuses.Should().OnlyContain(s => s == 200 || s == 503);
        store.Failures.Should().BeGreaterThan(10);
        await EachIsBooked(agent, provider, statuses.Count(s => s == 200));
    });

    [Fact]
    public Task Each_call_of_a_batch_that_was_made_is_booked_once_however_its_store_fails() => WithStore(async (agent, provider, store) =>
    {
        var made = 0;
        provider.Answer = (http, _) =>
        {
            // Dies in the middle, and is back for the end.
            var call = Interlocked.Increment(ref made);
            store.Share = call < 50 ? 0.2 : 0;
            store.IsFull = call is 20 or 21 or 22;
            return http.Response.WriteAsync(Said.Completion());
        };
        var requests = Enumerable.Range(0, Calls).Select(i => $$$"""{"url":"/v1/chat/completions","body":{{{Said.Hello.Replace("hello", $"hello {i}", StringComparison.Ordinal)}}}}""");
        var answer = await agent.Post("/v1/agents/batch", $$"""{"requests":[{{string.Join(",", requests)}}]}""");
        (store.Share, store.IsFull) = (0, false);

        answer.Status.Should().Be(200, answer.Text);
        var statuses = answer["results"].EnumerateArray().Select(r => r.GetProperty("status").GetInt32()).ToList();
        statuses.Should().HaveCount(Calls).And.OnlyContain(s => s == 200 || s == 503);
        store.Failures.Should().BePositive();
        await EachIsBooked(agent, provider, statuses.Count(s => s == 200));
    });

    [Fact]
    public Task Each_try_of_a_routed_batch_is_booked_once_however_its_store_fails() => WithStore(async (agent, provider, store) =>
    {
        const int requests = 40;
        var made = 0;
        provider.Answer = (http, body) =>
        {
            var call = Interlocked.Increment(ref made);
            store.Share = call < requests ? 0.3 : 0;
            store.IsFull = call is 20 or 21 or 22;
            var model = RoutedApi.ModelOf(body);
            return http.Response.WriteAsync(RoutedApi.Completion(model, model == RoutedApi.Small ? "\"\"" : "\"Hi\""));
        };
        var chats = Enumerable.Range(0, requests).Select(i => $$$"""{"url":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"hello {{{i}}}"}],"max_tokens":100}}""");
        var answer = await agent.Post("/v1/agents/batch", $$"""{"requests":[{{string.Join(",", chats)}}]}""");
        (store.Share, store.IsFull) = (0, false);

        answer.Status.Should().Be(200, answer.Text);
        store.Failures.Should().BePositive();
        var results = answer["results"].EnumerateArray().Select(r => (Status: r.GetProperty("status").GetInt32(), Route: r.GetProperty("route").GetString())).ToList();
        results.Should().OnlyContain(r => r.Status == 200 || r.Status == 503);
        var calls = provider.Calls.CountBy(c => RoutedApi.ModelOf(c.Body)).ToDictionary();
        calls[RoutedApi.Small].Should().Be(results.Count(r => r.Status == 200), "whoever was not told 200 was told before the call");
        calls[RoutedApi.Middle].Should().Be(results.Count(r => r.Route == "auto:simple:fallback")).And.BePositive();
        var settled = (await AtRest(agent)).Where(l => l.Kind == "settle").ToList();
        settled.CountBy(l => l.Model!).Should().BeEquivalentTo(calls);
        settled.Should().OnlyContain(l => l.Amount == Priced.Quote(l.Model!, new TokenUsage(11, 9), TimeProvider.System.GetUtcNow()).Amount.InDollars);
    });

    private static async Task EachIsBooked(Agent agent, FakeProvider provider, int answered)
    {
        var settled = (await AtRest(agent)).Where(l => l.Kind == "settle").ToList();
        settled.Should().HaveCount(provider.Calls.Count).And.HaveCount(answered, "whoever was not told 200 was told before the call");
        settled.Should().OnlyContain(l => l.Amount == Priced.Quote("gpt-4o", new TokenUsage(11, 9), TimeProvider.System.GetUtcNow()).Amount.InDollars);
    }

    private static async Task WithStore(Func<Agent, FakeProvider, FaultyJournalStore, Task> test)
    {
        var directory = Directory.CreateTempSubdirectory("budgets-faulty-").FullName;
        await using var provider = await FakeProvider.Start();
        provider.Says(Said.Completion());
        FaultyJournalStore? store = null;
        await using var app = BudgetsApi.Build(
            [
                "--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", directory,
                "--Budgets:Gateway:Providers:openai:BaseUrl", $"{provider.Address}v1", "--Budgets:Gateway:Providers:openai:ApiKey", "mock",
                "--Budgets:Gateway:Routing:Simple:Models", RoutedApi.Small, "--Budgets:Gateway:Routing:Simple:ExpectedQuality", "0.9",
                "--Budgets:Gateway:Routing:Medium:Models", RoutedApi.Middle, "--Budgets:Gateway:Routing:Medium:ExpectedQuality", "0.9",
            ],
            builder =>
            {
                var real = builder.Services.Last(d => d.ServiceType == typeof(IJournalStore));
                builder.Services.AddSingleton<IJournalStore>(s => store = new FaultyJournalStore((IJournalStore)real.ImplementationFactory!(s), seed: 24));
            });
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var created = await new Party(http, (await File.ReadAllTextAsync(Path.Combine(directory, "operator.key"))).Trim()).Post("/v1/agents", """{"name":"Caller","budget":{"daily_limit":100}}""");
        await test(new Agent(http, created["api_key"].GetString()!, created["agent_id"].GetString()!), provider, store!);
        await app.StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<List<Line>> AtRest(Agent agent)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var lines = await GatewayApi.Lines(agent);
            if (lines.Count(l => l.Kind == "hold") == lines.Count(l => l.Kind is "settle" or "release"))
            {
                return lines;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }
}
