using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

// What the journal knows and the state does not.
internal sealed partial class Teller
{
    /// <summary>How often the index is asked about one thing.</summary>
    private const int MostTries = 5;

    /// <summary>Keys of a batch that are looked for at the same time.</summary>
    private const int AskedAtOnce = 32;

    /// <summary>What the journal's index knows of a key or hold that the state has forgotten; nearly always nothing needs to be asked.</summary>
    /// <exception cref="OverloadedException">The state forgets faster than the index answers.</exception>
    public async ValueTask<Recalled> Recall(IdempotencyKey? key, HoldId? hold = null) => (await RecallAsOf(key, hold)).Recalled;

    /// <summary>
    /// To be asked before it is said that there is no such hold. While silos come and go a budget can be active twice, and an answer writes nothing: no append would tell this activation
    /// that the hold is the other's. Its owner would be told for good that there is none, and what it spent would be booked nowhere.
    /// </summary>
    /// <inheritdoc cref="Keeper{TState,TEvent}.Newest"/>
    public ValueTask Newest() => _journal.Newest();

    /// <summary>The same of all keys of a batch, true together when it returns. Those that the state has forgotten too much behind are asked for again, a few times.</summary>
    /// <exception cref="OverloadedException">The state forgets faster than the index answers.</exception>
    public async ValueTask<Recalled[]> RecallAll(ImmutableArray<IdempotencyKey> keys)
    {
        var known = new (Recalled Recalled, long AsOf)[keys.Length];
        List<int> open = [.. Enumerable.Range(0, keys.Length)];
        for (var tries = 1; open.Count > 0; tries++)
        {
            TooOften(tries);
            foreach (var some in open.Chunk(AskedAtOnce))
            {
                await Task.WhenAll(some.Select(async i => known[i] = await RecallAsOf(keys[i], hold: null)));
            }

            // A key that was used stays used. Of the others the state must still remember all that came after they were asked for.
            open.RemoveAll(i => known[i].Recalled.Key is not null || known[i].AsOf >= State.Memory.ForgottenUpTo);
        }

        // What was used after it was asked for is in memory now, and the batch itself may push it out before its turn.
        Ready();
        return [.. known.Select((k, i) => k.Recalled.Key is null ? new Recalled(Key: State.Memory[Digest.Of(keys[i])]) : k.Recalled)];
    }

    private ValueTask<(Recalled Recalled, long AsOf)> RecallAsOf(IdempotencyKey? key, HoldId? hold)
    {
        Ready();
        var known = key is { } k ? State.Memory[Digest.Of(k)] : null;
        var keyIsKnown = key is null || State.Memory.ForgottenUpTo == 0 || known is not null;
        var holdIsOpen = hold is not { } h || State.Holds.ContainsKey(h);

        // What is known now is taken along: a batch may make the state forget it before its turn comes.
        return keyIsKnown && holdIsOpen ? new((new Recalled(Key: known), State.Seq)) : RecallFromIndex(key, hold);
    }

    /// <summary>The index knows all that was durable when asked; if the state forgot something newer meanwhile, it is asked again, a few times.</summary>
    private async ValueTask<(Recalled Recalled, long AsOf)> RecallFromIndex(IdempotencyKey? key, HoldId? hold)
    {
        _recalling++;
        try
        {
            var isNewest = false;
            for (var tries = 1; ; tries++)
            {
                TooOften(tries);
                var asked = _journal.DurableSeq;
                var recalled = await Reader.Recall(key, hold);
                _journal.Trustworthy();
                if (State.Memory.ForgottenUpTo > asked || EndedMeanwhile(hold, recalled))
                {
                    await Durable();
                }
                else if (isNewest || !IsUnknown(hold, recalled))
                {
                    return (recalled, asked);
                }
                else
                {
                    await Newest();
                    isNewest = true;
                }
            }
        }
        finally
        {
            _recalling--;
        }
    }

    private void TooOften(int tries)
    {
        if (tries > MostTries)
        {
            throw new OverloadedException($"{agent} spends so much that its index cannot be asked: {MostTries} answers were out of date when they came.");
        }
    }

    /// <summary>A hold that was open or unwritten when the index was asked, and is over now: what it was has to be read.</summary>
    private bool EndedMeanwhile(HoldId? hold, Recalled recalled) =>
        IsUnknown(hold, recalled) && State.Memory[Digest.Of(hold!.Value)] is not null;

    /// <summary>Neither open here nor ended anywhere.</summary>
    private bool IsUnknown(HoldId? hold, Recalled recalled) => hold is { } h && recalled.HoldEnd is null && !State.Holds.ContainsKey(h);
}
