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
    [Alias("Mint")]
    Task Mint(KeyRecord record);

    /// <summary>Null: no such key. Revoked and expired keys are told with their dates.</summary>
    [Alias("Get")]
    Task<KeyRecord?> Get();

    /// <summary>Durable, and in the <see cref="IRevocationsGrain"/>'s list, when it returns.</summary>
    [Alias("Revoke")]
    Task<KeyRecord?> Revoke();
}

/// <summary>The keys of one agent; the grain's key is the <see cref="AgentId"/>.</summary>
[Alias("Budgets.IKeyRingGrain")]
public interface IKeyRingGrain : IGrainWithStringKey
{
    /// <summary>Keys of one agent at most, revoked ones not counted.</summary>
    public const int MaxKeys = 50;

    /// <summary>False: the agent has <see cref="MaxKeys"/> live keys already, and nothing was minted.</summary>
    [Alias("Mint")]
    Task<bool> Mint(KeyHash hash, KeyRecord record);

    /// <summary>Newest first, revoked ones included.</summary>
    [Alias("List")]
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>Null: the agent has no such key. Revoking twice is fine.</summary>
    [Alias("Revoke")]
    Task<KeyRecord?> Revoke(KeyId id);

    [Alias("RevokeAll")]
    Task RevokeAll();
}

/// <summary>Which keys were revoked lately, for API hosts that remember keys. One grain, key 0; each host asks every two seconds.</summary>
[Alias("Budgets.IRevocationsGrain")]
public interface IRevocationsGrain : IGrainWithIntegerKey
{
    [Alias("Announce")]
    Task Announce(KeyHash hash);

    /// <summary>What was revoked after <paramref name="version"/>, and the version now. A version the grain cannot answer for (too old, or of an earlier activation) asks the host to forget all it remembers.</summary>
    [Alias("Since")]
    Task<RevocationNews> Since(RevocationVersion version);
}

[GenerateSerializer, Immutable, Alias("Budgets.RevocationVersion")]
public readonly record struct RevocationVersion(string Epoch, long Number);

[GenerateSerializer, Immutable, Alias("Budgets.RevocationNews")]
public sealed record RevocationNews(RevocationVersion Version, bool ForgetAll, ImmutableArray<KeyHash> Revoked);
