using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Keys;

/// <summary>Which keys an agent has. What they are, only their grains know.</summary>
[GrainType("keyring")]
internal sealed class KeyRingGrain : Grain, IKeyRingGrain
{
    /// <summary>Revoked and expired keys that an agent's list still shows, at most: the newest.</summary>
    public const int MaxEnded = 100;

    private readonly Stored<StoredRing> _stored;
    private readonly TimeProvider _clock;

    public KeyRingGrain(
        [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage,
        [FromKeyedServices("Budgets")] TimeProvider clock)
    {
        _stored = new Stored<StoredRing>(storage, "keyring", this);
        _clock = clock;
    }

    /// <exception cref="ArgumentException">The record is another agent's.</exception>
    public async Task<bool> Mint(KeyHash hash, KeyRecord record)
    {
        if (record.Agent.Value != this.GetPrimaryKeyString())
        {
            throw new ArgumentException($"The key is {record.Agent}'s, not {this.GetPrimaryKeyString()}'s.", nameof(record));
        }

        // The ring first: a crash between the two leaves an entry without a key, never a key that nobody can find to revoke.
        if (!(await Entries()).Exists(e => e.Hash == hash.Hex) && !await Enter(new StoredRingEntry(record.Id.Value, hash.Hex)))
        {
            return false;
        }

        await Key(hash.Hex).Mint(record);
        return true;
    }

    public async Task<ImmutableArray<KeyRecord>> List() => [.. (await Known()).Select(k => k.Record).Reverse()];

    public async Task<KeyRecord?> Revoke(KeyId id) =>
        (await Entries()).Find(e => e.Id == id.Value) is { } entry ? await Key(entry.Hash).Revoke() : null;

    public async Task RevokeAll() => await Task.WhenAll((await Entries()).Select(e => Key(e.Hash).Revoke()));

    private async Task<bool> Enter(StoredRingEntry entry)
    {
        var known = await Known();
        var now = _clock.GetUtcNow();
        var ended = known.Where(k => k.Record.RevokedAt is not null || k.Record.ExpiresAt <= now).Select(k => k.Entry).ToList();
        if (known.Count - ended.Count >= IKeyRingGrain.MaxKeys)
        {
            return false;
        }

        var forgotten = ended.SkipLast(MaxEnded).ToHashSet();
        await _stored.Write(new StoredRing { Keys = [.. known.Select(k => k.Entry).Where(e => !forgotten.Contains(e)), entry] });
        return true;
    }

    private async ValueTask<List<StoredRingEntry>> Entries() => (await _stored.Read())?.Keys ?? [];

    /// <summary>Oldest first. An entry whose key was never minted is left out.</summary>
    private async Task<List<(StoredRingEntry Entry, KeyRecord Record)>> Known()
    {
        var entries = await Entries();
        var records = await Task.WhenAll(entries.Select(e => Key(e.Hash).Get()));
        return [.. from pair in entries.Zip(records) where pair.Second is not null select (pair.First, pair.Second)];
    }

    private IKeyGrain Key(string hash) => GrainFactory.GetGrain<IKeyGrain>(hash);
}
