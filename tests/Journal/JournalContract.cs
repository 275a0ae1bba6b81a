using System.Text;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Journal;

/// <summary>What every journal store promises: see <see cref="IJournal"/>.</summary>
public abstract class JournalContract : IDisposable
{
    /// <summary>Of a store that keeps an index behind its rows: so many that some are indexed, some being indexed and some still to be.</summary>
    protected virtual int ManyRows => 4_000;

    private IJournalStore? _store;

    protected IJournalStore Store => _store ??= OpenStore();

    protected abstract IJournalStore OpenStore();

    [Fact]
    public async Task A_journal_begins_empty()
    {
        var journal = Store.Open("new");

        var (snapshot, rows) = await journal.Read(default);

        snapshot.Should().BeNull();
        rows.Should().BeEmpty();
        (await journal.ReadBack(long.MaxValue, 10, default)).Should().BeEmpty();
        (await journal.Find(Key("any"), default)).Should().BeNull();
    }

    [Fact]
    public async Task What_was_appended_is_read_back_in_order()
    {
        var scribe = new Scribe(Store.Open("a"));
        foreach (var count in (int[])[1, 3, 1, 2, 10, 1])
        {
            (await scribe.Write(scribe.Next(count, "öß \\\" ☃"))).Should().BeTrue();
        }

        await scribe.ShouldBeIn(Store.Open("a"));
        await scribe.ShouldBeIn(Store.Open("a"), page: 1);
    }

    [Fact]
    public async Task Rows_are_read_back_that_begin_before_a_seq()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        foreach (var count in (int[])[1, 3, 1, 2])
        {
            await scribe.Write(scribe.Next(count));
        }

