using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Budgets.ApiHost;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Gateway;

/// <summary>A host that is killed while calls go through it: each that the provider began is booked once, for as much as it has billed at least, and all of them stay under the cap.</summary>
public sealed class LostHostTests
{
    private const int Done = 4;
    private const int Asked = 40;
    private const int Room = 24;
    private const int Unreached = 3;

    private readonly ConcurrentDictionary<string, TokenUsage> _billed = new();

    [Fact]
    public async Task A_host_that_is_killed_makes_no_open_call_free()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-lost-").FullName;
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        await using var provider = await FakeProvider.Start();
        provider.Answer = Answer;

        // It is there and takes nothing in: what is sent to it was never read by anybody.
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        var (agent, unreached, most) = await Killed(directory, operatorKey, provider, (IPEndPoint)deaf.LocalEndpoint);

        await using var app = await Later(directory, operatorKey);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var caller = new Agent(http, agent.Key, agent.Id);

        var lines = await AtRest(caller);
        var holds = lines.Where(l => l.Kind == "hold").ToDictionary(l => l.Id, l => l.Amount);
        var ends = lines.Where(l => l.Kind != "hold").ToList();
        holds.Should().HaveCount(Done + Room);
        ends.Should().HaveCount(Done + Room).And.OnlyContain(l => l.Kind == "settle");
        ends.Select(l => l.Id).Should().BeEquivalentTo(holds.Keys, "each ends once");
        ends.Where(l => l.Detail is not null).Should().HaveCount(Room).And.OnlyContain(l => l.Amount == holds[l.Id] && l.Detail!.StartsWith("assumed", StringComparison.Ordinal));
        _billed.Should().HaveCount(Done + Room);
        _billed.Values.Should().OnlyContain(u => Cost(u) <= most, "what is booked of a call is at least what it is billed");
        var spent = ends.Sum(l => l.Amount);
        spent.Should().BeGreaterThanOrEqualTo(_billed.Values.Sum(Cost)).And.BeLessThanOrEqualTo(agent.Cap);
        (await Total(caller)).Should().Be((spent, 0m));
        (await caller.Get("/v1/agents/ledger/verify"))["verified"].GetBoolean().Should().BeTrue();

        // Whether these were begun the host could not know: they cost as much.
        var unknown = await AtRest(new Agent(http, unreached.Key, unreached.Id));
        unknown.Count(l => l.Kind == "settle").Should().Be(Unreached);
        unknown.Where(l => l.Kind == "settle").Sum(l => l.Amount).Should().Be(unknown.Where(l => l.Kind == "hold").Sum(l => l.Amount));
        await app.StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task<((string Key, string Id, decimal Cap) Agent, (string Key, string Id) Unreached, decimal Held)> Killed(
        string directory, string operatorKey, FakeProvider provider, IPEndPoint deaf)
    {
        using var process = ApiProcess.Start(directory, operatorKey, new Dictionary<string, string>
        {
            ["Budgets__Gateway__Providers__openai__BaseUrl"] = $"{provider.Address}v1",
            ["Budgets__Gateway__Providers__openai__ApiKey"] = "mock",
            ["Budgets__Gateway__Providers__mistral__BaseUrl"] = $"http://{deaf}/v1",
            ["Budgets__Gateway__Providers__mistral__ApiKey"] = "mock",
        });
        var (address, _) = await process.Ready();
        using var http = new HttpClient { BaseAddress = address };
        var people = new Party(http, operatorKey);

        // How much is held for a call.
        var first = await NewAgent(people, "100");
        await new Agent(http, first.Key, first.Id).Post("/v1/chat/completions", Body("done first"));
        _billed.Clear();
        var held = (await AtRest(new Agent(http, first.Key, first.Id)))[0].Amount;

        var cap = (held * Room) + (Done * Cost(new TokenUsage(11, 9)));
        var (key, id) = await NewAgent(people, cap.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var agent = new Agent(http, key, id);
        for (var i = 0; i < Done; i++)
        {
            (await agent.Post("/v1/chat/completions", Body($"done {i}"))).Status.Should().Be(200);
        }

        var apart = await NewAgent(people, "100");
        var reaching = Enumerable.Range(0, Unreached)
            .Select(_ => Swallow(new Agent(http, apart.Key, apart.Id).Post("/v1/chat/completions", Said.HelloStreamed.Replace("gpt-4o", "mistral-large-latest", StringComparison.Ordinal)))).ToList();
        using var refused = new SemaphoreSlim(0);
        using var seen = new SemaphoreSlim(0);
        var open = Enumerable.Range(0, Asked).Select(i => Swallow(Call(http, key, Body(i % 3 == 0 ? $"silent {i}" : $"open {i}"), refused, seen))).ToList();

        // Whoever does not fit is told, and the others are as far as they come.
        for (var i = 0; i < Asked - Room; i++)
        {
            await refused.WaitAsync();
        }

        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (_billed.Count < Done + Room)
        {
            await pause.WaitForNextTickAsync();
        }

        for (var i = 0; i < _billed.Keys.Count(k => k.Contains("open", StringComparison.Ordinal)); i++)
        {
            await seen.WaitAsync();
        }

        while ((await Lines(new Agent(http, apart.Key, apart.Id))).Count < Unreached)
        {
            await pause.WaitForNextTickAsync();
        }

        await process.Kill();
        await Task.WhenAll([.. open, .. reaching]);
        return ((key, id, cap), apart, held);
    }

    /// <summary>The provider's journal is what it bills: what was read, and what it made of it.</summary>
    private async Task Answer(HttpContext http, string body)
    {
        var call = body[body.IndexOf("call ", StringComparison.Ordinal)..body.IndexOf(" end", StringComparison.Ordinal)];
        _billed[call] = new TokenUsage(11);
        if (call.Contains("done", StringComparison.Ordinal))
        {
            _billed[call] = new TokenUsage(11, 9);
            await FakeProvider.Stream(http, [Said.Chunk("Hi"), Said.UsageChunk(), Said.Done]);
            return;
        }

        if (call.Contains("open", StringComparison.Ordinal))
        {
            _billed[call] = new TokenUsage(11, 40);
            await FakeProvider.Stream(http, Enumerable.Repeat(Said.Chunk("Hi"), 40));
        }

        var gone = new TaskCompletionSource();
        http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private static async Task Call(HttpClient http, string key, string body, SemaphoreSlim refused, SemaphoreSlim seen)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode == HttpStatusCode.PaymentRequired)
        {
            refused.Release();
            return;
        }

        var stream = await answer.Content.ReadAsStreamAsync();
        (await stream.ReadAsync(new byte[1])).Should().Be(1);
        seen.Release();
        await stream.CopyToAsync(Stream.Null);
    }

