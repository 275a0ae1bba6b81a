namespace Budgets.Ledger;

/// <summary>"The same key has one effect": the first question of every decision.</summary>
internal static class Seen
{
    /// <summary>Null: the key is new.</summary>
    public static Decision? Before(BudgetState s, IdempotencyKey? key, Digest fingerprint, Money requested, Recalled recalled)
    {
        if (key is not { } used || (s.Memory[Digest.Of(used)] ?? recalled.Key) is not { } seen)
        {
            return null;
        }

        return seen.Fingerprint == fingerprint
            ? Decision.Replay(seen.Seq)
            : Decision.Refuse(s, Outcome.IdempotencyKeyReused, requested);
    }
}
