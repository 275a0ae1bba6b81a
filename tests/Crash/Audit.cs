using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <summary>Holds what the service says, after a start and before anybody spends again, against what its clients know.</summary>
internal sealed class Audit(Rest rest, IReadOnlyList<Purse> purses, IReadOnlyList<Spender> spenders, Tally tally)
{
    private const int HoldsLookedAt = 10;

    /// <summary>From the last answer until the root of a family of four levels knows: a budget and a tree a level, five seconds each, and fifteen where somebody must be asked.</summary>
    private static readonly TimeSpan ToldAbove = TimeSpan.FromSeconds(60);

    /// <param name="drained">The process ended when asked to: whoever got no answer has had no effect.</param>
    public async Task Run(bool drained = false)
    {
        var found = await ReadLedgers();
        foreach (var spender in spenders)
        {
            foreach (var (purse, done) in spender.Acknowledged)
            {
                Expect(found, purse, done);
            }
        }

        var unknown = spenders.SelectMany(s => s.Unknown.Select(u => (Spender: s, u.Intent, u.Status))).ToList();
        ExpectNothingElse(found, unknown.SelectMany(u => u.Intent.Keys).Concat(spenders.SelectMany(s => s.Doubtful)));
        foreach (var (spender, intent, status) in unknown)
        {
            if (drained && status == 0 && intent.Keys.Any(found.ContainsKey))
            {
                tally.Wrong($"{intent.Kind} {intent.Keys[0]} had an effect and no answer, although the process was asked to end in good order");
            }

            await Resolve(spender, intent, found);
        }

        await Task.WhenAll(purses.Select(async purse =>
        {
            if (await Fault(purse, atRest: !purse.HasRelatives) is { } fault)
            {
                tally.Wrong(fault);
            }

            await CheckHolds(purse);
        }));

        foreach (var spender in spenders)
        {
            spender.Acknowledged.Clear();
            spender.Unknown.Clear();
            spender.Doubtful.Clear();
        }
    }

    private async Task<Dictionary<EffectKey, (Purse Purse, Line Line)>> ReadLedgers()
    {
        var found = new Dictionary<EffectKey, (Purse, Line)>();
        foreach (var (purse, lines) in await Task.WhenAll(purses.Select(async p => (p, await p.Read(rest, tally)))))
        {
            foreach (var line in lines)
            {
                if (line.Key is { } key)
                {
                    found[key] = (purse, line);
                }
            }
        }

        return found;
    }

    private void Expect(Dictionary<EffectKey, (Purse Purse, Line Line)> found, Purse purse, Effect done)
    {
        if (!found.TryGetValue(done.Key, out var entry))
        {
            tally.Lost($"{purse.Agent}: {done} was acknowledged");
        }
        else if (entry.Purse != purse || (entry.Line.Kind, entry.Line.Nanos, entry.Line.Id) != (done.Kind, done.Nanos, done.Id))
        {
            tally.Wrong($"{purse.Agent}: {done} was acknowledged, the ledger has {entry.Line}");
        }
    }

    private void ExpectNothingElse(Dictionary<EffectKey, (Purse Purse, Line Line)> found, IEnumerable<EffectKey> perhaps)
    {
        var expected = spenders.SelectMany(s => s.Acknowledged).Select(a => a.Done.Key).Concat(perhaps).ToHashSet();
        foreach (var (key, (purse, line)) in found.Where(f => !expected.Contains(f.Key)))
        {
            tally.Doubled($"{purse.Agent}: nobody waits for {key}, {line}");
        }
    }

