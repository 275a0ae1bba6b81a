using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using Entry = Budgets.Tests.Gateway.LostHostTests.Entry;

namespace Budgets.Tests.Gateway;

/// <summary>A host that is killed in the middle of a batch: what was answered is booked as it was, what was under way as the most that it can be, and what was not begun costs nothing.</summary>
public sealed class LostBatchTests
{
    private const int Requests = 30;
    private const int Answered = 10;
    private const int AtOnce = 8;
    private const string Path = "/v1/agents/batch";
    private const string Key = "the-batch";

    private static readonly TokenUsage s_answered = new(11, 9);

    /// <summary>More than it was answered with: the provider bills what it has made so far.</summary>
    private static readonly TokenUsage s_underWay = new(11, 40);

    private readonly ConcurrentDictionary<string, TokenUsage> _billed = new();

    [Fact]
    public async Task A_host_that_is_killed_in_a_batch_books_each_call_once_and_all_of_them_under_the_cap()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-lost-batch-").FullName;
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        await using var provider = await FakeProvider.Start();
        provider.Answer = Answer;
        var (key, id, cap) = await Killed(directory, operatorKey, provider);
        _billed.Should().HaveCount(Answered + AtOnce);

        await using var app = await LostHostTests.Later(
            directory, operatorKey, "--Budgets:Gateway:Providers:openai:BaseUrl", $"{provider.Address}v1", "--Budgets:Gateway:Providers:openai:ApiKey", "mock");
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var caller = new Agent(http, key, id);

        var lines = await LostHostTests.AtRest(caller);
        var holds = lines.Where(l => l.Kind == "hold").ToList();
        var ends = lines.Where(l => l.Kind != "hold").ToList();
        holds.Should().HaveCount(1 + Answered + AtOnce);
        ends.Select(l => l.Id).Should().BeEquivalentTo(holds.Select(l => l.Id), "each ends once");
        var (whole, parts) = (holds[0], holds.Skip(1).ToDictionary(l => l.Id, l => l.Amount));
        whole.Amount.Should().Be(cap);
        ends.Single(l => l.Id == whole.Id).Kind.Should().Be("expire", "nobody began the rest");
        var booked = ends.Where(l => l.Id != whole.Id).ToList();
        booked.Should().OnlyContain(l => l.Kind == "settle");
        booked.Where(l => l.Detail is null).Select(l => l.Amount).Should().Equal(Enumerable.Repeat(LostHostTests.Cost(s_answered), Answered));
        booked.Where(l => l.Detail is not null).Should().HaveCount(AtOnce).And.OnlyContain(l => l.Amount == parts[l.Id] && l.Detail!.StartsWith("assumed", StringComparison.Ordinal));

        var spent = booked.Sum(l => l.Amount);
        spent.Should().BeGreaterThanOrEqualTo(_billed.Values.Sum(LostHostTests.Cost)).And.BeLessThanOrEqualTo(cap);
        (await LostHostTests.Total(caller)).Should().Be((spent, 0m));
        (await caller.Get("/v1/agents/ledger/verify"))["verified"].GetBoolean().Should().BeTrue();

        // Whoever did not hear the answer asks again.
        var again = await caller.Post(Path, Batch("open"), Key);
        (again.Status, again.Code).Should().Be((409, "call_made_before"), again.Text);
        _billed.Should().HaveCount(Answered + AtOnce, "nothing is made twice");
        await app.StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private async Task<(string Key, string Id, decimal Cap)> Killed(string directory, string operatorKey, FakeProvider provider)
    {
        using var process = ApiProcess.Start(directory, operatorKey, new Dictionary<string, string>
        {
            ["Budgets__Gateway__Providers__openai__BaseUrl"] = $"{provider.Address}v1",
            ["Budgets__Gateway__Providers__openai__ApiKey"] = "mock",
        });
        var (address, _) = await process.Ready();
        using var http = new HttpClient { BaseAddress = address };
        var people = new Party(http, operatorKey);

        // How much is held for such a batch is all that there will be for the next.
        var first = await LostHostTests.NewAgent(people, "100");
        var cap = (await new Agent(http, first.Key, first.Id).Post(Path, Batch("done")))["held"].GetDecimal();
        _billed.Clear();
        var (key, id) = await LostHostTests.NewAgent(people, cap.ToString(CultureInfo.InvariantCulture));
        var agent = new Agent(http, key, id);

        var batch = LostHostTests.Swallow(agent.Post(Path, Batch("open"), Key));
        await LeavingTests.Until(async () => _billed.Count == Answered + AtOnce && (await LostHostTests.Lines(agent)).Count(l => l.Kind == "settle") == Answered);
        await process.Kill();
        await batch;
        return (key, id, cap);
    }

    /// <summary>The provider's journal is what it bills: what was read, and what it made of it.</summary>
    private async Task Answer(HttpContext http, string body)
    {
        var call = body[body.IndexOf("call ", StringComparison.Ordinal)..body.IndexOf(" end", StringComparison.Ordinal)];
        if (call.Contains("done", StringComparison.Ordinal))
        {
            _billed[call] = s_answered;
            await http.Response.WriteAsync(Said.Completion());
            return;
        }

        _billed[call] = s_underWay;
        var gone = new TaskCompletionSource();
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    /// <param name="rest">What becomes of those after the first: done, or open.</param>
    private static string Batch(string rest)
    {
        var requests = new StringBuilder();
        for (var i = 0; i < Requests; i++)
        {
            var body = Said.Hello.Replace("hello", $"call {(i < Answered ? "done" : rest)} {i:00} end", StringComparison.Ordinal);
            requests.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"url":"/v1/chat/completions","body":{{body}}}""");
        }

        return $$"""{"max_concurrency":{{AtOnce}},"requests":[{{requests}}]}""";
    }
}
