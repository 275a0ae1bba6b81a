using Budgets.Scheduling;
using Orleans.Runtime;

namespace Budgets.Tests.Scheduling;

/// <summary>What an alarm costs whoever sets it, and what it may cost whoever is woken. It knows nothing of budgets.</summary>
public sealed class AlarmTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly WatchedIndex _index = new(new MemoryDueIndex());
    private readonly Alarm _alarm;

    public AlarmTests() => _alarm = new Alarm(_index, GrainId.Create("anything", "a"), "wake");

    private IEnumerable<DateTimeOffset> Rings => _index.Puts.Select(d => d.At);

    [Fact]
    public void Who_need_not_be_woken_asks_nothing_of_the_index()
    {
        _index.RefusesPuts = true;

        _alarm.Set(null, Noon).AsTask().IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task What_is_set_in_time_serves_every_later_need_at_once_and_without_the_index()
    {
        await _alarm.Set(Noon.AddMinutes(10), Noon);
        _index.RefusesPuts = true;

        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(11); passed += TimeSpan.FromSeconds(7))
        {
            _alarm.Set(Noon + passed + TimeSpan.FromMinutes(10), Noon + passed).AsTask().IsCompletedSuccessfully.Should().BeTrue();
        }
    }

    [Fact]
    public async Task An_earlier_need_is_put_as_well_and_none_rings_before_its_time_or_more_than_a_step_after()
    {
        DateTimeOffset[] wanted = [Noon.AddMinutes(10), Noon.AddSeconds(61), Noon.AddSeconds(3)];
        foreach (var at in wanted)
        {
            await _alarm.Set(at, Noon);
        }

        Rings.Should().HaveCount(3);
        Rings.Zip(wanted).Should().OnlyContain(r => r.First >= r.Second && r.First < r.Second + Alarm.Step);
    }

    /// <summary>The scheduler may have rung another activation, and that one may have died.</summary>
    [Fact]
    public async Task An_alarm_that_should_have_rung_minutes_ago_is_not_relied_on()
    {
        await _alarm.Set(Noon.AddSeconds(1), Noon);

        await _alarm.Set(Noon.AddHours(1), Noon.AddMinutes(3));

        Rings.Should().HaveCount(2);
    }

    [Fact]
    public async Task After_it_has_rung_it_is_set_anew()
    {
        await _alarm.Set(Noon.AddSeconds(60), Noon);
        _alarm.Rang();

        await _alarm.Set(Noon.AddSeconds(60), Noon);

        Rings.Should().HaveCount(2);
    }

    /// <summary>Something has waited since noon and does not get on, however often it is woken.</summary>
    [Fact]
    public async Task Whoever_does_not_get_on_is_woken_again_within_two_steps_and_never_sooner_than_one()
    {
        var now = Noon;
        for (var woken = 0; woken < 100; woken++)
        {
            await _alarm.Set(Noon, now);
            var ring = Rings.Last();
            ring.Should().BeOnOrAfter(now + Alarm.Step).And.BeOnOrBefore(now + (2 * Alarm.Step));
            now = ring;
            _alarm.Rang();
        }
    }

    [Fact]
    public async Task What_waits_all_the_time_puts_no_row_with_every_append()
    {
        for (var passed = TimeSpan.Zero; passed < Alarm.Step; passed += TimeSpan.FromMilliseconds(10))
        {
            await _alarm.Set(Noon, Noon + passed);
        }

        Rings.Should().ContainSingle();
    }

    [Fact]
    public async Task An_index_that_does_not_say_whether_it_has_the_due_is_not_relied_on()
    {
        var alarm = new Alarm(new UnsureIndex(), GrainId.Create("anything", "a"), "wake");

        await alarm.Awaiting(a => a.Set(Noon.AddSeconds(1), Noon).AsTask()).Should().ThrowAsync<StoreUnavailableException>("nothing was appended, for certain");
    }

    private sealed class UnsureIndex : IDueIndex
    {
        public ValueTask Put(Due due) => throw new OutcomeUnknownException("It may be there.");

        public Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit) => throw new StoreUnavailableException("Not now.");

        public Task Remove(IReadOnlyCollection<DueRow> rows) => throw new StoreUnavailableException("Not now.");
    }
}
