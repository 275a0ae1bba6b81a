using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Keys;

/// <summary>The newest revocations, in one row that every silo reads and writes: no silo's death keeps a host from hearing of them.</summary>
/// <remarks>One worker a silo, one call at a time: its own announcements do not get in each other's way, only those of other silos can.</remarks>
[StatelessWorker(1)]
[GrainType("revocations")]
internal sealed class RevocationsGrain : Grain, IRevocationsGrain
{
    /// <summary>Revocations remembered at most; a host that missed more forgets all its keys. The row stays below 20 KB.</summary>
    public const int MaxKept = 250;

    /// <summary>How often an announcement is tried while other silos write theirs.</summary>
    private const int MostTries = 50;

    private readonly Stored<StoredRevocations> _stored;

    public RevocationsGrain([FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage) =>
        _stored = new Stored<StoredRevocations>(storage, "revocations", this);

    public async Task Announce(KeyHash hash)
    {
        for (var tries = 1; tries <= MostTries; tries++)
        {
            var known = await Newest();
            if (await _stored.TryWrite(new StoredRevocations { Number = known.Number + 1, Newest = [.. known.Newest.TakeLast(MaxKept - 1), hash.Hex] }))
            {
                return;
            }
        }

        throw new StoreUnavailableException($"Other silos announced {MostTries} revocations before this one. Ask again.");
    }

    public async Task<RevocationNews> Since(long number)
    {
        var known = await Newest();
        var missed = known.Number - number;
        return missed >= 0 && missed <= known.Newest.Count
            ? new RevocationNews(known.Number, ForgetAll: false, [.. known.Newest.TakeLast((int)missed).Distinct().Select(h => new KeyHash(h))])
            : new RevocationNews(known.Number, ForgetAll: true, []);
    }

    // Others write too: what was read before is worth nothing.
    private async ValueTask<StoredRevocations> Newest()
    {
        _stored.Forget();
        return await _stored.Read() ?? new StoredRevocations();
    }
}
