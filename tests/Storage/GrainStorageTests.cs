using System.Text.Json;
using Budgets.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Budgets.Tests.Storage;

public sealed class GrainStorageTests : GrainStorageContract, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private DataDirectory _directory;
    private SqliteFile _file;

    public GrainStorageTests() => (_directory, _file) = Open();

    protected override IGrainStorage Storage => new SqliteGrainStorage(_file, Json, Activators);

    public void Dispose()
    {
        Close();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public async Task The_payload_is_json_that_a_person_can_read()
    {
        await Write("Привет, мир", 7);

        using var shell = Shell();
        using var command = SqliteFile.Command(shell, "SELECT grain_id || ' ' || state_name || ' ' || CAST(payload AS TEXT) FROM grain_state");
        var row = (string)command.ExecuteScalar()!;

        row.Should().StartWith("api-key/k1 key {");
        JsonDocument.Parse(row["api-key/k1 key ".Length..]).RootElement.GetProperty("Text").GetString().Should().Be("Привет, мир");
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        var written = await Write("kept");

        Close();
        (_directory, _file) = Open();

        (await Read()).Should().BeEquivalentTo(written);
    }

    [Fact]
    public async Task A_commit_reaches_the_disk_before_the_write_returns()
    {
        async Task<(object?, object?)> Pragmas(bool writer)
        {
            (object?, object?) Ask(SqliteConnection connection) =>
                (SqliteFile.Command(connection, "PRAGMA journal_mode").ExecuteScalar(), SqliteFile.Command(connection, "PRAGMA synchronous").ExecuteScalar());
            return writer ? await _file.Write(Ask, default) : await _file.Read(Ask, default);
        }

        const long full = 2;
        (await Pragmas(writer: true)).Should().Be(("wal", full));
        (await Pragmas(writer: false)).Should().Be(("wal", full));
    }

    [Fact]
    public async Task A_write_waits_for_the_journals_turn_to_end_and_a_read_does_not()
    {
        var before = await Write("before");
        await _directory.WriteTurn.WaitAsync();
        Task<GrainState<Note>> write;
        try
        {
            write = Write("after", etag: before.ETag);
            (await Read()).Should().BeEquivalentTo(before);
            write.IsCompleted.Should().BeFalse();
        }
        finally
        {
            _directory.WriteTurn.Release();
        }

        var after = await write;
        (await Read()).Should().BeEquivalentTo(after);
    }

    [Fact]
    public async Task A_write_that_is_cancelled_while_it_waits_is_never_made()
    {
        using var cancellation = new CancellationTokenSource();
        await _directory.WriteTurn.WaitAsync();
        try
        {
            var write = Storage.WriteStateAsync(Name, Grain, new GrainState<Note>(new Note()), cancellation.Token);
            await cancellation.CancelAsync();
            await FluentActions.Awaiting(() => write).Should().ThrowAsync<OperationCanceledException>();
        }
        finally
        {
            _directory.WriteTurn.Release();
        }

        (await Read()).Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_write_waits_for_a_writer_outside_the_process()
    {
        using var shell = Shell();
        using var transaction = shell.BeginTransaction(deferred: false);
        var write = Write("a");
        transaction.Rollback();

        var written = await write;
        (await Read()).Should().BeEquivalentTo(written);
    }

    [Fact]
    public async Task A_store_that_fails_is_never_taken_for_an_empty_one()
    {
        using (var shell = Shell())
        {
            SqliteFile.Execute(shell, "ALTER TABLE grain_state RENAME TO elsewhere");
        }

        var state = new GrainState<Note> { State = new Note { Text = "known" }, ETag = "e", RecordExists = true };
        Func<Task>[] operations =
        [
            () => Storage.ReadStateAsync(Name, Grain, state),
            () => Storage.WriteStateAsync(Name, Grain, state),
            () => Storage.ClearStateAsync(Name, Grain, state),
        ];
        foreach (var operation in operations)
        {
            (await operation.Should().ThrowAsync<StoreUnavailableException>()).WithInnerException<SqliteException>();
        }

        state.Should().BeEquivalentTo(new GrainState<Note> { State = new Note { Text = "known" }, ETag = "e", RecordExists = true });
    }

    [Fact]
    public async Task A_payload_that_cannot_be_read_is_an_error_and_not_a_fresh_state()
    {
        await Write("a");
        using (var shell = Shell())
        {
            SqliteFile.Execute(shell, "UPDATE grain_state SET payload = x'7b'");
        }

        await FluentActions.Awaiting(() => Read()).Should().ThrowAsync<JsonException>();
    }

    [Fact]
    public void A_file_that_is_no_database_is_a_clear_error()
    {
        _file.Dispose();
        File.WriteAllText(_directory.DatabasePath, new string('x', 4096));

        var opening = () => new SqliteFile(_directory);

        opening.Should().Throw<StoreUnavailableException>().WithMessage($"*'{_directory.DatabasePath}'*not a database*");
        _directory.WriteTurn.CurrentCount.Should().Be(1);
    }

    [Fact]
    public async Task After_disposal_every_operation_fails_and_nothing_stays_open()
    {
        await Write("a");
        _file.Dispose();
        _file.Dispose();

        await FluentActions.Awaiting(() => Read()).Should().ThrowAsync<ObjectDisposedException>();
        await FluentActions.Awaiting(() => Write("b")).Should().ThrowAsync<ObjectDisposedException>();
        File.Exists(_directory.DatabasePath + "-wal").Should().BeFalse("the last connection to close takes the log with it");
    }

    [Fact]
    public async Task A_silo_finds_its_state_and_reminders_again_after_a_restart()
    {
        Close();
        var written = new GrainState<Note>(new Note { Text = "kept" });
        await WithSilo(async silo =>
        {
            await silo.GetRequiredKeyedService<IGrainStorage>("Default").WriteStateAsync(Name, Grain, written);
            await silo.GetRequiredService<IReminderTable>().UpsertRow(new ReminderEntry { GrainId = Grain, ReminderName = "tick" });
        });

        await WithSilo(async silo =>
        {
            var read = new GrainState<Note>();
            await silo.GetRequiredService<IGrainStorage>().ReadStateAsync(Name, Grain, read);
            read.Should().BeEquivalentTo(written);
            (await silo.GetRequiredService<IReminderTable>().ReadRow(Grain, "tick")).Should().NotBeNull();
        });

        (_directory, _file) = Open();
    }

    private async Task WithSilo(Func<IServiceProvider, Task> use)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(_ => DataDirectory.Open(_path));
            silo.AddSqliteGrainStorageAsDefault().UseSqliteReminders();
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        await use(cluster.GetSiloServiceProvider());
    }

    protected override Task<long> Rows()
    {
        using var shell = Shell();
        using var command = SqliteFile.Command(shell, "SELECT count(*) FROM grain_state");
        return Task.FromResult((long)command.ExecuteScalar()!);
    }

    private (DataDirectory, SqliteFile) Open()
    {
        var directory = DataDirectory.Open(_path);
        return (directory, new SqliteFile(directory));
    }

    private void Close()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    /// <summary>A second connection, as a person with the sqlite3 shell has it.</summary>
    private SqliteConnection Shell()
    {
        var connection = new SqliteConnection($"Data Source={_directory.DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }
}
