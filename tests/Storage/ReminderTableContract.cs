using Orleans;
using Orleans.Runtime;

namespace Budgets.Tests.Storage;

/// <summary>What Orleans' own reminder table tests ask of a table, and what we ask on top.</summary>
public abstract class ReminderTableContract
{
    protected abstract IReminderTable Table { get; }

    /// <summary>As precise as the table keeps it.</summary>
    protected virtual DateTime StartAt => new DateTime(2026, 2, 28, 23, 59, 59, DateTimeKind.Utc).AddTicks(1_234_567);

    /// <summary>Names and keys that the table can keep apart.</summary>
    protected virtual string[] SpecialTexts =>
    [
        "foo/bar\\#b_a_z?", "foo_bar_#b_a_z?", "имя", "'; DROP TABLE reminder; --", "%", "_", "a b", "TICK", "tick", "a\nb", "é", "e\u0301",
    ];

    /// <summary>Of how many hashes one is the bound of ranges.</summary>
    protected virtual int BoundsEvery => 50;

    [Fact]
    public async Task Starting_twice_and_going_on_after_a_stop_is_allowed()
    {
        await Table.StartAsync();
        await Table.StartAsync();
        await Table.StopAsync();
        await Table.StartAsync();

        (await Table.ReadRows(0, 0)).Reminders.Should().BeEmpty();
    }

