using System.Diagnostics;
using System.Runtime.CompilerServices;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Budgets.Tests.Journal;

public sealed class SqliteJournalTests : JournalContract
{
    private readonly ScratchDirectory _scratch = new();
    private DataDirectory? _directory;

    private SqliteConnection Writer => ConnectionOf(WriterOf((SqliteJournalStore)Store));

    protected override int ManyRows => 5 * Tail.PortionRows / 2;

    protected override IJournalStore OpenStore() => new SqliteJournalStore(_directory = DataDirectory.Open(_scratch.Path));

    [Fact]
    public async Task The_ledger_is_a_view_that_any_sqlite_reads()
    {
        await WriteLedger();

        using var connection = new SqliteConnection($"Data Source={_scratch.Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT agent_id, seq, event, printf('%.9f', amount_usd), model, tags, idempotency_key, id FROM ledger ORDER BY seq";
        using var reader = command.ExecuteReader();
        var lines = new List<object[]>();
        while (reader.Read())
        {
            var line = new object[reader.FieldCount];
            reader.GetValues(line);
            lines.Add(line);
        }

        lines.Select(l => string.Join('|', l)).Should().Equal(
            "agent_0123456789abcdefghij|1|opened.v1|0.000000000||||",
            "agent_0123456789abcdefghij|2|charged.v1|0.000075000|gpt-5|[\"nightly\"]|k1|chg_1",
            "agent_0123456789abcdefghij|3|charged.v1|1.250000000|gpt-5|[\"nightly\"]|k2|chg_2");
    }

    /// <summary>scripts/test.sh installs the shell.</summary>
    [Fact]
    public async Task The_ledger_is_read_with_the_sqlite3_shell()
    {
        await WriteLedger();

        using var shell = Process.Start(new ProcessStartInfo("sqlite3", ["-readonly", _scratch.Database, "SELECT count(*), sum(amount_usd) FROM ledger WHERE event = 'charged.v1'"])
        {
            RedirectStandardOutput = true,
        })!;

        (await shell.StandardOutput.ReadToEndAsync()).Trim().Should().Be("2|1.250075");
    }

    [Fact]
    public async Task A_full_disk_takes_nothing_and_loses_nothing()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        await scribe.Write(scribe.Next(filed: [Key("before")]));
        Fill();

        var large = scribe.Next(200, new string('x', 1_000), [Key("lost")], "{}");
        for (var i = 0; i < 3; i++)
        {
            await journal.Invoking(async j => await j.Append(large)).Should().ThrowAsync<StoreUnavailableException>();
            await Store.Open($"new {i}").Invoking(async j => await j.Append(large with { ExpectedSeq = 0 })).Should().ThrowAsync<StoreUnavailableException>();
        }

        await scribe.ShouldBeIn(journal);
        (await journal.Find(Key("lost"), default)).Should().BeNull();
        (await Store.Open("new 0").Read(default)).Rows.Should().BeEmpty();
        MakeRoom();
        (await scribe.Write(large)).Should().BeTrue();
        await scribe.ShouldBeIn(journal);
        Reopen();
        await scribe.ShouldBeIn(Store.Open("a"));
        (await Store.Open("a").Find(Key("before"), default)).Should().Be(1);
        (await Store.Open("a").Find(Key("lost"), default)).Should().Be(2);
        Integrity().Should().Be("ok");
    }

    [Fact]
    public async Task Commits_that_fail_while_the_index_is_written_leave_it_whole()
    {
        var scribes = await AlmostTurnAPortion();
        var commits = 0;
        raw.sqlite3_commit_hook(Writer.Handle, _ => Interlocked.Increment(ref commits) == 1 ? 0 : 1, null);
        await scribes[^1].WriteRows(1);
        for (var i = 0; i < 20; i++)
        {
            await Store.Open("journal 0").Invoking(async j => await j.Append(scribes[0].Next(filed: [Key("lost")]))).Should().ThrowAsync<OutcomeUnknownException>();
            foreach (var (other, scribe) in scribes.Index().Take(20))
            {
                await scribe.ShouldBeIn(Store.Open($"journal {other}"));
            }
        }

        commits.Should().BeGreaterThanOrEqualTo(21, "each append tries once, and the index rides along").And.BeLessThan(100, "the writer waits for the next append, and does not try the index again and again");
        raw.sqlite3_commit_hook(Writer.Handle, null, null);
        for (var i = 0; i < 10; i++)
        {
            await Task.WhenAll(scribes.Select(s => s.WriteRows(10)));
        }

        foreach (var (i, scribe) in scribes.Index().Where(s => s.Index % 10 == 0))
        {
            await scribe.ShouldBeIn(Store.Open($"journal {i}"));
            (await Store.Open($"journal {i}").Find(Key($"{i}"), default)).Should().Be(1);
            (await Store.Open($"journal {i}").Find(Key("lost"), default)).Should().BeNull();
        }

        Reopen();
        await scribes[0].ShouldBeIn(Store.Open("journal 0"));
        Integrity().Should().Be("ok");
    }

