using System.Collections.Immutable;
using System.Diagnostics;

namespace Budgets.Tests.Crash;

/// <summary>One client: sends one request after the other, and remembers each until it knows how it ended.</summary>
/// <param name="patience">How long it asks again with the same key; null: it leaves that to the audit, and goes home when nobody answers.</param>
/// <param name="longestRest">After every fourth answer it rests for so long at most: agents come in bursts. Null: it never does.</param>
internal sealed class Spender(int number, int seed, IReadOnlyList<Purse> purses, Tally tally, TimeSpan? patience = null, TimeSpan? longestRest = null)
{
    private const int MostOpen = 40;
    private const int MostRemembered = 64;

    // A tight purse's holds are not committed late: money spent is booked whatever the cap, and the cap is what is tested.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(seed);
    private readonly Random _rests = new(~seed);
    private readonly List<(Purse Purse, OpenHold Hold)> _holds = [];
    private readonly List<(Intent Intent, Effect Done)> _past = [];
    private ulong _keys = (ulong)number << 48;

    /// <summary>What was acknowledged since the last audit.</summary>
    public List<(Purse Purse, Effect Done)> Acknowledged { get; } = [];

    /// <summary>What has no answer since the last audit.</summary>
    public List<(Intent Intent, int Status)> Unknown { get; } = [];

    /// <summary>What had no answer at first and was refused in the end: the first try may have been somewhere on its way still.</summary>
    public List<EffectKey> Doubtful { get; } = [];