    [Fact]
    public async Task A_reminder_reads_back_whole()
    {
        var entry = Reminder("g", "tick");

        entry.ETag = await Table.UpsertRow(entry);

        var read = await Table.ReadRow(entry.GrainId, "tick");
        read.Should().BeEquivalentTo(entry);
        read!.StartAt.Kind.Should().Be(DateTimeKind.Utc);
        entry.ETag.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_start_that_has_lost_its_kind_is_utc_and_a_local_one_is_converted()
    {
        await Table.UpsertRow(Reminder("unspecified", "tick", DateTime.SpecifyKind(StartAt, DateTimeKind.Unspecified)));
        await Table.UpsertRow(Reminder("local", "tick", StartAt.ToLocalTime()));

        (await Table.ReadRows(0, 0)).Reminders.Should().HaveCount(2).And.OnlyContain(r => r.StartAt == StartAt && r.StartAt.Kind == DateTimeKind.Utc);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("00:01:00")]
    [InlineData("7.00:00:00.0000001")]
    [InlineData("10675199.02:48:05.4775807")]
    public async Task Every_period_reads_back_to_the_tick(string period)
    {
        var entry = Reminder("g", "tick");
        entry.Period = TimeSpan.Parse(period, null);

        await Table.UpsertRow(entry);

        (await Table.ReadRow(entry.GrainId, "tick"))!.Period.Should().Be(entry.Period);
    }

    [Fact]
    public async Task What_is_not_there_reads_as_nothing()
    {
        await Table.UpsertRow(Reminder("g", "tick"));

        (await Table.ReadRow(Grain("g"), "tock")).Should().BeNull();
        (await Table.ReadRow(Grain("h"), "tick")).Should().BeNull();
        (await Table.ReadRows(Grain("h"))).Reminders.Should().BeEmpty();
    }

    [Fact]
    public async Task A_grains_reminders_are_read_without_its_neighbours()
    {
        foreach (var (grain, name) in new[] { ("g", "a"), ("g", "b"), ("g-", "c"), ("h", "a") })
        {
            await Table.UpsertRow(Reminder(grain, name));
        }

        (await Table.ReadRows(Grain("g"))).Reminders.Select(r => r.ReminderName).Should().BeEquivalentTo("a", "b");
    }

    [Fact]
    public async Task An_upsert_replaces_the_row_and_its_etag_whatever_etag_it_came_with()
    {
        var first = Reminder("g", "tick");
        first.ETag = await Table.UpsertRow(first);
        var second = Reminder("g", "tick", StartAt.AddDays(1));
        second.ETag = "stale";

        second.ETag = await Table.UpsertRow(second);

        second.ETag.Should().NotBe(first.ETag);
        (await Table.ReadRows(Grain("g"))).Reminders.Should().ContainSingle().Which.Should().BeEquivalentTo(second);
    }

    [Fact]
    public async Task Upserts_at_once_all_get_etags_of_their_own()
    {
        var etags = await Task.WhenAll(Enumerable.Range(0, 25).Select(i => Table.UpsertRow(Reminder($"{i / 5}", "tick", StartAt.AddMilliseconds(i)))));

        etags.Should().OnlyHaveUniqueItems();
        (await Table.ReadRows(0, 0)).Reminders.Should().HaveCount(5);
    }

    [Fact]
    public async Task A_reminder_is_removed_only_under_its_name_and_its_latest_etag()
    {
        var entry = Reminder("g", "tick");
        var stale = await Table.UpsertRow(entry);
        var latest = await Table.UpsertRow(entry);

        (await Table.RemoveRow(entry.GrainId, "tick", stale!)).Should().BeFalse();
        (await Table.RemoveRow(entry.GrainId, "tock", latest!)).Should().BeFalse();
        (await Table.RemoveRow(Grain("h"), "tick", latest!)).Should().BeFalse();
        (await Table.ReadRow(entry.GrainId, "tick"))!.ETag.Should().Be(latest);

        (await Table.RemoveRow(entry.GrainId, "tick", latest!)).Should().BeTrue();
        (await Table.RemoveRow(entry.GrainId, "tick", latest!)).Should().BeFalse();
        (await Table.ReadRow(entry.GrainId, "tick")).Should().BeNull();
    }

    [Fact]
    public async Task Special_characters_in_grain_and_name_are_kept_apart()
    {
        var entries = SpecialTexts.SelectMany(_ => SpecialTexts, (grain, name) => Reminder(grain, name)).ToList();
        foreach (var entry in entries)
        {
            entry.ETag = await Table.UpsertRow(entry);
        }

        (await Table.ReadRows(0, 0)).Reminders.Should().HaveCount(entries.Count);
        foreach (var entry in entries)
        {
            (await Table.ReadRow(entry.GrainId, entry.ReminderName)).Should().BeEquivalentTo(entry);
        }
    }

    [Fact]
    public async Task A_range_of_the_ring_leaves_its_begin_out_takes_its_end_in_and_wraps()
    {
        var grains = Enumerable.Range(0, 1000).Select(i => GrainId.Create(GrainType.Create("ranged"), GrainIdKeyExtensions.CreateIntegerKey(i))).ToList();
        await Task.WhenAll(grains.Select(grain => Table.UpsertRow(Reminder(grain, "tick"))));
        var hashes = grains.Select(g => g.GetUniformHashCode()).Order().ToList();
        hashes.Should().Contain(h => h > int.MaxValue, "half of all hashes have the top bit set");

        uint[] bounds = [0, 1, int.MaxValue, 1u + int.MaxValue, uint.MaxValue - 1, uint.MaxValue, .. hashes.Where((_, i) => i % BoundsEvery == 0), hashes[^1]];
        foreach (var (begin, end) in bounds.SelectMany(_ => bounds, (begin, end) => (begin, end)))
        {
            var expected = hashes.Where(h => begin < end ? h > begin && h <= end : h > begin || h <= end);

            var rows = await Table.ReadRows(begin, end);

            rows.Reminders.Select(r => r.GrainId.GetUniformHashCode()).Order().Should().Equal(expected, "the range is ({0}, {1}]", begin, end);
        }

        (await Table.ReadRows(0, uint.MaxValue)).Reminders.Should().HaveCount(1000);
        (await Table.ReadRows(7, 7)).Reminders.Should().HaveCount(1000);
    }

    protected static GrainId Grain(string key) => GrainId.Create("remindable", key);

    protected ReminderEntry Reminder(string grain, string name, DateTime? startAt = null) => Reminder(Grain(grain), name, startAt);

    protected ReminderEntry Reminder(GrainId grain, string name, DateTime? startAt = null) =>
        new() { GrainId = grain, ReminderName = name, StartAt = startAt ?? StartAt, Period = TimeSpan.FromMinutes(1) };
}
