using Budgets.Tests.Crash;

namespace Budgets.Tests.Alerts;

/// <summary>A webhook of an agent, set by the agent itself or from above.</summary>
/// <param name="Layer">"o" or "a", as the ids of its letters end.</param>
internal sealed record Hook(string Path, string Secret, string Layer);

/// <summary>A letter that is to arrive.</summary>
/// <param name="Number">The alert's, from 1.</param>
internal sealed record ExpectedLetter(string Id, Hook Hook, int Number, string Agent, ExpectedAlert Alert);

/// <summary>
/// An agent that spends through its thresholds up to its limit and on into refusal, one request after the other, each until it knows how it ended, through any number of lives of the host.
/// </summary>
internal sealed class Watched
{
    private const int MostRefusals = 4;

    private readonly Random _random;
    private readonly AlertModel _model;
    private readonly long _limit;
    private Request? _pending;
    private (string Id, long Nanos)? _held;
    private int _keys, _refusals;

    private Watched(string agent, string apiKey, IReadOnlyList<Hook> hooks, AlertModel model, Random random)
    {
        (Agent, ApiKey, Hooks, _model, _random) = (agent, apiKey, hooks, model, random);
        _limit = model.Remaining;
    }

    public string Agent { get; }

    public string ApiKey { get; }

    public IReadOnlyList<Hook> Hooks { get; }

    /// <summary>It has been refused often enough.</summary>
    public bool IsDone => _refusals >= MostRefusals && _pending is null && _held is null;

    public long Spent => _model.Spent;

    /// <summary>Requests that had no answer at first and were sent again with the same key.</summary>
    public int Unanswered { get; private set; }

    /// <summary>In the order in which each hook is to hear of them.</summary>
    public IEnumerable<ExpectedLetter> Letters =>
        from hook in Hooks
        from alert in _model.Alerts.Select((a, i) => (Alert: a, Number: i + 1))
        select new ExpectedLetter($"alr_{Agent["agent_".Length..]}_{alert.Number}-{hook.Layer}w", hook, alert.Number, Agent, alert.Alert);

    /// <param name="seed">How it spends, and what it is watched by.</param>
    public static async Task<Watched> Open(Rest rest, string operatorKey, Uri receiver, int seed)
    {
        var random = new Random(seed);
        var daily = random.Next(100, 5_000) * 10_000_000L;
        (string, long)[] limits = random.Next(2) == 0 ? [("daily", daily)] : [("daily", daily), ("total", random.Next(80, 131) * daily / 100)];
        var budget = string.Join(',', limits.Select(l => $"\"{l.Item1}_limit\":{Intent.Dollars(l.Item2)}"));
        var opened = await rest.PostUntilAnswered("/v1/agents", operatorKey, $$$"""{"name":"watched","time_zone":"{{{FarFromMidnight.Zone}}}","budget":{{{{budget}}}}}""", null);
        opened.Status.Should().Be(201, opened.Code);
        var (agent, apiKey) = (opened.Body.GetProperty("agent_id").GetString()!, opened.Body.GetProperty("api_key").GetString()!);

        string[] layers = random.Next(4) switch { 0 => ["a", "o"], 1 => ["a"], _ => ["o"] };
        var hooks = new List<Hook>();
        foreach (var layer in layers)
        {
            var path = $"/{agent}/{layer}";
            var (alerts, by) = layer == "a" ? ($"/v1/agents/{agent}/alerts", operatorKey) : ("/v1/agents/alerts", apiKey);
            var set = await rest.PostUntilAnswered(
                alerts, by, $$"""{"alert_at_50_percent":true,"alert_at_80_percent":true,"alert_at_95_percent":true,"webhook_url":"{{new Uri(receiver, path)}}"}""", null);
            if (set.Status == 200 && !set.Body.TryGetProperty("webhook_secret", out _))
            {
                // The answer that showed it was lost on its way.
                set = await rest.PostUntilAnswered($"{alerts}/rotate-secret", by, "{}", null);
            }

            set.Status.Should().Be(200, set.Code);
            hooks.Add(new Hook(path, set.Body.GetProperty("webhook_secret").GetString()!, layer));
        }

        return new Watched(agent, apiKey, hooks, new AlertModel([.. limits]), random);
    }

    /// <summary>Spends once in every <paramref name="pace"/>, until it is done or nobody answers any more.</summary>
    public async Task Spend(Rest rest, TimeSpan pace, Tally tally)
    {
        using var pause = new PeriodicTimer(pace);
        while (!IsDone && await Step(rest, tally))
        {
            await pause.WaitForNextTickAsync();
        }
    }

    private async Task<bool> Step(Rest rest, Tally tally)
    {
        var request = _pending ??= Next();
        var answer = await rest.Post(request.Path, ApiKey, $$"""{"amount":{{Intent.Dollars(request.Nanos)}}}""", request.Key);
        if (answer.IsUnknown)
        {
            Unanswered++;
            return answer.Status != 0;
        }

        _pending = null;
        Learn(request, answer, tally);
        return true;
    }

    private void Learn(Request request, Answer answer, Tally tally)
    {
        switch (request.Kind, answer.Status)
        {
            case (Kind.Charge, 201):
                _model.Spend(request.Nanos);
                tally.Acknowledge();
                break;
            case (Kind.Hold, 201):
                _held = (answer.Body.GetProperty("reservation_id").GetString()!, request.Nanos);
                tally.Acknowledge();
                break;
            case (Kind.Commit, 200):
                _held = null;
                _model.Spend(request.Nanos);
                tally.Acknowledge();
                break;
            case (Kind.Charge or Kind.Hold, 402) when answer.Code == "budget_exceeded" && answer.Body.GetProperty("limit_type").GetString() is { } limit:
                _refusals++;
                tally.Refuse();
                if (!_model.Refuse(limit, request.Nanos))
                {
                    tally.Wrong($"{Agent}: {request.Nanos} were refused for the {limit} limit after {_model.Spent}");
                }

                break;
            default:
                tally.Wrong($"{Agent}: {request}: {answer.Status} {answer.Code}");
                break;
        }
    }

    private Request Next()
    {
        var key = $"w{++_keys}";
        if (_held is { } held)
        {
            return new(Kind.Commit, $"/v1/reservations/{held.Id}/commit", _random.NextInt64(1, held.Nanos + 1), key);
        }

        // A refusal comes before the limit is used up, or after; the rest of the limit may still be spent to the last nano-dollar.
        var isLast = _refusals > 0 && _model.Remaining > 0 && _random.Next(2) == 0;
        var nanos = isLast ? _model.Remaining
            : _refusals > 0 ? _model.Remaining + _random.NextInt64(1, _limit)
            : _random.NextInt64(1, (_random.Next(6) == 0 ? _limit : _limit / 5) + 1);
        return _random.Next(4) == 0
            ? new(Kind.Hold, "/v1/reservations", nanos, key)
            : new(Kind.Charge, "/v1/charges", nanos, key);
    }

    private enum Kind
    {
        Charge,
        Hold,
        Commit,
    }

    private sealed record Request(Kind Kind, string Path, long Nanos, string Key);
}
