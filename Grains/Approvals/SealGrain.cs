using System.Security.Cryptography;
using Budgets.Keys;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Approvals;

/// <summary>The key that links in mails are signed with: made once, kept in the store, and never outside the silos.</summary>
[Alias("Budgets.ISealGrain")]
internal interface ISealGrain : IGrainWithIntegerKey
{
    [Alias("Key"), AnyGateway]
    Task<byte[]> Key();
}

[GrainType("seal")]
internal sealed class SealGrain : Grain, ISealGrain
{
    private readonly Stored<StoredSeal> _stored;

    public SealGrain([FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage) => _stored = new Stored<StoredSeal>(storage, "seal", this);

    public async Task<byte[]> Key()
    {
        while (true)
        {
            if (await _stored.Read() is { } kept)
            {
                return Convert.FromBase64String(kept.Key);
            }

            // Of two activations that make one at once, the second reads what the first has made.
            if (!await _stored.TryWrite(new StoredSeal { Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(ApprovalToken.KeyLength)) }))
            {
                _stored.Forget();
            }
        }
    }
}

/// <summary>As stored. Its key is a secret.</summary>
[GenerateSerializer, Alias("Budgets.StoredSeal")]
internal sealed class StoredSeal
{
    [Id(0)] public string Key { get; set; } = "";
}