    internal static async Task Swallow(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The host is gone.
        }
    }

    private static string Body(string call) => Said.HelloStreamed.Replace("hello", $"call {call} end".PadRight(32), StringComparison.Ordinal);

    internal static async Task<(string Key, string Id)> NewAgent(Party people, string limit)
    {
        var created = await people.Post("/v1/agents", $$$"""{"name":"Caller","budget":{"total_limit":{{{limit}}}}}""");
        created.Status.Should().Be(201, created.Text);
        return (created["api_key"].GetString()!, created["agent_id"].GetString()!);
    }

    internal static decimal Cost(TokenUsage usage) => Priced.Quote("gpt-4o", usage, TimeProvider.System.GetUtcNow()).Amount.InDollars;

    /// <summary>Another host on the same directory, when what the killed one held has expired.</summary>
    internal static async Task<WebApplication> Later(string directory, string operatorKey, params string[] settings)
    {
        // Later than its expiry by a bit: dues lie on a grid.
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(HoldRequest.DefaultTtlSeconds + 60));
        var app = BudgetsApi.Build(
            ["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", directory, "--Budgets:OperatorKey", operatorKey, .. settings],
            builder => builder.Services.AddKeyedSingleton<TimeProvider>("Budgets", clock));
        await app.StartAsync();
        return app;
    }

    internal static async Task<(decimal Spent, decimal Held)> Total(Agent agent)
    {
        var total = (await agent.Get("/v1/agents/budget"))["windows"].EnumerateArray().Single(w => w.GetProperty("limit_type").GetString() == "total");
        return (total.GetProperty("spent").GetDecimal(), total.GetProperty("held").GetDecimal());
    }

    internal static async Task<List<Entry>> AtRest(Agent agent)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            var lines = await Lines(agent);
            if (lines.Count > 0 && lines.Count(l => l.Kind == "hold") == lines.Count(l => l.Kind is "settle" or "release" or "expire"))
            {
                return lines;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    internal static async Task<List<Entry>> Lines(Agent agent)
    {
        var page = await agent.Get("/v1/agents/ledger?limit=100");
        page.Status.Should().Be(200, page.Text);
        return
        [
            .. from e in page["data"].EnumerateArray().Reverse()
               let kind = e.GetProperty("kind").GetString()
               where kind is not ("config" or "extend")
               select new Entry(kind, e.GetProperty("reservation_id").GetString()!, e.GetProperty("amount").GetDecimal(), e.TryGetProperty("detail", out var detail) ? detail.GetString() : null),
        ];
    }

    internal sealed record Entry(string Kind, string Id, decimal Amount, string? Detail);
}
