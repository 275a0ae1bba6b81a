using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Keys;

/// <summary>The truth about one API key. Not reentrant: whoever asks while it is being revoked is answered afterwards.</summary>
[GrainType("key")]
internal sealed class KeyGrain : Grain, IKeyGrain
{
    private readonly Stored<StoredKey> _stored;
    private readonly TimeProvider _clock;

    public KeyGrain(
        [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage,
        [FromKeyedServices("Budgets")] TimeProvider clock)
    {
        _stored = new Stored<StoredKey>(storage, "key", this);
        _clock = clock;
    }

    /// <exception cref="InvalidOperationException">There is another key with this hash.</exception>
    public async Task Mint(KeyRecord record)
    {
        if (await Known() is not { } known)
        {
            await _stored.Write(StoredKey.Of(record));
        }
        else if (known with { RevokedAt = record.RevokedAt } != record)
        {
            throw new InvalidOperationException($"Key {known.Id} of {known.Agent} has the hash of {record.Id} of {record.Agent}.");
        }
    }

    public async Task<KeyRecord?> Get()
    {
        // From the store: a silo that the others hold for dead may still answer, and a host that asks because a key was revoked
        // must not be told what this activation remembers.
        _stored.Forget();
        var record = await Known();
        if (record is null)
        {
            // Whoever guesses keys must not fill the memory with grains that know nothing.
            DeactivateOnIdle();
        }

        return record;
    }

    public async Task<KeyRecord?> Revoke()
    {
        if (await Known() is not { } record)
        {
            return null;
        }

        if (record.RevokedAt is null)
        {
            // Before the write, for this silo may die right after it while the list of revocations lives on another: hosts that
            // forget the key now ask again, and wait here for the write.
            await Announce();
            record = record with { RevokedAt = _clock.GetUtcNow() };
            await _stored.Write(StoredKey.Of(record));
        }

        // After it, for those who asked another activation in between, or whose earlier call ended before this line.
        await Announce();
        return record;
    }

    private async ValueTask<KeyRecord?> Known() => (await _stored.Read())?.ToRecord();

    private Task Announce() => GrainFactory.GetGrain<IRevocationsGrain>(0).Announce(new KeyHash(this.GetPrimaryKeyString()));
}
