using System.Globalization;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using static Budgets.Tests.Gateway.RoutedApi;

namespace Budgets.Tests.Gateway;

/// <summary>A host that is killed while calls of a batch are made of their next models: those book themselves, whatever has become of the batch's own hold.</summary>
public sealed class LostFallbackTests
{
    private const int Requests = 6;
    private const int AtOnce = 2;
    private const string Path = "/v1/agents/batch";
    private const string Key = "the-batch";

    private readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _fallen;

    [Fact]
    public async Task A_host_that_is_killed_while_models_are_followed_by_others_books_each_that_may_cost_once()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-lost-fallback-").FullName;
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        await using var provider = await FakeProvider.Start();
        provider.Answer = Answer;
        var (key, id) = await Killed(directory, operatorKey, provider);

        await using var app = await LostHostTests.Later(directory, operatorKey, [.. Settings(provider).SelectMany(s => new[] { $"--{s.Key}", s.Value })]);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var caller = new Agent(http, key, id);

        var lines = await LostHostTests.AtRest(caller);
        var holds = lines.Where(l => l.Kind == "hold").ToDictionary(l => l.Id, l => l.Amount);
        var ends = lines.Where(l => l.Kind != "hold").ToList();
        ends.Select(l => l.Id).Should().BeEquivalentTo(holds.Keys, "each ends once");
        ends.Select(l => l.Kind).Should().BeEquivalentTo(["release", "release", "settle", "settle", "expire"], "two came to nothing, two may have cost, and the rest was never begun");
        ends.Single(l => l.Kind == "expire").Id.Should().Be(lines[0].Id);
        var booked = ends.Where(l => l.Kind == "settle").ToList();
        booked.Should().OnlyContain(l => l.Amount == holds[l.Id] && l.Detail!.StartsWith("assumed", StringComparison.Ordinal));
        (await LostHostTests.Total(caller)).Should().Be((booked.Sum(l => l.Amount), 0m));
        (await caller.Get("/v1/agents/ledger/verify"))["verified"].GetBoolean().Should().BeTrue();

        // Whoever did not hear the answer asks again.
        var again = await caller.Post(Path, Batch(), Key);
        (again.Status, again.Code).Should().Be((409, "call_made_before"), again.Text);
        provider.Calls.Should().HaveCount(2 * AtOnce, "nothing is made twice");
        await app.StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task<(string Key, string Id)> Killed(string directory, string operatorKey, FakeProvider provider)
    {
        using var process = ApiProcess.Start(directory, operatorKey, Settings(provider).ToDictionary(s => s.Key.Replace(":", "__", StringComparison.Ordinal), s => s.Value));
        var (address, _) = await process.Ready();
        using var http = new HttpClient { BaseAddress = address };
        var (key, id) = await LostHostTests.NewAgent(new Party(http, operatorKey), "1");
        var batch = LostHostTests.Swallow(new Agent(http, key, id).Post(Path, Batch(), Key));
        await _underWay.Task;
        await process.Kill();
        await batch;
        return (key, id);
    }

    /// <summary>The first model turns everybody away; the next one never comes to its end.</summary>
    private async Task Answer(HttpContext http, string body)
    {
        if (ModelOf(body) == Small)
        {
            http.Response.StatusCode = 429;
            await http.Response.WriteAsync("""{"error":{"message":"slow down"}}""");
            return;
        }

        if (Interlocked.Increment(ref _fallen) == AtOnce)
        {
            _underWay.SetResult();
        }

        var gone = new TaskCompletionSource();
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private static Dictionary<string, string> Settings(FakeProvider provider) => new()
    {
        ["Budgets:Gateway:Providers:openai:BaseUrl"] = $"{provider.Address}v1",
        ["Budgets:Gateway:Providers:openai:ApiKey"] = "mock",
        ["Budgets:Gateway:Retries"] = "0",
        ["Budgets:Gateway:Routing:Simple:Models"] = Small,
        ["Budgets:Gateway:Routing:Simple:ExpectedQuality"] = "0.85",
        ["Budgets:Gateway:Routing:Medium:Models"] = Middle,
        ["Budgets:Gateway:Routing:Medium:ExpectedQuality"] = "0.9",
    };

    private static string Batch()
    {
        const string request = """{"url":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"hello #"}],"max_tokens":100}}""";
        var requests = Enumerable.Range(0, Requests).Select(i => request.Replace("#", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return $$"""{"max_concurrency":{{AtOnce}},"requests":[{{string.Join(",", requests)}}]}""";
    }
}