    public async Task Spend(Rest rest, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var status = _past.Count > 0 && _random.Next(25) == 0
                ? await Repeat(rest, _past[_random.Next(_past.Count)])
                : await Send(rest, Next());
            if (status == 0 && patience is null)
            {
                // Nobody is there any more.
                return;
            }

            if (longestRest is { } most && _rests.Next(4) == 0)
            {
                using var nap = new PeriodicTimer(TimeSpan.FromMilliseconds(1) + (most * _rests.NextDouble()));
                await nap.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    private async Task<int> Send(Rest rest, Intent intent)
    {
        var asked = Stopwatch.GetTimestamp();
        var (answer, tried, tries) = (await intent.Send(rest), asked, 1);
        var isFirst = !answer.IsUnknown;
        if (patience is { } most && !isFirst)
        {
            (answer, tried, tries) = await Insist(rest, intent, answer, asked, most);
        }

        if (answer.IsUnknown)
        {
            Unknown.Add((intent, answer.Status));
            return answer.Status;
        }

        var parts = Learn(intent, answer, isFirst);
        if (patience is not null)
        {
            tally.Answered(new Wait(intent.Purse, asked, tried, Stopwatch.GetTimestamp(), tries, Spent: parts.Any(p => p is { Done: not null, Replayed: false })));
        }

        if (!isFirst)
        {
            Doubtful.AddRange(parts.Where(p => p.Done is null).Select(p => p.Key));
            tally.Cure();
        }

        return answer.Status;
    }

    /// <summary>What every client is told to do: the same again, with the same key, until there is an answer.</summary>
    /// <returns>The answer, when the try that had it was sent, and how many there were.</returns>
    private async Task<(Answer Answer, long Tried, int Tries)> Insist(Rest rest, Intent intent, Answer answer, long asked, TimeSpan most)
    {
        var (tried, tries) = (asked, 1);
        using var pause = new PeriodicTimer(BetweenTries);
        while (answer.IsUnknown && Stopwatch.GetElapsedTime(asked) < most)
        {
            if (answer is { Status: 503, SaysWhen: false })
            {
                tally.Wrong($"{intent.Kind} {intent.Keys[0]}: 503 {answer.Code} without Retry-After");
            }

            await pause.WaitForNextTickAsync();
            (tried, tries) = (Stopwatch.GetTimestamp(), tries + 1);
            answer = await intent.Send(rest);
        }

        if (answer.IsUnknown)
        {
            tally.Wrong($"{intent.Kind} {intent.Keys[0]} had no answer for {most.TotalSeconds:0} s: {answer.Status} {answer.Code}");
        }

        return (answer, tried, tries);
    }

    /// <summary>Takes an answer in. Returns what it says of each key.</summary>
    public ImmutableArray<Part> Learn(Intent intent, Answer answer, bool fresh)
    {
        if (intent.Read(answer) is not { } parts)
        {
            tally.Wrong($"{intent.Kind} {intent.Keys[0]} at {intent.Path}: {answer.Status} {answer.Code}");
            return [];
        }

        foreach (var part in parts)
        {
            if (part.Done is not { } done)
            {
                tally.Refuse();
                continue;
            }

            if (fresh && part.Replayed)
            {
                tally.Doubled($"{part.Key} is new and was answered as a replay");
            }

            tally.Acknowledge();
            intent.Purse.Learn(done);
            Acknowledged.Add((intent.Purse, done));
            Remember(intent, done);
        }

        return parts;
    }

    private void Remember(Intent intent, Effect done)
    {
        if (done.ExpiresAt is { } expiresAt)
        {
            _holds.Add((intent.Purse, new OpenHold(done.Id, done.Nanos, expiresAt)));
        }

        if (!intent.IsBatch)
        {
            _past.Add((intent, done));
            _past.RemoveRange(0, Math.Max(0, _past.Count - MostRemembered));
        }
    }

    /// <summary>The same key again, after other requests and perhaps after a kill: the first answer, and no second effect.</summary>
    private async Task<int> Repeat(Rest rest, (Intent Intent, Effect Done) past)
    {
        var answer = await past.Intent.Send(rest);
        if (!answer.IsUnknown && (past.Intent.Read(answer) is not [var part] || !part.Replayed || part.Done != past.Done))
        {
            tally.Doubled($"{past.Done} again: {answer.Status} {answer.Code}, replayed {answer.Replayed}");
        }

        return answer.Status;
    }

    private Intent Next()
    {
        var dice = _random.Next(100);
        if (_holds.Count > 0 && (dice < 25 || _holds.Count > MostOpen))
        {
            var at = _random.Next(_holds.Count);
            var (purse, hold) = _holds[at];
            _holds.RemoveAt(at);
            if (!purse.IsTight || hold.ExpiresAt - TimeProvider.System.GetUtcNow() > Margin)
            {
                return dice % 3 == 0 ? Release(purse, hold) : Settle(purse, hold);
            }
        }

        var next = purses[_random.Next(purses.Count)];
        return dice switch
        {
            < 50 => Hold(next),
            < 55 => Batch(next),
            _ => Charge(next),
        };
    }

    private Intent Charge(Purse purse)
    {
        var body = $$"""{"amount":{{Amount()}},"model":"gpt-5","operation":"chat","tags":["crash"]}""";
        return new Intent(purse, "charge", "/v1/charges", body, [Key()]);
    }

    private Intent Batch(Purse purse)
    {
        ImmutableArray<EffectKey> keys = [.. Enumerable.Range(0, _random.Next(2, 21)).Select(_ => Key())];
        var charges = keys.Select(k => $$"""{"amount":{{Amount()}},"idempotency_key":"{{k}}"}""");
        return new Intent(purse, "batch", "/v1/charges", $$"""{"charges":[{{string.Join(',', charges)}}]}""", keys);
    }

    private Intent Hold(Purse purse)
    {
        var ttl = purse.IsTight || _random.Next(5) > 0 ? 600 : _random.Next(1, 3);
        return new Intent(purse, "hold", "/v1/reservations", $$"""{"amount":{{Amount()}},"ttl_seconds":{{ttl}}}""", [Key()]);
    }

    private Intent Settle(Purse purse, OpenHold hold)
    {
        var spent = !purse.IsTight && _random.Next(10) == 0 ? hold.Nanos * 2 : _random.NextInt64(1, hold.Nanos + 1);
        return new Intent(purse, "settle", $"/v1/reservations/{hold.Id}/commit", $$"""{"amount":{{Intent.Dollars(spent)}}}""", [Key()], hold);
    }

    private Intent Release(Purse purse, OpenHold hold) =>
        new(purse, "release", $"/v1/reservations/{hold.Id}/release", "{}", [Key()], hold);

    private EffectKey Key() => new(++_keys);

    private string Amount() => Intent.Dollars(_random.NextInt64(1, 20_000_000));
}