    /// <summary>The same request with the same key: replayed if it had happened, fresh or refused if it had not, and there once in the end.</summary>
    private async Task Resolve(Spender spender, Intent intent, Dictionary<EffectKey, (Purse Purse, Line Line)> before)
    {
        var happened = intent.Keys.Count(before.ContainsKey);
        tally.Unknown++;
        tally.Landed += happened > 0 ? 1 : 0;
        if (happened > 0 && happened < intent.Keys.Length && !intent.Purse.IsTight)
        {
            tally.Wrong($"{happened} of the {intent.Keys.Length} charges of batch {intent.Keys[0]} are there; a batch is one step");
        }

        var parts = spender.Learn(intent, await intent.SendUntilAnswered(rest), fresh: false);
        var after = (await intent.Purse.Read(rest, tally)).Where(l => l.Key is not null).ToDictionary(l => l.Key!.Value);
        foreach (var part in parts)
        {
            var (wasThere, isNew) = (before.ContainsKey(part.Key), after.ContainsKey(part.Key));
            var fits = part.Done is null ? !wasThere && !isNew : part.Replayed == wasThere && isNew != wasThere;
            if (!fits)
            {
                tally.Doubled($"{intent.Kind} {part.Key}: was there {wasThere}, came {isNew}, done {part.Done}, replayed {part.Replayed}");
            }
        }

        tally.Resolved++;
    }

    /// <summary>Every ancestor's spent is what the ledgers of its subtree add up to, once everybody has told; no later than a few beats of each level.</summary>
    public async Task AtRest()
    {
        using var deadline = new CancellationTokenSource(ToldAbove);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        foreach (var purse in purses.Where(p => p.HasRelatives))
        {
            while (await Fault(purse, atRest: true) is { } fault)
            {
                if (deadline.IsCancellationRequested)
                {
                    tally.Wrong(fault);
                    return;
                }

                await pause.WaitForNextTickAsync();
            }
        }
    }

    /// <param name="atRest">Everything that was spent further down is known; otherwise it is at least held.</param>
    private async Task<string?> Fault(Purse purse, bool atRest)
    {
        var early = TimeProvider.System.GetUtcNow();
        var answer = await Rest.UntilAnswered(() => rest.Get("/v1/agents/budget", purse.ApiKey));
        var late = TimeProvider.System.GetUtcNow();
        var total = answer.Body.GetProperty("windows").EnumerateArray().Single(w => w.GetProperty("limit_type").GetString() == "total");
        var (spent, held, limit) = (Intent.Nanos(total, "spent"), Intent.Nanos(total, "held"), Intent.Nanos(total, "limit"));
        if (limit != purse.Cap || spent + held > limit)
        {
            tally.Over($"{purse.Agent}: {spent} spent and {held} held under {limit}, which was set to {purse.Cap}");
        }

        var (shown, most, least) = (purse.Subtree.Sum(p => p.Spent), purse.Subtree.Sum(p => p.HeldAt(early)), purse.Subtree.Sum(p => p.HeldAt(late)));
        var fits = atRest ? spent == shown && held <= most && held >= least : spent <= shown && spent + held >= shown + least;
        return fits ? null : $"{purse.Agent} says {spent} spent and {held} held, the ledgers add up to {shown} and {least}";
    }

    /// <summary>What the ledger has not ended is held, or past its time.</summary>
    private async Task CheckHolds(Purse purse)
    {
        foreach (var (id, nanos) in purse.Open.OrderBy(h => h.Key, StringComparer.Ordinal).Take(HoldsLookedAt).ToList())
        {
            var early = TimeProvider.System.GetUtcNow();
            var answer = await Rest.UntilAnswered(() => rest.Get($"/v1/reservations/{id}", purse.ApiKey));
            var status = answer.Status == 200 ? answer.Body.GetProperty("status").GetString() : answer.Code;
            var expiry = purse.ExpiryOf(id);
            var fits = status switch
            {
                "held" => expiry > early,
                "expired" => expiry <= TimeProvider.System.GetUtcNow(),
                _ => false,
            };
            if (!fits || Intent.Nanos(answer.Body, "amount") != nanos)
            {
                tally.Wrong($"{purse.Agent}: reservation {id} of {nanos} until {expiry:O} is '{status}'");
            }
        }
    }
}
