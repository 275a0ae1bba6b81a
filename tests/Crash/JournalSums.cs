using System.Security.Cryptography;
using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <summary>What one journal adds up to, read as an auditor would, with nothing of the service's own code: the hash chain, and what every entry says.</summary>
internal sealed class JournalSums(string name)
{
    public byte[] Hash { get; private set; } = new byte[SHA256.HashSizeInBytes];

    public long LastSeq { get; private set; }

    public long Spent { get; private set; }

    public Dictionary<string, long> Open { get; } = [];

    public HashSet<string> Keys { get; } = [];

    /// <summary>Against everything the ledger has shown.</summary>
    public void Compare(Purse purse, Tally tally)
    {
        if ((LastSeq, Spent, Keys.Count) != (purse.LastSeq, purse.Spent, purse.Keys.Count))
        {
            tally.Wrong($"{name}: stored are {LastSeq} entries, {Keys.Count} keys and {Spent} spent; the ledger showed {purse.LastSeq}, {purse.Keys.Count} and {purse.Spent}");
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

        switch (kind)
        {
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
        var late = e.TryGetProperty("late", out var flag) && flag.GetBoolean();
        if (Open.Remove(e.GetProperty("hold").GetProperty("id").GetString()!) == late)
        {
            tally.Wrong($"{name}: the hold that ends at {LastSeq} was {(late ? "still" : "not")} open");
        }
    }

    /// <param name="total">[spent, held, limit] after the entry.</param>
    private void Compare(JsonElement total, Tally tally)
    {
        var (spent, held, limit) = (total[0].GetInt64(), total[1].GetInt64(), total[2].GetInt64());
        if (spent != Spent || held != Open.Values.Sum())
        {
            tally.Wrong($"{name}: entry {LastSeq} says {spent} spent and {held} held, the entries add up to {Spent} and {Open.Values.Sum()}");
        }

        if (spent + held > limit)
        {
            tally.Over($"{name}: {spent} spent and {held} held under {limit} after entry {LastSeq}");
        }
    }
}
