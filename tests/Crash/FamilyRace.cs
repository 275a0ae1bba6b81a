using System.Collections.Concurrent;

namespace Budgets.Tests.Crash;

/// <summary>A parent with $10.00 left, and two hundred children who charge $0.01 as fast as they can, each until it is refused once.</summary>
internal sealed class FamilyRace(Rest rest, string operatorKey)
{
    private const int Children = 200;
    private const int Fit = 1_000;
    private const decimal Limit = 25;
    private const decimal Before = 15;

    /// <summary>
    /// From the last answer until the parent knows how everything went: what was spent is told every five seconds, by a child and by its parent's tree, and after fifteen where
    /// somebody must be asked.
    /// </summary>
    private static readonly TimeSpan KnownAbove = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<string> _unanswered = new();
    private int _admitted;

    /// <summary>The answers that were none, before the same key had one.</summary>
    public IReadOnlyCollection<string> Unanswered => _unanswered;

    public async Task Run()
    {
        var parent = await Ask("/v1/agents", operatorKey, $$$"""{"name":"race","time_zone":"{{{FarFromMidnight.Zone}}}","budget":{"daily_limit":{{{Limit}}}}}""");
        var (id, key) = (parent.Body.GetProperty("agent_id").GetString()!, parent.Body.GetProperty("api_key").GetString()!);
        await Ask("/v1/charges", key, $$"""{"amount":{{Before}}}""");
        var children = new List<string>();
        foreach (var some in Enumerable.Range(0, Children).Chunk(20))
        {
            var born = await Task.WhenAll(some.Select(_ => Ask("/v1/agents/create-child", key, """{"child_name":"racer"}""")));
            children.AddRange(born.Select(b => b.Body.GetProperty("api_key").GetString()!));
        }

        using var flag = new SemaphoreSlim(0);
        var racers = children.Select(child => Task.Run(async () =>
        {
            await flag.WaitAsync();
            await Race(child, id);
        })).ToList();
        flag.Release(Children);
        await Task.WhenAll(racers);

        _faults.Should().BeEmpty($"{_faults.Count} answers were wrong");
        _admitted.Should().Be(Fit);
        var usage = await Rest.UntilAnswered(() => rest.Get("/v1/agents/children/usage", key));
        usage.Body.GetProperty("total_spent").GetDecimal().Should().Be(Limit - Before);
        (await Standing(key)).Remaining.Should().Be(0);
        await Settled(key);
        (await Standing(key)).Should().Be((Limit, 0m, 0m));
    }

    private async Task Race(string child, string parent)
    {
        for (var n = 0; ; n++)
        {
            var answer = await Insist(child, $"charge-{n}");
            switch (answer.Status)
            {
                case 201:
                    Interlocked.Increment(ref _admitted);
                    break;
                case 402 when answer.Body.GetProperty("refused_by").GetString() == parent && IsRight(answer):
                    return;
                default:
                    _faults.Enqueue($"{answer.Status} {answer.Body}");
                    return;
            }
        }
    }

    /// <summary>The parent's own figures, which leave less than a cent.</summary>
    private static bool IsRight(Answer refused)
    {
        var (limit, remaining, requested) = (Dollars(refused, "limit_amount"), Dollars(refused, "amount_remaining"), Dollars(refused, "requested"));
        return (refused.Code, limit, requested) == ("budget_exceeded", Limit, 0.01m)
            && remaining < requested && Dollars(refused, "amount_spent") + Dollars(refused, "amount_held") + remaining == limit;
    }

    private async Task<Answer> Insist(string child, string idempotencyKey)
    {
        var answer = await rest.Post("/v1/charges", child, """{"amount":0.01}""", idempotencyKey);
        if (!answer.IsUnknown)
        {
            return answer;
        }

        _unanswered.Enqueue($"{answer.Code}: {answer.Body}");
        return await rest.PostUntilAnswered("/v1/charges", child, """{"amount":0.01}""", idempotencyKey);
    }

    private async Task<(decimal Spent, decimal Held, decimal Remaining)> Standing(string key)
    {
        var budget = await Rest.UntilAnswered(() => rest.Get("/v1/agents/budget", key));
        var daily = budget.Body.GetProperty("windows").EnumerateArray().Single(w => w.GetProperty("limit_type").GetString() == "daily");
        return (daily.GetProperty("spent").GetDecimal(), daily.GetProperty("held").GetDecimal(), daily.GetProperty("remaining").GetDecimal());
    }

    private async Task Settled(string key)
    {
        using var deadline = new CancellationTokenSource(KnownAbove);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while ((await Standing(key)).Held > 0)
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    private async Task<Answer> Ask(string path, string key, string body)
    {
        var answer = await rest.PostUntilAnswered(path, key, body, path == "/v1/charges" ? "before" : null);
        answer.Status.Should().Be(201, $"{answer.Body}");
        return answer;
    }

    private static decimal Dollars(Answer answer, string member) => answer.Body.GetProperty(member).GetDecimal();
}
