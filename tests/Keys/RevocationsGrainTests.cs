using Budgets.Keys;

namespace Budgets.Tests.Keys;

/// <summary>What an API host that remembers keys is told. Classes of one collection run one after the other, so nobody else announces here.</summary>
[Collection(KeyCluster.Name)]
public sealed class RevocationsGrainTests(KeyCluster cluster)
{
    private IRevocationsGrain Revocations => cluster.Revocations;

    [Fact]
    public async Task A_host_that_asks_for_the_first_time_forgets_all_it_may_know()
    {
        var news = await Revocations.Since(default);

        news.ForgetAll.Should().BeTrue();
        news.Revoked.Should().BeEmpty();
    }

    [Fact]
    public async Task A_host_is_told_each_revocation_once_oldest_first()
    {
        var (a, b, c) = (KeyCluster.NewHash(), KeyCluster.NewHash(), KeyCluster.NewHash());
        var start = (await Revocations.Since(default)).Version;
        await Revocations.Announce(a);
        await Revocations.Announce(b);
        await Revocations.Announce(b);

        var first = await Revocations.Since(start);
        await Revocations.Announce(c);
        var second = await Revocations.Since(first.Version);
        var third = await Revocations.Since(second.Version);

        first.Should().BeEquivalentTo(new { ForgetAll = false, Revoked = new[] { a, b } }, o => o.WithStrictOrdering());
        second.Should().BeEquivalentTo(new { ForgetAll = false, Revoked = new[] { c } });
        third.Should().BeEquivalentTo(new { second.Version, ForgetAll = false, Revoked = Array.Empty<KeyHash>() });
    }

    [Fact]
    public async Task A_host_that_missed_more_than_is_remembered_forgets_all()
    {
        var start = (await Revocations.Since(default)).Version;
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

    [Fact]
    public async Task A_host_that_knows_a_later_number_than_the_grain_forgets_all()
    {
        var version = (await Revocations.Since(default)).Version;

        (await Revocations.Since(version with { Number = version.Number + 1 })).ForgetAll.Should().BeTrue();
        (await Revocations.Since(version with { Number = long.MinValue })).ForgetAll.Should().BeTrue();
    }

    /// <summary>The silo with the list died, perhaps before an announcement reached it.</summary>
    [Fact]
    public async Task A_new_activation_makes_every_host_forget_all()
    {
        var before = await Revocations.Since((await Revocations.Since(default)).Version);
        before.ForgetAll.Should().BeFalse();

        await cluster.EndActivation(Revocations);

        var after = await Revocations.Since(before.Version);
        after.ForgetAll.Should().BeTrue();
        (await Revocations.Since(after.Version)).ForgetAll.Should().BeFalse();
    }
}
