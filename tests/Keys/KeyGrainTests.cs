namespace Budgets.Tests.Keys;

[Collection(KeyCluster.Name)]
public sealed class KeyGrainTests(KeyCluster cluster)
{
    private readonly KeyHash _hash = KeyCluster.NewHash();

    private IKeyGrain Key => cluster.Key(_hash);

    private string Place => GrainShelf.Place("key", _hash.Hex);

    [Fact]
    public async Task A_minted_key_is_known_and_outlives_its_activation()
    {
        var record = cluster.NewRecord(expiresAt: cluster.Clock.GetUtcNow().AddDays(30));
        await Key.Mint(record);
        await cluster.EndActivation(Key);

        (await Key.Get()).Should().Be(record);
    }

    [Fact]
    public async Task A_key_never_minted_is_unknown_and_cannot_be_revoked()
    {
        var before = await cluster.RevocationsSoFar();

        (await Key.Get()).Should().BeNull();
        (await Key.Revoke()).Should().BeNull();

        (await cluster.Revocations.Since(before)).Revoked.Should().NotContain(_hash);
        cluster.Shelf[Place].Should().BeNull();
    }

    [Fact]
    public async Task Minting_the_same_key_twice_changes_nothing_and_does_not_revive_it()
    {
        var record = cluster.NewRecord();
        await Key.Mint(record);
        var revoked = await Key.Revoke();

        await Key.Mint(record);

        (await Key.Get()).Should().Be(revoked);
        revoked!.RevokedAt.Should().NotBeNull();
    }

    [Fact]
    public async Task A_second_key_cannot_take_the_place_of_the_first()
    {
        var first = cluster.NewRecord();
        await Key.Mint(first);

        await Key.Awaiting(k => k.Mint(cluster.NewRecord())).Should().ThrowAsync<InvalidOperationException>();

        (await Key.Get()).Should().Be(first);
    }

    [Fact]
    public async Task A_revoked_key_is_dated_stored_and_announced()
    {
        var record = cluster.NewRecord();
        await Key.Mint(record);
        var before = await cluster.RevocationsSoFar();

        var revoked = await Key.Revoke();

        revoked.Should().Be(record with { RevokedAt = cluster.Clock.GetUtcNow() });
        (await cluster.Revocations.Since(before)).Revoked.Should().Contain(_hash);
        await cluster.EndActivation(Key);
        (await Key.Get()).Should().Be(revoked);
    }

    /// <summary>The process may have died after the write and before the announcement: the caller asks again, and hosts must hear of it.</summary>
    [Fact]
    public async Task Revoking_twice_keeps_the_first_date_and_announces_again()
    {
        await Key.Mint(cluster.NewRecord());
        var first = await Key.Revoke();
        var before = await cluster.RevocationsSoFar();
        cluster.Clock.Advance(TimeSpan.FromMinutes(1));

        var second = await Key.Revoke();

        second.Should().Be(first);
        (await cluster.Revocations.Since(before)).Revoked.Should().Contain(_hash);
    }

    /// <summary>Otherwise a silo that dies right after the write leaves the hosts trusting the key, when the list of revocations lives on another silo.</summary>
    [Fact]
    public async Task Hosts_are_told_to_ask_again_before_the_write_and_are_answered_after_it()
    {
        await Key.Mint(cluster.NewRecord());
        var before = await cluster.RevocationsSoFar();
        var writing = new TaskCompletionSource();
        var mayWrite = new TaskCompletionSource();
        cluster.Shelf.Next(Place, async write =>
        {
            writing.SetResult();
            await mayWrite.Task;
            await write();
        });

        var revoking = Key.Revoke();
        await writing.Task;
        var news = await cluster.Revocations.Since(before);
        var asking = Key.Get();
        var askedTooEarly = asking.IsCompleted;
        mayWrite.SetResult();

        news.Revoked.Should().Contain(_hash);
        askedTooEarly.Should().BeFalse();
        (await asking)!.RevokedAt.Should().NotBeNull();
        await revoking;
    }

    [Fact]
    public async Task A_store_that_is_down_mints_nothing_and_says_so()
    {
        cluster.Shelf.Next(Place, _ => throw new StoreUnavailableException("the disk is away"));

        // The first thing a new activation does is read.
        await Key.Awaiting(k => k.Mint(cluster.NewRecord())).Should().ThrowAsync<StoreUnavailableException>();

        (await Key.Get()).Should().BeNull();
    }

    [Fact]
    public async Task A_revocation_that_could_not_be_written_is_an_error_and_the_key_lives()
    {
        var record = cluster.NewRecord();
        await Key.Mint(record);
        cluster.Shelf.Next(Place, _ => throw new StoreUnavailableException("the disk is away"));

        await Key.Awaiting(k => k.Revoke()).Should().ThrowAsync<StoreUnavailableException>();

        (await Key.Get()).Should().Be(record);
        (await Key.Revoke())!.RevokedAt.Should().NotBeNull();
    }

    [Fact]
    public async Task A_revocation_of_unknown_outcome_says_so_and_the_next_answer_is_what_was_stored()
    {
        await Key.Mint(cluster.NewRecord());
        cluster.Shelf.Next(Place, async write =>
        {
            await write();
            throw new IOException("the answer was lost");
        });

        await Key.Awaiting(k => k.Revoke()).Should().ThrowAsync<OutcomeUnknownException>();

        (await Key.Get())!.RevokedAt.Should().NotBeNull();
    }

    [Fact]
    public async Task A_key_that_another_activation_wrote_is_read_again_before_it_is_revoked()
    {
        await Key.Mint(cluster.NewRecord());
        cluster.Shelf.WriteAsAnother(Place);

        await Key.Awaiting(k => k.Revoke()).Should().ThrowAsync<StoreUnavailableException>();

        (await Key.Revoke())!.RevokedAt.Should().NotBeNull();
    }

    /// <summary>A silo that the others hold for dead may go on for a while: what its activation remembers must not bring a revoked key back to life.</summary>
    [Fact]
    public async Task A_key_that_was_revoked_through_another_activation_is_known_to_be()
    {
        await Key.Mint(cluster.NewRecord());
        (await Key.Get())!.RevokedAt.Should().BeNull();

        cluster.Shelf.Change(Place, json => json.Replace("\"RevokedAt\":null", "\"RevokedAt\":\"2026-03-01T12:00:00+00:00\"", StringComparison.Ordinal));

        (await Key.Get())!.RevokedAt.Should().NotBeNull();
    }

    /// <summary>Stored names are promises.</summary>
    [Fact]
    public async Task The_stored_form_of_a_key_does_not_change()
    {
        await Key.Mint(new KeyRecord(
            new KeyId("key_0123456789abcdefghij"),
            new AgentId("agent_0123456789abcdefghij"),
            Scopes.Spend,
            "abk_...Q7xZ",
            null,
            new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 4, 1, 12, 0, 0, TimeSpan.Zero),
            null));

        cluster.Shelf[Place].Should().Be(
            """{"Id":"key_0123456789abcdefghij","Agent":"agent_0123456789abcdefghij","Scopes":1,"Hint":"abk_...Q7xZ","Label":null,"CreatedAt":"2026-03-01T12:00:00+00:00","ExpiresAt":"2026-04-01T12:00:00+00:00","RevokedAt":null}""");
    }
}
