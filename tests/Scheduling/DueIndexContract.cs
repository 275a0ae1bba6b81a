using Budgets.Scheduling;
using Orleans.Runtime;

namespace Budgets.Tests.Scheduling;

/// <summary>What every <see cref="IDueIndex"/> does.</summary>
public abstract class DueIndexContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    /// <summary>More than two transactions of a table take.</summary>
    private const int Many = 230;

    protected abstract IDueIndex Index { get; }

    [Fact]
    public async Task An_empty_index_has_nothing_due() => (await Index.List(0, DateTimeOffset.MaxValue, null, 10)).Should().BeEmpty();

    [Fact]
    public async Task What_is_put_is_listed_as_it_was_from_its_time_on()
    {
        var due = new Due(Noon.AddTicks(1_234_567), GrainOf(3, "it's \"odd\" / \\ # ? % !002F ünïcødé 🤖"), "holds");
        await Index.Put(due);

        (await Index.List(3, due.At.AddTicks(-1), null, 10)).Should().BeEmpty();
        (await Index.List(3, due.At, null, 10)).Select(r => r.Due).Should().Equal(due);
        (await Index.List(4, due.At, null, 10)).Should().BeEmpty("it is another shard's");
    }

    [Fact]
    public async Task An_instant_is_the_same_whatever_its_offset()
    {
        await Index.Put(new Due(Noon.ToOffset(TimeSpan.FromHours(9)), GrainOf(0, "tokyo"), "holds"));

        (await Index.List(0, Noon, null, 10)).Should().ContainSingle().Which.Due.At.Should().Be(Noon);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Pages_of_any_size_tell_all_that_is_due_once_and_the_earliest_first(int limit)
    {
        int[] minutes = [5, 1, 3, 3, 3, 60, 2];
        var dues = minutes.Select((m, i) => new Due(Noon.AddMinutes(m), GrainOf(0, $"{i}"), i % 2 == 0 ? "holds" : "other")).ToList();
        foreach (var due in dues)
        {
            await Index.Put(due);
        }

        var listed = await ListAll(0, Noon.AddMinutes(5), limit);

        listed.Select(r => r.Due).Should().BeEquivalentTo(dues.Where(d => d.At <= Noon.AddMinutes(5)));
        listed.Select(r => r.Due.At).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task One_grain_may_have_several_kinds_and_several_times()
    {
        var grain = GrainOf(0, "a");
        Due[] dues = [new(Noon, grain, "holds"), new(Noon, grain, "other"), new(Noon.AddTicks(1), grain, "holds")];
        foreach (var due in dues)
        {
            await Index.Put(due);
            await Index.Put(due);
        }

        (await Index.List(0, Noon.AddDays(1), null, 10)).Select(r => r.Due).Should().BeEquivalentTo(dues);
    }

    [Fact]
    public async Task What_is_removed_is_gone_and_nothing_else()
    {
        for (var i = 0; i < Many; i++)
        {
            await Index.Put(new Due(Noon.AddSeconds(i), GrainOf(0, $"{i}"), "holds"));
        }

        var rows = await ListAll(0, Noon.AddDays(1), 100);
        await Index.Remove([.. rows.Take(Many - 5)]);
        await Index.Remove([]);

        (await ListAll(0, Noon.AddDays(1), 100)).Should().Equal(rows.Skip(Many - 5));
    }

    /// <summary>Between looking and removing somebody may have come to rely on it again.</summary>
    [Fact]
    public async Task What_was_put_again_since_it_was_listed_stays()
    {
        var (kept, gone, removed) = (new Due(Noon, GrainOf(0, "kept"), "holds"), new Due(Noon, GrainOf(0, "gone"), "holds"), new Due(Noon, GrainOf(0, "removed"), "holds"));
        foreach (var due in (Due[])[kept, gone, removed])
        {
            await Index.Put(due);
        }

        var listed = await Index.List(0, Noon, null, 10);
        await Index.Put(kept);
        await Index.Remove([listed.Single(r => r.Due == gone)]);
        await Index.Remove(listed);

        (await Index.List(0, Noon, null, 10)).Should().ContainSingle().Which.Due.Should().Be(kept);
    }

    [Fact]
    public async Task Many_at_once_put_and_remove_and_nothing_is_lost()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, Many), async (i, _) => await Index.Put(new Due(Noon, GrainOf(i % 2, $"{i}"), "holds")));
        var first = await ListAll(0, Noon, 100);
        await Task.WhenAll(Index.Remove(first), Index.Remove(first), Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await Index.Put(new Due(Noon, GrainOf(0, $"late {i}"), "holds"));
            }
        }));

        (await ListAll(0, Noon, 100)).Should().HaveCount(20);
        (await ListAll(1, Noon, 100)).Should().HaveCount(Many / 2);
    }

    /// <summary>A grain of a shard.</summary>
    internal static GrainId GrainOf(int shard, string key)
    {
        for (var i = 0; ; i++)
        {
            var grain = GrainId.Create("budget", $"{key}.{i}");
            if (new Due(Noon, grain, "holds").Shard == shard)
            {
                return grain;
            }
        }
    }

    private async Task<List<DueRow>> ListAll(int shard, DateTimeOffset until, int limit)
    {
        var all = new List<DueRow>();
        IReadOnlyList<DueRow> page;
        do
        {
            page = await Index.List(shard, until, all.Count > 0 ? all[^1] : null, limit);
            page.Count.Should().BeLessThanOrEqualTo(limit);
            all.AddRange(page);
        }
        while (page.Count == limit);
        return all;
    }
}

public sealed class MemoryDueIndexTests : DueIndexContract
{
    protected override IDueIndex Index { get; } = new MemoryDueIndex();
}
