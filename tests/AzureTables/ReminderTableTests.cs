using Azure.Data.Tables;
using Budgets.Storage.AzureTables.Reminders;
using Budgets.Tests.Storage;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Tests.AzureTables;

public sealed class ReminderTableTests : ReminderTableContract, IAsyncLifetime
{
    private readonly string _name = Azurite.NewTable();
    private readonly Log _log = new();
    private TableServiceClient _tables = null!;

    public async Task InitializeAsync()
    {
        _tables = (await Azurite.Shared).Connect(new TableClientOptions());
        await Table.StartAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override IReminderTable Table => Of("our/service", "cluster");

    protected override DateTime StartAt { get; } = new DateTime(2026, 2, 28, 23, 59, 59, DateTimeKind.Utc).AddMilliseconds(123);

    // No two that Orleans' layout gives the same key, and nothing that a key may not have.
    protected override string[] SpecialTexts =>
    [
        "foo/bar\\#b_a_z?", "имя", "'; DROP TABLE reminder; --", "%", "%2F", "_", "a b", "+", "&", "TICK", "tick", "é", "e\u0301", "🤖", "<>\"|*",
    ];

    protected override int BoundsEvery => 250;

    [Fact]
    public async Task The_stored_row_is_what_Orleans_own_provider_writes()
    {
        var entry = Reminder(GrainId.Create("remindable", "a/b"), "tick#1");
        entry.Period = new TimeSpan(1, 2, 3, 4, 5);
        var hash = entry.GrainId.GetUniformHashCode().ToString("X8", null);

        await Table.UpsertRow(entry);

        var row = await Raw().QueryAsync<TableEntity>().SingleAsync();
        row.Where(c => c.Key is not ("odata.etag" or "Timestamp")).Should().BeEquivalentTo(new Dictionary<string, object>
        {
            ["PartitionKey"] = $"our_service_{hash}",
            ["RowKey"] = "remindable_a_b-tick_1",
            ["GrainReference"] = "remindable/a/b",
            ["ReminderName"] = "tick#1",
            ["ServiceId"] = "our/service",
            ["DeploymentId"] = "cluster",
            ["StartAt"] = "2026-02-28 23:59:59.123 GMT",
            ["Period"] = "1.02:03:04.0050000",
            ["GrainRefConsistentHash"] = hash,
        });
    }

    [Fact]
    public async Task Twenty_upserts_of_one_reminder_at_once_leave_one_row_with_the_etag_of_one()
    {
        var etags = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Table.UpsertRow(Reminder("g", "tick", StartAt.AddMilliseconds(i)))));

