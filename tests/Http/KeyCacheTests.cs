using Budgets.ApiHost.Auth;
using Microsoft.Extensions.Time.Testing;

namespace Budgets.Tests.Http;

public sealed class KeyCacheTests
{
    private readonly KeyCache _cache = new();

    [Fact]
    public void A_revocation_that_comes_while_a_key_is_being_asked_for_wins()
    {
        var generation = _cache.Generation;
        _cache.Forget(Digest(1));

        _cache.Remember(Digest(1), Caller.Operator, generation);

        _cache.Find(Digest(1)).Should().BeNull();
    }

    [Fact]
    public void Forgotten_keys_are_gone_from_both_generations()
    {
        Fill(0, (KeyCache.Most / 2) + 5);

        _cache.Forget(Digest(1));
        _cache.Forget(Digest((KeyCache.Most / 2) + 1));

        _cache.Find(Digest(1)).Should().BeNull();
        _cache.Find(Digest((KeyCache.Most / 2) + 1)).Should().BeNull();
        _cache.Find(Digest(2)).Should().NotBeNull();
        _cache.ForgetAll();
        _cache.Find(Digest(2)).Should().BeNull();
    }

    [Fact]
    public void It_is_bounded_and_keeps_who_is_active()
    {
        for (var i = 0; i < 2 * KeyCache.Most; i++)
        {
            Fill(i, 1);
            if (i % 1000 == 0)
            {
                _cache.Find(Digest(0)).Should().NotBeNull();
            }
        }

        Enumerable.Range(0, 2 * KeyCache.Most).Count(i => _cache.Find(Digest(i)) is not null).Should().BeLessThanOrEqualTo(KeyCache.Most);
    }

    [Fact]
    public void What_was_not_heard_of_for_four_seconds_is_not_believed()
    {
        var clock = new FakeTimeProvider();
        var freshness = new Freshness(clock);
        freshness.IsFresh.Should().BeFalse("nothing was heard yet");

        freshness.Heard(freshness.Mark());
        clock.Advance(TimeSpan.FromSeconds(3.9));
        freshness.IsFresh.Should().BeTrue();
        clock.Advance(TimeSpan.FromSeconds(0.1));
        freshness.IsFresh.Should().BeFalse();
    }

    private void Fill(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            _cache.Remember(Digest(i), Caller.Operator, _cache.Generation);
        }
    }

    private static KeyDigest Digest(int i) => new((ulong)i, 2, 3, 4);
}
