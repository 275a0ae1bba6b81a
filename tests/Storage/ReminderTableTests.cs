using Budgets.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Orleans;

namespace Budgets.Tests.Storage;

public sealed class ReminderTableTests : ReminderTableContract, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private DataDirectory _directory;
    private SqliteFile _file;

    public ReminderTableTests() => (_directory, _file) = Open();

    protected override IReminderTable Table => new SqliteReminderTable(_file);

    public void Dispose()
    {
        Close();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public async Task Reminders_are_there_after_a_restart_and_gone_after_the_table_is_cleared()
    {
        await Table.UpsertRow(Reminder("g", "tick"));
        Close();
        (_directory, _file) = Open();
        (await Table.ReadRows(0, 0)).Reminders.Should().ContainSingle();

        await Table.TestOnlyClearTable();

        (await Table.ReadRows(0, 0)).Reminders.Should().BeEmpty();
    }

    [Fact]
    public async Task A_table_that_fails_is_never_taken_for_an_empty_one()
    {
        await _file.Write(connection => SqliteFile.Execute(connection, "ALTER TABLE reminder RENAME TO elsewhere"), default);

        Func<Task>[] operations =
        [
            () => Table.StartAsync(),
            () => Table.ReadRows(0, 0),
            () => Table.ReadRows(Grain("g")),
            () => Table.ReadRow(Grain("g"), "tick"),
            () => Table.UpsertRow(Reminder("g", "tick")),
            () => Table.RemoveRow(Grain("g"), "tick", "etag"),
            () => Table.TestOnlyClearTable(),
        ];
        foreach (var operation in operations)
        {
            (await operation.Should().ThrowAsync<StoreUnavailableException>()).WithInnerException<SqliteException>();
        }
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_an_error_and_is_not_skipped()
    {
        await Table.UpsertRow(Reminder("g", "tick"));
        await _file.Write(connection => SqliteFile.Execute(connection, "UPDATE reminder SET start_at = 'tomorrow'"), default);

        await Table.Invoking(t => t.ReadRows(0, 0)).Should().ThrowAsync<FormatException>();
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
}
