using System.Security.Cryptography;
using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <summary>What one journal adds up to, read as an auditor would, with nothing of the service's own code: the hash chain, and what every entry says.</summary>
internal sealed class JournalSums(string name)
{
    public byte[] Hash { get; private set; } = new byte[SHA256.HashSizeInBytes];

    public long LastSeq { get; private set; }

    /// <summary>Of the newest entry that the ledger shows: what a family says among itself is none.</summary>
    public long LastShown { get; private set; }

    /// <summary>The same, but for holds that have expired: that is written also when nobody asks, and so after the ledger was read.</summary>
    public long LastAsked { get; private set; }

    /// <summary>By the agent itself.</summary>
    public long Spent { get; private set; }

    /// <summary>What descendants have drawn, by the number of the draw.</summary>
    private readonly Dictionary<long, (long Spent, long Held)> _lent = [];

    public Dictionary<string, long> Open { get; } = [];

    public HashSet<string> Keys { get; } = [];

    /// <summary>Against everything the ledger has shown.</summary>
    public void Compare(Purse purse, Tally tally)
    {
        if (purse.LastSeq < LastAsked || purse.LastSeq > LastShown || (Spent, Keys.Count) != (purse.Spent, purse.Keys.Count))
        {
            tally.Wrong($"{name}: stored are {LastAsked} to {LastShown} entries, {Keys.Count} keys and {Spent} spent; the ledger showed {purse.LastSeq}, {purse.Keys.Count} and {purse.Spent}");
        }
    }

    /// <summary>The next row, as it is stored.</summary>
    public void Enter(long seq, long count, byte[] hash, byte[] events, Tally tally)
    {
        Hash = SHA256.HashData([.. Hash, .. events]);
        if (!Hash.AsSpan().SequenceEqual(hash) || seq != LastSeq + 1)
        {
            tally.Wrong($"{name}: the chain breaks at {seq}, after {LastSeq}");
        }

        using var json = JsonDocument.Parse(events);
        if (json.RootElement.GetArrayLength() != count)
        {
            tally.Wrong($"{name}: the row at {seq} says {count} events and has {json.RootElement.GetArrayLength()}");
        }

        foreach (var one in json.RootElement.EnumerateArray())
        {
            LastSeq++;
            var happened = one.EnumerateObject().Single();
            Enter(happened.Name, happened.Value, tally);
        }
    }

    private void Enter(string kind, JsonElement e, Tally tally)
    {
        if (e.TryGetProperty("key", out var key) && !Keys.Add(key.GetString()!))
        {
            tally.Doubled($"{name}: {key} at {LastSeq} was there before");
        }

        var isShown = kind is not ("lent.v1" or "draw_asked.v1" or "draw_answered.v1" or "alerted.v1" or "alerts_taken.v1");
        LastShown = isShown ? LastSeq : LastShown;
        LastAsked = isShown && kind != "expired.v1" && !e.TryGetProperty("assumed", out _) ? LastSeq : LastAsked;
        switch (kind)
        {
            case "lent.v1":
                var loan = e.GetProperty("loan");
                var (granted, told) = (loan.GetProperty("granted").GetInt64(), loan.GetProperty("spent").GetInt64());
                _lent[loan.GetProperty("number").GetInt64()] = (told, granted - told);
                break;
            case "charged.v1":
                Spent += e.GetProperty("amount").GetInt64();
                break;
            case "held.v1":
                Open.Add(e.GetProperty("id").GetString()!, e.GetProperty("amount").GetInt64());
                break;
            case "settled.v1":
                Spent += e.GetProperty("amount").GetInt64();
                End(e, tally);
                break;
            case "released.v1" or "expired.v1":
                End(e, tally);
                break;
        }

        if (e.TryGetProperty("after", out var after))
        {
            Compare(after.GetProperty("total"), tally);
        }
    }

    private void End(JsonElement e, Tally tally)
    {
        var hold = e.GetProperty("hold");
        var corrects = e.TryGetProperty("corrects", out _);
        var late = corrects || (e.TryGetProperty("late", out var flag) && flag.GetBoolean());

        // All of it had been booked.
        Spent -= corrects ? hold.GetProperty("amount").GetInt64() : 0;
        if (Open.Remove(hold.GetProperty("id").GetString()!) == late)
        {
            tally.Wrong($"{name}: the hold that ends at {LastSeq} was {(late ? "still" : "not")} open");
        }
    }

    /// <param name="total">[spent, held, limit] after the entry; without a limit, there are two.</param>
    private void Compare(JsonElement total, Tally tally)
    {
        var (spent, held, limit) = (total[0].GetInt64(), total[1].GetInt64(), total.GetArrayLength() > 2 ? total[2].GetInt64() : long.MaxValue);
        var (allSpent, allHeld) = (Spent + _lent.Values.Sum(l => l.Spent), Open.Values.Sum() + _lent.Values.Sum(l => l.Held));
        if ((spent, held) != (allSpent, allHeld))
        {
            tally.Wrong($"{name}: entry {LastSeq} says {spent} spent and {held} held, the entries add up to {allSpent} and {allHeld}");
        }

        if (spent + held > limit)
        {
            tally.Over($"{name}: {spent} spent and {held} held under {limit} after entry {LastSeq}");
        }
    }
}
