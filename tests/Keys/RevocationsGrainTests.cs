using System.Text.Json;
using Budgets.Keys;

namespace Budgets.Tests.Keys;

/// <summary>What an API host that remembers keys is told. Classes of one collection run one after the other, so nobody else announces here.</summary>
[Collection(KeyCluster.Name)]
public sealed class RevocationsGrainTests(KeyCluster cluster)
{
    private static readonly string Place = GrainShelf.Place("revocations", "0");

    private IRevocationsGrain Revocations => cluster.Revocations;

    [Fact]
    public async Task A_host_that_asks_for_the_first_time_forgets_all_it_may_know()
    {
        var news = await Revocations.Since(RevocationNews.None);

        news.ForgetAll.Should().BeTrue();
        news.Revoked.Should().BeEmpty();
    }

    [Fact]
    public async Task A_host_is_told_each_revocation_once_oldest_first()
    {
        var (a, b, c) = (KeyCluster.NewHash(), KeyCluster.NewHash(), KeyCluster.NewHash());
        var start = await cluster.RevocationsSoFar();
        await Revocations.Announce(a);
        await Revocations.Announce(b);
        await Revocations.Announce(b);

        var first = await Revocations.Since(start);
        await Revocations.Announce(c);
        var second = await Revocations.Since(first.Number);
        var third = await Revocations.Since(second.Number);

        first.Should().BeEquivalentTo(new { ForgetAll = false, Revoked = new[] { a, b } }, o => o.WithStrictOrdering());
        second.Should().BeEquivalentTo(new { ForgetAll = false, Revoked = new[] { c } });
        third.Should().BeEquivalentTo(new { second.Number, ForgetAll = false, Revoked = Array.Empty<KeyHash>() });
    }

    [Fact]
    public async Task A_host_that_missed_more_than_is_remembered_forgets_all()
    {
        var start = await cluster.RevocationsSoFar();
        for (var i = 0; i < RevocationsGrain.MaxKept; i++)
        {
            await Revocations.Announce(KeyCluster.NewHash());
        }

        var atTheBrim = await Revocations.Since(start);
        await Revocations.Announce(KeyCluster.NewHash());
        var overIt = await Revocations.Since(start);

        atTheBrim.ForgetAll.Should().BeFalse();
        atTheBrim.Revoked.Should().HaveCount(RevocationsGrain.MaxKept);
        overIt.ForgetAll.Should().BeTrue();
    }

    /// <summary>As after a restore: what the host knows may not have happened.</summary>
    [Fact]
    public async Task A_host_that_knows_a_later_number_than_the_store_forgets_all()
    {
        var number = await cluster.RevocationsSoFar();

        (await Revocations.Since(number + 1)).ForgetAll.Should().BeTrue();
        (await Revocations.Since(long.MinValue)).ForgetAll.Should().BeTrue();
    }

    /// <summary>Any silo tells what any other was told.</summary>
    [Fact]
    public async Task What_was_announced_outlives_the_activation_that_was_told()
    {
        var start = await cluster.RevocationsSoFar();
        var hash = KeyCluster.NewHash();
        await Revocations.Announce(hash);

        await cluster.EndActivation(Revocations);

        (await Revocations.Since(start)).Should().BeEquivalentTo(new { ForgetAll = false, Revoked = new[] { hash } });
    }

    [Fact]
    public async Task An_announcement_that_meets_another_silos_comes_after_it()
    {
        var start = await cluster.RevocationsSoFar();
        var (ours, theirs) = (KeyCluster.NewHash(), KeyCluster.NewHash());
        await Revocations.Announce(theirs);
        cluster.Shelf.Next(Place, async read =>
        {
            await read();
            cluster.Shelf.WriteAsAnother(Place);
        });

        await Revocations.Announce(ours);

        (await Revocations.Since(start)).Revoked.Should().Equal(theirs, ours);
    }

    [Fact]
    public async Task A_store_that_is_down_is_an_error_and_not_an_empty_answer()
    {
        cluster.Shelf.Next(Place, _ => throw new StoreUnavailableException("the disk is away"));
        await Revocations.Awaiting(r => r.Since(0)).Should().ThrowAsync<StoreUnavailableException>();

        cluster.Shelf.Next(Place, _ => throw new StoreUnavailableException("the disk is away"));
        await Revocations.Awaiting(r => r.Announce(KeyCluster.NewHash())).Should().ThrowAsync<StoreUnavailableException>();
    }

    /// <summary>Stored names are promises.</summary>
    [Fact]
    public async Task The_stored_form_does_not_change()
    {
        var hash = KeyCluster.NewHash();
        await Revocations.Announce(hash);
        var number = await cluster.RevocationsSoFar();

        var newest = JsonDocument.Parse(cluster.Shelf[Place]!).RootElement;
        newest.EnumerateObject().Select(m => m.Name).Should().Equal("Number", "Newest");
        (newest.GetProperty("Number").GetInt64(), newest.GetProperty("Newest").EnumerateArray().Last().GetString()).Should().Be((number, hash.Hex));
    }
}
