using System.Collections.Concurrent;
using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <param name="Kind">As the ledger calls it.</param>
/// <param name="Id">Of the charge or the reservation.</param>
internal sealed record Line(long Seq, string Kind, long Nanos, EffectKey? Key, string? Id, bool Late);

/// <summary>One budget as the test knows it: everything its ledger has shown so far, added up.</summary>
internal sealed class Purse(string agent, string apiKey, bool isTight)
{
    private readonly Dictionary<string, long> _open = [];

    // Several clients share a purse.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new();

    public string Agent { get; } = agent;

    public string ApiKey { get; } = apiKey;

    /// <summary>Its cap is meant to be reached; all others never refuse.</summary>
    public bool IsTight { get; } = isTight;

    /// <summary>The total limit, in nano-dollars.</summary>
    public long Cap { get; set; }

    /// <summary>Those that spend what this one may spend.</summary>
    public List<Purse> Children { get; } = [];

    /// <summary>Of all that can spend out of it, itself included.</summary>
    public IEnumerable<Purse> Subtree => Children.SelectMany(c => c.Subtree).Prepend(this);

    public bool HasRelatives { get; init; }

    public long LastSeq { get; private set; }

    public long Spent { get; private set; }

    public HashSet<EffectKey> Keys { get; } = [];

    /// <summary>Reservations that the ledger has not ended: expired ones too, until the ledger says so.</summary>
    public IReadOnlyDictionary<string, long> Open => _open;

    public DateTimeOffset? ExpiryOf(string hold) => _expiries.TryGetValue(hold, out var at) ? at : null;

    public void Learn(Effect effect)
    {
        if (effect.ExpiresAt is { } at)
        {
            _expiries[effect.Id] = at;
        }
    }

    /// <summary>Held, if it is <paramref name="now"/>.</summary>
    public long HeldAt(DateTimeOffset now) => _open.Where(h => ExpiryOf(h.Key) is not { } at || at > now).Sum(h => h.Value);

    /// <summary>The ledger's lines since the last time, oldest first, entered in the books.</summary>
    public async Task<List<Line>> Read(Rest rest, Tally tally)
    {
        var lines = new List<Line>();
        var next = "";
        do
        {
            var page = await Rest.UntilAnswered(() => rest.Get($"/v1/agents/ledger?limit=100{next}", ApiKey));
            if (page.Status != 200)
            {
                tally.Wrong($"the ledger of {Agent} answers {page.Status} {page.Code}");
                return lines;
            }

            lines.AddRange(page.Body.GetProperty("data").EnumerateArray().Select(LineOf));
            next = page.Body.GetProperty("next_cursor").GetString() is { } cursor ? $"&cursor={Uri.EscapeDataString(cursor)}" : null;
        }
        while (next is not null && lines[^1].Seq > LastSeq + 1);

        lines.Reverse();
        lines.RemoveAll(l => l.Seq <= LastSeq);
        foreach (var line in lines)
        {
            Enter(line, tally);
        }

        return lines;
    }

    private void Enter(Line line, Tally tally)
    {
        // Bookkeeping that moves no money (a midnight) has places in the journal and no lines in the ledger.
        if (line.Seq <= LastSeq)
        {
            tally.Wrong($"{Agent}: after entry {LastSeq} comes {line.Seq}");
        }

        LastSeq = line.Seq;
        if (line.Key is { } key && !Keys.Add(key))
        {
            tally.Doubled($"{Agent}: {key} has two entries, the second at {line.Seq}");
        }

        Spent += line.Kind is "charge" or "settle" ? line.Nanos : 0;
        if (line.Kind == "hold")
        {
            _open.Add(line.Id!, line.Nanos);
        }
        else if (line.Kind is "settle" or "release" or "expire" && !_open.Remove(line.Id!) && !line.Late)
        {
            tally.Doubled($"{Agent}: {line.Id} ends twice, the second time at {line.Seq}");
        }
    }

    private static Line LineOf(JsonElement json) => new(
        json.GetProperty("seq").GetInt64(),
        json.GetProperty("kind").GetString()!,
        Intent.Nanos(json, "amount"),
        Text(json, "idempotency_key") is { } key ? EffectKey.Parse(key) : null,
        Text(json, "reservation_id") ?? Text(json, "charge_id"),
        json.TryGetProperty("late", out var late) && late.GetBoolean());

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var text) ? text.GetString() : null;
}