        var row = (await Table.ReadRows(Grain("g"))).Reminders.Should().ContainSingle().Which;
        etags.Should().OnlyHaveUniqueItems().And.Contain(row.ETag);
    }

    [Theory]
    [InlineData("our")]
    [InlineData("our_service")]
    [InlineData("our/service_00000000")]
    public async Task Services_that_share_the_table_do_not_see_or_clear_each_others_reminders(string otherId)
    {
        var other = Of(otherId, "cluster");
        await Table.UpsertRow(Reminder("ours", "tick"));
        await other.UpsertRow(Reminder("theirs", "tick"));

        (await Table.ReadRows(0, 0)).Reminders.Should().ContainSingle(r => r.GrainId == Grain("ours"));
        (await other.ReadRows(7, 3)).Reminders.Should().OnlyContain(r => r.GrainId == Grain("theirs"));
        (await Table.ReadRows(Grain("theirs"))).Reminders.Should().BeEmpty();
        (await Table.ReadRow(Grain("theirs"), "tick")).Should().BeNull();

        await Table.TestOnlyClearTable();
        (await other.ReadRows(0, 0)).Reminders.Should().ContainSingle();
    }

    [Fact]
    public async Task What_another_cluster_of_the_service_wrote_is_ours_to_read_and_not_to_clear()
    {
        await Of("our/service", "yesterday's").UpsertRow(Reminder("g", "tick"));
        await Table.UpsertRow(Reminder("h", "tick"));

        (await Table.ReadRows(0, 0)).Reminders.Should().HaveCount(2);
        await Table.TestOnlyClearTable();

        (await Table.ReadRows(0, 0)).Reminders.Should().ContainSingle(r => r.GrainId == Grain("g"));
    }

    [Fact]
    public async Task More_than_a_hundred_reminders_of_one_grain_are_cleared()
    {
        await Task.WhenAll(Enumerable.Range(0, 120).Select(i => Table.UpsertRow(Reminder("g", $"tick {i}"))));

        await Table.TestOnlyClearTable();

        (await Table.ReadRows(0, 0)).Reminders.Should().BeEmpty();
    }

    [Theory]
    [InlineData("StartAt", "tomorrow")]
    [InlineData("Period", "often")]
    [InlineData("GrainReference", "nobody")]
    [InlineData("ReminderName", 7)]
    public async Task A_row_that_cannot_be_read_is_logged_and_left_out_of_many_and_an_error_alone(string column, object value)
    {
        await Table.UpsertRow(Reminder("g", "tick"));
        await Table.UpsertRow(Reminder("g", "tock"));
        var row = await Raw().QueryAsync<TableEntity>(r => r.RowKey == "remindable_g-tick").SingleAsync();
        row[column] = value;
        await Raw().UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace);

        (await Table.ReadRows(0, 0)).Reminders.Should().ContainSingle(r => r.ReminderName == "tock");
        (await Table.ReadRows(Grain("g"))).Reminders.Should().ContainSingle();

        _log.Errors.Should().HaveCount(2).And.OnlyContain(e => e.Message.Contains("remindable_g-tick", StringComparison.Ordinal));
        if (column is "StartAt" or "Period")
        {
            await Table.Awaiting(t => t.ReadRow(Grain("g"), "tick")).Should().ThrowAsync<FormatException>();
        }
    }

    [Fact]
    public async Task A_name_with_the_key_of_another_is_refused_and_replaces_nothing()
    {
        var entry = Reminder("g", "a/b");
        entry.ETag = await Table.UpsertRow(entry);

        await Table.Awaiting(t => t.UpsertRow(Reminder("g", "a_b"))).Should().ThrowAsync<ArgumentException>().WithMessage("*'a/b'*'a_b'*");

        (await Table.ReadRow(Grain("g"), "a_b")).Should().BeNull();
        (await Table.ReadRow(Grain("g"), "a/b")).Should().BeEquivalentTo(entry);
        (await Table.UpsertRow(entry)).Should().NotBeNull();
    }

    [Theory]
    [InlineData("a\nb", 1)]
    [InlineData("long", 300)]
    public async Task A_name_that_makes_no_key_is_refused(string name, int times) =>
        await Table.Awaiting(t => t.UpsertRow(Reminder("g", string.Concat(Enumerable.Repeat(name, times))))).Should().ThrowAsync<ArgumentException>();

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("W/\"a\r\nb\"")]
    public async Task An_etag_that_is_none_removes_nothing(string etag)
    {
        await Table.UpsertRow(Reminder("g", "tick"));

        (await Table.RemoveRow(Grain("g"), "tick", etag)).Should().BeFalse();

        (await Table.ReadRow(Grain("g"), "tick")).Should().NotBeNull();
    }

    [Fact]
    public async Task A_table_that_cannot_be_reached_or_is_missing_is_never_taken_for_an_empty_one()
    {
        var unreachable = new AzureTablesReminderTable(Wire.Unreachable(), "s", "c", _log, _name);
        var missing = new AzureTablesReminderTable(_tables, "s", "c", _log, Azurite.NewTable());
        await unreachable.Awaiting(t => t.StartAsync()).Should().ThrowAsync<StoreUnavailableException>();
        foreach (var table in new[] { unreachable, missing })
        {
            Func<Task>[] operations =
            [
                () => table.ReadRows(0, 0),
                () => table.ReadRows(2, 1),
                () => table.ReadRows(Grain("g")),
                () => table.ReadRow(Grain("g"), "tick"),
                () => table.UpsertRow(Reminder("g", "tick")),
                () => table.RemoveRow(Grain("g"), "tick", "W/\"datetime'2026-01-01T00%3A00%3A00Z'\""),
                () => table.TestOnlyClearTable(),
            ];
            foreach (var operation in operations)
            {
                (await operation.Should().ThrowAsync<StoreUnavailableException>()).Which.InnerException.Should().NotBeNull();
            }
        }
    }

    private AzureTablesReminderTable Of(string service, string cluster) => new(_tables, service, cluster, _log, _name);

    private TableClient Raw() => _tables.GetTableClient(_name);

    private sealed class Log : ILogger<AzureTablesReminderTable>
    {
        public List<Exception> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Errors)
            {
                Errors.AddRange(exception is null ? [] : [exception]);
            }
        }
    }
}
