using System.Text.Json;
using Budgets.Keys;

namespace Budgets.Tests.Keys;

[Collection(KeyCluster.Name)]
public sealed class KeyRingGrainTests(KeyCluster cluster)
{
    private readonly AgentId _agent = KeyCluster.NewAgent();

    private IKeyRingGrain Ring => cluster.Ring(_agent);

    private string Place => GrainShelf.Place("keyring", _agent.Value);

    [Fact]
    public async Task An_agent_without_keys_has_an_empty_list()
    {
        (await Ring.List()).Should().BeEmpty();
        await Ring.RevokeAll();
    }

    [Fact]
    public async Task Keys_are_listed_newest_first_revoked_ones_included()
    {
        var (first, second, third) = (await Mint(), await Mint(), await Mint());
        var revoked = await Ring.Revoke(second.Id);
        await cluster.EndActivation(Ring);

        (await Ring.List()).Should().Equal(third, revoked!, first);
    }

    [Fact]
    public async Task A_key_is_found_by_its_hash_and_revoked_by_its_id()
    {
        var hash = KeyCluster.NewHash();
        var record = await Mint(hash);

        (await cluster.Key(hash).Get()).Should().Be(record);
        (await Ring.Revoke(record.Id))!.RevokedAt.Should().Be(cluster.Clock.GetUtcNow());
        (await cluster.Key(hash).Get())!.RevokedAt.Should().NotBeNull();
        (await Ring.Revoke(record.Id))!.RevokedAt.Should().NotBeNull("revoking twice is fine");
    }

    [Fact]
    public async Task Nobody_revokes_a_key_of_another_agent()
    {
        var hash = KeyCluster.NewHash();
        var record = await Mint(hash);

        (await cluster.Ring(KeyCluster.NewAgent()).Revoke(record.Id)).Should().BeNull();
        (await Ring.Revoke(new KeyId("key_0123456789abcdefghij"))).Should().BeNull();

        (await cluster.Key(hash).Get()).Should().Be(record);
    }

    [Fact]
    public async Task A_key_of_another_agent_is_not_minted_here()
    {
        await Ring.Awaiting(r => r.Mint(KeyCluster.NewHash(), cluster.NewRecord())).Should().ThrowAsync<ArgumentException>();

        (await Ring.List()).Should().BeEmpty();
    }

    [Fact]
    public async Task Revoking_all_leaves_no_key_that_works()
    {
        await Mint();
        await Mint();

        await Ring.RevokeAll();

        (await Ring.List()).Should().HaveCount(2).And.OnlyContain(k => k.RevokedAt != null);
    }

    [Fact]
    public async Task The_fifty_first_live_key_is_refused_until_one_is_revoked_or_expires()
    {
        var expires = cluster.Clock.GetUtcNow().AddDays(1);
        var oldest = await Mint(expiresAt: expires);
        for (var i = 1; i < IKeyRingGrain.MaxKeys; i++)
        {
            await Mint();
        }

        (await TryMint()).Should().BeFalse();
        (await Ring.List()).Should().HaveCount(IKeyRingGrain.MaxKeys);

        cluster.Clock.SetUtcNow(expires);
        (await TryMint()).Should().BeTrue("a key is dead from the instant of its expiry");
        (await TryMint()).Should().BeFalse();

        await Ring.Revoke((await Ring.List())[0].Id);
        (await TryMint()).Should().BeTrue();
        (await Ring.List()).Should().Contain(oldest);
    }

    [Fact]
    public async Task Of_revoked_keys_only_the_newest_hundred_are_listed()
    {
        var kept = await Mint();
        var first = await Mint();
        await Ring.Revoke(first.Id);
        for (var i = 0; i < KeyRingGrain.MaxEnded; i++)
        {
            await Ring.Revoke((await Mint()).Id);
        }

        var newest = await Mint();

        var list = await Ring.List();
        list.Should().HaveCount(KeyRingGrain.MaxEnded + 2);
        list[0].Should().Be(newest);
        list[^1].Should().Be(kept);
        list.Should().NotContain(k => k.Id == first.Id);
    }

    /// <summary>The process died between the ring and the key: nobody was ever given that key.</summary>
    [Fact]
    public async Task An_entry_whose_key_was_never_minted_is_skipped_and_pruned_by_the_next_mint()
    {
        var lost = KeyCluster.NewHash();
        cluster.Shelf.Next(GrainShelf.Place("key", lost.Hex), _ => throw new StoreUnavailableException("died"));
        var record = cluster.NewRecord(_agent);
        await Ring.Awaiting(r => r.Mint(lost, record)).Should().ThrowAsync<StoreUnavailableException>();
        cluster.Shelf[Place].Should().Contain(lost.Hex);

        (await Ring.List()).Should().BeEmpty();
        (await Ring.Revoke(record.Id)).Should().BeNull();
        await Ring.RevokeAll();
        var next = await Mint();

        (await Ring.List()).Should().Equal(next);
        cluster.Shelf[Place].Should().NotContain(lost.Hex);
    }

    [Fact]
    public async Task A_mint_that_failed_half_way_can_be_asked_for_again()
    {
        var hash = KeyCluster.NewHash();
        var record = cluster.NewRecord(_agent);
        cluster.Shelf.Next(GrainShelf.Place("key", hash.Hex), _ => throw new StoreUnavailableException("died"));
        await Ring.Awaiting(r => r.Mint(hash, record)).Should().ThrowAsync<StoreUnavailableException>();

        (await Ring.Mint(hash, record)).Should().BeTrue();
        (await Ring.Mint(hash, record)).Should().BeTrue();

        (await Ring.List()).Should().Equal(record);
    }

    [Fact]
    public async Task A_ring_that_cannot_be_written_mints_no_key()
    {
        await Mint();
        var hash = KeyCluster.NewHash();
        cluster.Shelf.Next(Place, _ => throw new StoreUnavailableException("the disk is away"));

        await Ring.Awaiting(r => r.Mint(hash, cluster.NewRecord(_agent))).Should().ThrowAsync<StoreUnavailableException>();

        (await cluster.Key(hash).Get()).Should().BeNull();
        (await Ring.List()).Should().HaveCount(1);
    }

    /// <summary>Stored names are promises.</summary>
    [Fact]
    public async Task The_stored_form_of_a_ring_does_not_change()
    {
        var hash = KeyCluster.NewHash();
        var record = await Mint(hash);

        cluster.Shelf[Place].Should().Be($$"""{"Keys":[{"Id":"{{record.Id}}","Hash":"{{hash}}"}]}""");
        JsonSerializer.Deserialize<StoredRing>(cluster.Shelf[Place]!)!.Keys.Should().Equal(new StoredRingEntry(record.Id.Value, hash.Hex));
    }

    private Task<bool> TryMint() => Ring.Mint(KeyCluster.NewHash(), cluster.NewRecord(_agent));

    private async Task<KeyRecord> Mint(KeyHash? hash = null, DateTimeOffset? expiresAt = null)
    {
        var record = cluster.NewRecord(_agent, expiresAt);
        (await Ring.Mint(hash ?? KeyCluster.NewHash(), record)).Should().BeTrue();
        return record;
    }
}
