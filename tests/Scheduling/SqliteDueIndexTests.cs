using Budgets.Scheduling;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Journal;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Scheduling;

public sealed class SqliteDueIndexTests : DueIndexContract, IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private DataDirectory _directory;
    private SqliteJournalStore _store;

    public SqliteDueIndexTests()
    {
        _directory = DataDirectory.Open(_scratch.Path);
        _store = new SqliteJournalStore(_directory);
    }

    protected override IDueIndex Index => new SqliteDueIndex(_store);

    [Fact]
    public async Task It_is_all_there_after_a_restart()
    {
        var due = new Due(new DateTimeOffset(2026, 3, 4, 12, 0, 0, TimeSpan.Zero), GrainOf(0, "a"), "holds");
        await Index.Put(due);
        Reopen();

        var row = (await Index.List(0, due.At, null, 10)).Should().ContainSingle().Subject;
        row.Due.Should().Be(due);
        await Index.Remove([row]);
        Reopen();
        (await Index.List(0, due.At, null, 10)).Should().BeEmpty();
    }

    /// <summary>Files of before there were dues have the same version.</summary>
    [Fact]
    public async Task A_file_without_the_table_gets_it()
    {
        Close();
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_scratch.Path, "budgets.db")};Pooling=False"))
        {
            connection.Open();
            using var drop = new SqliteCommand("DROP TABLE dues", connection);
            drop.ExecuteNonQuery();
        }

        Open();
        await An_empty_index_has_nothing_due();
    }

    public void Dispose()
    {
        Close();
        _scratch.Dispose();
    }

    private void Reopen()
    {
        Close();
        Open();
    }

    private void Open()
    {
        _directory = DataDirectory.Open(_scratch.Path);
        _store = new SqliteJournalStore(_directory);
    }

    private void Close()
    {
        _store.Dispose();
        _directory.Dispose();
    }
}
