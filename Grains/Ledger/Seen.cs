namespace Budgets.Ledger;

/// <summary>"The same key has one effect": the first question of every decision.</summary>
internal static class Seen
{
    /// <summary>What the key was accepted for before; null: the key is new.</summary>
    public static Remembered? Before(BudgetState s, IdempotencyKey? key, Recalled recalled) =>
        key is { } used ? s.Memory[Digest.Of(used)] ?? recalled.Key : null;

    /// <summary>The answer to a key that was used: the same answer for the same request, and no other.</summary>
    /// <param name="fingerprint">Of the request that came now; a request with a new key needs none until it is accepted.</param>
    public static Decision Again(BudgetState s, Remembered seen, Digest fingerprint, Money requested) =>
        seen.Fingerprint == fingerprint
            ? Decision.Replay(seen.Seq)
            : Decision.Refuse(s, Outcome.IdempotencyKeyReused, requested);
}
