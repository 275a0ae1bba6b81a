using System.Collections.Immutable;

namespace Budgets;

/// <summary>One proof of one ledger: replays it from its first entry, apart from the budget, whose callers do not wait. The grain's key is <see cref="ProofKey"/>.</summary>
/// <remarks>Throws <see cref="StoreUnavailableException"/> when the ledger cannot be read. That it contradicts itself is an answer.</remarks>
[Alias("Budgets.IProofGrain")]
public interface IProofGrain : IGrainWithStringKey
{
    /// <summary>Goes on for about a quarter of a second, from where the last call stopped.</summary>
    [Alias("Go"), AnyGateway]
    Task<ProofStep> Go();
}

/// <summary>Names one proof of an agent's ledger.</summary>
public static class ProofKey
{
    /// <param name="ticket">Never used before: a proof that somebody else has begun is of what was there then.</param>
    public static string Of(AgentId agent, string ticket) => $"{agent.Value}/{ticket}";

    public static AgentId AgentOf(string key) => new(key.Split('/')[0]);
}

/// <param name="Entries">How many have been proved so far; 0 and done: there is no such ledger.</param>
/// <param name="HeadHash">Of the newest row that was proved: SHA-256 over all before it.</param>
/// <param name="Fault">The first entry that fails; null: none so far.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ProofStep")]
public sealed record ProofStep(long Entries, bool IsDone, ImmutableArray<byte> HeadHash, LedgerFault? Fault);

/// <summary>The first entry of a ledger that is not what it must be.</summary>
/// <param name="Seq">Its place. Where one of several entries that were written together was changed in a way that only their common hash shows, that of the first of them.</param>
/// <param name="At">When it was written, as far as that can be read.</param>
[GenerateSerializer, Immutable, Alias("Budgets.LedgerFault")]
public sealed record LedgerFault(long Seq, DateTimeOffset? At, string What);

/// <summary>What a budget goes by.</summary>
/// <param name="Seq">The newest entry's place.</param>
/// <param name="Credit">The wallet's balance; null: the agent has none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.LedgerHead")]
public sealed record LedgerHead(long Seq, ImmutableArray<Balance> Balances, int OpenHolds, Money? Credit);