    /// <summary>A log that is never copied into the file would fill the disk and make every start read it all.</summary>
    [Fact]
    public async Task The_log_does_not_grow_with_what_is_written()
    {
        const int Writers = 8, Rows = 1_000, RowBytes = 40_000;
        var scribes = Enumerable.Range(0, Writers).Select(i => new Scribe(Store.Open($"journal {i}"))).ToList();
        await Task.WhenAll(scribes.Select(async s =>
        {
            for (var i = 0; i < Rows; i++)
            {
                (await s.Write(s.Next(1, new string('x', RowBytes)))).Should().BeTrue();
            }
        }));

        new FileInfo(_scratch.Database + "-wal").Length.Should().BeLessThan(Writers * Rows * (long)RowBytes / 2);
        new FileInfo(_scratch.Database).Length.Should().BeGreaterThan(Writers * Rows * (long)RowBytes / 2);
        await scribes[0].ShouldBeIn(Store.Open("journal 0"));
        Reopen();
        await scribes[^1].ShouldBeIn(Store.Open($"journal {Writers - 1}"));
    }

    [Fact]
    public async Task A_closed_store_takes_nothing()
    {
        var journal = Store.Open("a");
        var scribe = new Scribe(journal);
        await scribe.WriteRows(1);
        ((IDisposable)Store).Dispose();

        await journal.Invoking(async j => await j.Append(scribe.Next())).Should().ThrowAsync<StoreUnavailableException>();
    }

    protected override void CloseStore()
    {
        base.CloseStore();
        _directory?.Dispose();
    }

    /// <summary>One row less than makes the index begin.</summary>
    private async Task<List<Scribe>> AlmostTurnAPortion()
    {
        var scribes = Enumerable.Range(0, 128).Select(i => new Scribe(Store.Open($"journal {i}"))).ToList();
        await Task.WhenAll(scribes.Select((s, i) => s.Write(s.Next(filed: [Key($"{i}")]))));
        await Task.WhenAll(scribes.Select(s => s.WriteRows((Tail.PortionRows / 128) - 1 - (s == scribes[^1] ? 1 : 0))));
        return scribes;
    }

    private async Task WriteLedger()
    {
        var purpose = new Purpose("gpt-5", Tags: ["nightly"]);
        var agent = new AgentId("agent_0123456789abcdefghij");
        var journal = new Journaled<BudgetState, BudgetEvent>(Store.Open($"budget/{agent}"), BudgetCodec.Instance, new BudgetState(agent), _ => { });
        await journal.Recover(default);
        journal.Record(Governing.Open(journal.State, new OpenRequest("scribe", "operator", "UTC", IsoDayOfWeek.Monday, null, null), DateTimeOffset.UnixEpoch).Happened);
        foreach (var (i, nanos) in ((int, long)[])[(1, 75_000), (2, 1_250_000_000)])
        {
            var charge = new ChargeRequest(new ChargeId($"chg_{i}"), new Money(nanos), purpose, new IdempotencyKey($"k{i}"));
            journal.Record(Charging.Charge(journal.State, charge, DateTimeOffset.UnixEpoch).Events);
        }

        (await journal.Flush()).Should().Be(Flushed.Durable);
    }

    /// <summary>As a full disk does to the writer: the file may not grow by a single page.</summary>
    private void Fill() => SqliteDatabase.Execute(Writer, "PRAGMA max_page_count=1");

    private void MakeRoom() => SqliteDatabase.Execute(Writer, "PRAGMA max_page_count=1073741823");

    private string? Integrity()
    {
        using var command = Writer.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string?)command.ExecuteScalar();
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_writer")]
    private static extern ref JournalWriter WriterOf(SqliteJournalStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_connection")]
    private static extern ref SqliteConnection ConnectionOf(JournalWriter writer);
}
