using System.Collections.Immutable;

namespace Budgets;

/// <summary>What a key may do. Flags, so that one key can have several.</summary>
[Flags]
public enum Scopes
{
    None = 0,

    /// <summary>Reserve, charge, read its own usage, tighten its own limits.</summary>
    Spend = 1,

    /// <summary>Configure this agent and its descendants, mint keys no wider than itself.</summary>
    Manage = 2,
}

/// <summary>The SHA-256 of a whole API key as 64 lower-case hex digits: all that is ever stored of it.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.KeyHash")]
public readonly record struct KeyHash([property: Id(0)] string Hex)
{
    public override string ToString() => Hex;
}

/// <summary>Names a key in lists and when revoking: "key_" and 20 base62 characters. Not a secret.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.KeyId")]
public readonly record struct KeyId([property: Id(0)] string Value)
{
    public const string Prefix = "key_";

    public static bool IsWellFormed(string? text) => IdText.IsWellFormed(text, Prefix);

    public override string ToString() => Value;
}

/// <summary>An agent's key, without the key.</summary>
/// <param name="Hint">Prefix and last four characters, for people to tell keys apart.</param>
[GenerateSerializer, Immutable, Alias("Budgets.KeyRecord")]
public sealed record KeyRecord(
    KeyId Id, AgentId Agent, Scopes Scopes, string Hint, string? Label, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>One API key; the grain's key is its <see cref="KeyHash"/>. The one truth about it.</summary>
[Alias("Budgets.IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns. Minting twice with the same record changes nothing.</summary>
    [Alias("Mint"), AnyGateway]
    Task Mint(KeyRecord record);

    /// <summary>Null: no such key. Revoked and expired keys are told with their dates.</summary>
    [Alias("Get"), AnyGateway]
    Task<KeyRecord?> Get();

    /// <summary>Durable, and in the <see cref="IRevocationsGrain"/>'s list, when it returns.</summary>
    [Alias("Revoke"), AnyGateway]
    Task<KeyRecord?> Revoke();
}

/// <summary>The keys of one agent; the grain's key is the <see cref="AgentId"/>.</summary>
[Alias("Budgets.IKeyRingGrain")]
public interface IKeyRingGrain : IGrainWithStringKey
{
    /// <summary>Keys of one agent at most, revoked ones not counted.</summary>
    public const int MaxKeys = 50;

    /// <summary>False: the agent has <see cref="MaxKeys"/> live keys already, and nothing was minted.</summary>
    [Alias("Mint"), AnyGateway]
    Task<bool> Mint(KeyHash hash, KeyRecord record);

    /// <summary>Newest first, revoked ones included.</summary>
    [Alias("List"), AnyGateway]
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>Null: the agent has no such key. Revoking twice is fine.</summary>
    [Alias("Revoke"), AnyGateway]
    Task<KeyRecord?> Revoke(KeyId id);

    [Alias("RevokeAll"), AnyGateway]
    Task RevokeAll();
}

/// <summary>Which keys were revoked lately, for API hosts that remember keys; a stateless worker, key 0. Each host asks every two seconds, and any silo answers.</summary>
[Alias("Budgets.IRevocationsGrain")]
public interface IRevocationsGrain : IGrainWithIntegerKey
{
    /// <summary>Durable when it returns.</summary>
    /// <exception cref="StoreUnavailableException">It was not written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written. Announcing again is harmless.</exception>
    [Alias("Announce"), AnyGateway]
    Task Announce(KeyHash hash);

    /// <summary>What was announced after the announcement <paramref name="number"/>, and the newest one's number. Where that can no longer be told, the host is asked to forget all it remembers.</summary>
    /// <param name="number">As the last news said; <see cref="RevocationNews.None"/>: there was none yet.</param>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    [Alias("Since"), AnyGateway]
    Task<RevocationNews> Since(long number);
}

/// <param name="Revoked">Oldest first, each once.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RevocationNews")]
public sealed record RevocationNews(long Number, bool ForgetAll, ImmutableArray<KeyHash> Revoked)
{
    /// <summary>The number of a host that has heard nothing yet.</summary>
    public const long None = -1;
}