        for (var seq = 0; seq <= 9; seq++)
        {
            for (var most = 1; most <= 5; most++)
            {
                var rows = await journal.ReadBack(seq, most, default);

                Scribe.Text(rows).Should().Equal(Scribe.Text(scribe.Rows.Where(r => r.FirstSeq < seq).Reverse().Take(most)), $"of the rows before {seq}");
            }
        }
    }

    [Fact]
    public async Task A_row_is_found_by_any_seq_in_it_with_the_end_of_the_one_before()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        foreach (var count in (int[])[1, 3, 1, 2])
        {
            await scribe.Write(scribe.Next(count));
        }

        (await journal.ReadAt(0, default)).Should().BeNull();
        foreach (var seq in (long[])[1, 2, 3, 4, 5, 6, 7, 8, long.MaxValue])
        {
            var found = (await journal.ReadAt(seq, default))!;

            var row = scribe.Rows.Last(r => r.FirstSeq <= seq);
            Scribe.Text([found.Row]).Should().Equal(Scribe.Text([row]));
            found.Before.Seq.Should().Be(row.FirstSeq - 1);
            HashChain.Follows(found.Before, found.Row).Should().BeTrue();
        }
    }

    [Fact]
    public async Task Rows_are_read_on_with_what_is_filed_beside_them()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        List<Append> written = [];
        foreach (var count in (int[])[1, 3, 1, 2])
        {
            written.Add(scribe.Next(count, filed: [Key($"{count}"), Key("again")], snapshot: written.Count == 2 ? "{}" : null));
            await scribe.Write(written[^1]);
        }

        for (var from = 1; from <= 9; from++)
        {
            for (var until = from; until <= 9; until++)
            {
                var rows = await Store.Open("a").ReadOn(from, until, default);

                var expected = written.Where(w => from <= w.Row.FirstSeq && w.Row.FirstSeq < until).ToList();
                Scribe.Text(rows.Select(r => r.Row)).Should().Equal(Scribe.Text(expected.Select(e => e.Row)));
                rows.SelectMany(r => r.Filings).Should().Equal(expected.SelectMany(e => e.Filings));
            }
        }

        (await Store.Open("b").ReadOn(1, 9, default)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task An_append_that_expects_another_end_writes_nothing(long expected)
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        await scribe.WriteRows(3);
        var late = scribe.Next(filed: [Key("late")], snapshot: "{}") with { ExpectedSeq = expected };

        (await journal.Append(late)).Should().BeFalse();

        await scribe.ShouldBeIn(journal);
        (await journal.Find(Key("late"), default)).Should().BeNull();
        await scribe.WriteRows(1);
        await scribe.ShouldBeIn(Store.Open("a"));
    }

    [Fact]
    public async Task Two_owners_of_one_journal_fence_each_other()
    {
        var (one, other) = (Store.Open("a"), Store.Open("a"));
        await one.Read(default);
        await other.Read(default);
        var scribe = new Scribe(one);
        var rival = new Scribe(other);

        (await scribe.Write(scribe.Next(filed: [Key("k")]))).Should().BeTrue();
        (await rival.Write(rival.Next(text: "rival", filed: [Key("k"), Key("r")]))).Should().BeFalse();

        await scribe.ShouldBeIn(other);
        (await other.Find(Key("k"), default)).Should().Be(1);
        (await other.Find(Key("r"), default)).Should().BeNull();
    }

    [Fact]
    public async Task Of_many_that_append_at_one_end_at_once_one_succeeds()
    {
        for (var round = 0; round < 20; round++)
        {
            var empty = new Scribe(Store.Open($"race {round}"));
            var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(
                async () => await Store.Open($"race {round}").Append(empty.Next(text: $"{i}")))));

            results.Count(won => won).Should().Be(1);
            var (_, rows) = await Store.Open($"race {round}").Read(default);
            rows.Should().ContainSingle().Which.Events.ToArray().Should().Equal(empty.Next(text: $"{Array.IndexOf(results, true)}").Row.Events.ToArray());
        }
    }

    [Fact]
    public async Task Many_journals_are_written_at_once_each_in_its_order()
    {
        var scribes = Enumerable.Range(0, 64).ToDictionary(i => $"journal {i}", i => new Scribe(Store.Open($"journal {i}")));

        await Task.WhenAll(scribes.Values.Select(s => Task.Run(() => s.WriteRows(100))));

        foreach (var (name, scribe) in scribes)
        {
            await scribe.ShouldBeIn(Store.Open(name));
        }
    }

    [Fact]
    public async Task A_digest_leads_to_its_newest_filing()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        await scribe.Write(scribe.Next(3, filed: [Key("twice"), Key("once")]));
        await scribe.Write(scribe.Next(2, filed: [Key("twice")]));
        await scribe.Write(scribe.Next());

        (await journal.Find(Key("twice"), default)).Should().Be(4);
        (await journal.Find(Key("once"), default)).Should().Be(1);
        (await journal.Find(Key("never"), default)).Should().BeNull();
        (await Store.Open("b").Find(Key("once"), default)).Should().BeNull("another journal's filing is not ours");
        Reopen();
        (await Store.Open("a").Find(Key("twice"), default)).Should().Be(4, "a handle that has read nothing yet finds as well");
        (await Store.Open("a").ReadBack(6, 1, default)).Should().ContainSingle().Which.FirstSeq.Should().Be(4);
    }

    [Fact]
    public async Task A_snapshot_stands_for_all_before_it()
    {
        var scribe = new Scribe(Store.Open("a"));
        await scribe.WriteRows(5);
        await scribe.Write(scribe.Next(2, snapshot: """{"state":"ünï"}"""));

        (await Store.Open("a").Read(default)).Rows.Should().BeEmpty();
        await scribe.WriteRows(3);
        await scribe.ShouldBeIn(Store.Open("a"));
        await scribe.Write(scribe.Next(snapshot: """{"state":2}"""));
        await scribe.WriteRows(2);
        Reopen();
        await scribe.ShouldBeIn(Store.Open("a"));
    }

    [Fact]
    public async Task Any_name_names_a_journal_of_its_own()
    {
        string[] names = ["budget/agent_0", "budget/agent_", "Budget/agent_0", "it's \"quoted\"; DROP TABLE entries;--", "a%", "a_", "a", "☃ ünïcødé", " ", new('n', 1_000)];
        var scribes = names.ToDictionary(n => n, n => new Scribe(Store.Open(n)));
        foreach (var (name, scribe) in scribes)
        {
            await scribe.Write(scribe.Next(text: $"{name.Length} {(int)name[0]}", filed: [Key("same")]));
        }

        Reopen();
        foreach (var (name, scribe) in scribes)
        {
            await scribe.ShouldBeIn(Store.Open(name));
        }
    }

    [Fact]
    public async Task A_row_may_hold_a_thousand_long_events()
    {
        var scribe = new Scribe(Store.Open("a"));
        await scribe.Write(scribe.Next(1_000, new string('x', 2_000), [.. Enumerable.Range(0, 1_000).Select(i => Key($"{i}"))]));

        await scribe.ShouldBeIn(Store.Open("a"));
        (await Store.Open("a").Find(Key("999"), default)).Should().Be(1);
    }

    [Fact]
    public async Task The_memory_of_an_append_is_the_callers_again_once_it_completed()
    {
        var scribe = new Scribe(Store.Open("a"));
        var kept = scribe.Next(text: "kept", snapshot: """{"kept":1}""");
        var (events, state) = (kept.Row.Events.ToArray(), kept.Snapshot!.State.ToArray());
        (await Store.Open("a").Append(kept with { Row = kept.Row with { Events = events }, Snapshot = kept.Snapshot with { State = state } })).Should().BeTrue();

        events.AsSpan().Fill((byte)'!');
        state.AsSpan().Fill((byte)'!');

        (await Store.Open("a").ReadBack(9, 1, default))[0].Events.ToArray().Should().Equal(kept.Row.Events.ToArray());
        (await Store.Open("a").Read(default)).Snapshot!.State.ToArray().Should().Equal(kept.Snapshot.State.ToArray());
    }

    /// <summary>Whatever is indexed by then, being indexed or still to be, everybody finds the same; also after a restart in the middle of it.</summary>
    [Fact]
    public async Task History_is_whole_while_it_is_indexed_and_after()
    {
        var scribes = Enumerable.Range(0, 80).Select(i => new Scribe(Store.Open($"journal {i}"))).ToList();
        for (var part = 0; part < 5; part++)
        {
            await Task.WhenAll(scribes.Select((s, i) => Task.Run(async () =>
            {
                for (var row = 0; row < ManyRows / 5 / scribes.Count; row++)
                {
                    await s.Write(s.Next(filed: [Key($"{i} {s.Seq}"), Key("newest")], snapshot: s.Seq == 20 ? "{}" : null));
                }
            })));
            await CheckAll(scribes, part);
        }

        Reopen();
        await CheckAll(scribes, 5);
    }

    public void Dispose()
    {
        CloseStore();
        GC.SuppressFinalize(this);
    }

    protected static Digest Key(string key) => Digest.Of(new IdempotencyKey(key));

    protected void Reopen()
    {
        CloseStore();
        _store = OpenStore();
    }

    protected virtual void CloseStore() => (_store as IDisposable)?.Dispose();

    private async Task CheckAll(List<Scribe> scribes, int part)
    {
        foreach (var (i, scribe) in scribes.Index().Where(s => s.Index % 8 == part))
        {
            var journal = Store.Open($"journal {i}");
            await scribe.ShouldBeIn(journal, page: 64);
            (await journal.Find(Key("newest"), default)).Should().Be(scribe.Seq);
            foreach (var seq in (long[])[1, 2, scribe.Seq / 2, scribe.Seq - 1, scribe.Seq])
            {
                (await journal.Find(Key($"{i} {seq - 1}"), default)).Should().Be(seq);
            }
        }
    }
}
