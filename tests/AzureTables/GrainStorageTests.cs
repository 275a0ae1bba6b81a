using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using Budgets.Storage.AzureTables.GrainState;
using Budgets.Tests.Storage;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Budgets.Tests.AzureTables;

public sealed class GrainStorageTests : GrainStorageContract, IAsyncLifetime
{
    private readonly string _name = Azurite.NewTable();
    private readonly Wire _wire = new();
    private TableServiceClient _tables = null!;

    public async Task InitializeAsync()
    {
        _tables = _wire.Connect(await Azurite.Shared);
        await Of(_tables).Create(default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override IGrainStorage Storage => Of(_tables);

    // A key may not have control characters.
    protected override string SpecialKey => "ключ/\\#?%_'\"&+ 🤖";

    [Fact]
    public async Task The_stored_row_is_what_Orleans_own_provider_reads()
    {
        await Write("Привет, мир", 7, grain: GrainId.Create("api-key", "k/1"), name: "my#state");

        var row = await Raw().QueryAsync<TableEntity>().SingleAsync();
        (row.PartitionKey, row.RowKey).Should().Be(("our_service_api-key_k_1", "my_state"));
        row.Keys.Should().BeEquivalentTo("odata.etag", "PartitionKey", "RowKey", "Timestamp", "Data", "GrainId", "StateName", "Write");
        JsonDocument.Parse(row.GetBinary("Data")).RootElement.GetProperty("Text").GetString().Should().Be("Привет, мир");
        (row.GetString("GrainId"), row.GetString("StateName")).Should().Be(("api-key/k/1", "my#state"));
    }

    [Theory]
    [InlineData("Data", "{\"Text\":\"a\",", "Data1", "\"Count\":7}")]
    [InlineData("StringData", "{\"Text\":\"a\",", "StringData1", "\"Count\":7}")]
    public async Task A_row_that_Orleans_own_provider_wrote_is_read_and_replaced(string first, string text, string second, string rest)
    {
        object Stored(string part) => first == "Data" ? Encoding.UTF8.GetBytes(part) : part;
        await Raw().AddEntityAsync(new TableEntity("our_service_api-key_k1", "key") { [first] = Stored(text), [second] = Stored(rest) });

        var read = await Read();
        read.State.Should().BeEquivalentTo(new Note { Text = "a", Count = 7 });
        var written = await Write("b", 8, read.ETag);

        (await Read()).Should().BeEquivalentTo(written);
    }

    [Fact]
    public async Task A_row_that_Orleans_own_provider_cleared_reads_as_missing_and_can_be_written_and_cleared()
    {
        await Raw().AddEntityAsync(new TableEntity("our_service_api-key_k1", "key"));

        (await Read()).Should().BeEquivalentTo(Missing);
        await Storage.ClearStateAsync(Name, Grain, new GrainState<Note>());
        await Refused(() => Write("b", etag: "W/\"datetime'2026-01-01T00%3A00%3A00Z'\""), stored: null, current: "W/\"datetime'2026-01-01T00%3A00%3A00Z'\"");
        var written = await Write("a");

        (await Read()).Should().BeEquivalentTo(written);
    }

    [Theory]
    [InlineData(64 * 1024 - 1)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(500_000)]
    public async Task A_state_over_several_properties_reads_back_whole_and_shrinks_again(int length)
    {
        var large = await Write(new string('x', length - 1) + "é");

        (await Read()).Should().BeEquivalentTo(large);
        var small = await Write("small", etag: large.ETag);

        (await Read()).Should().BeEquivalentTo(small);
        (await Raw().QueryAsync<TableEntity>().SingleAsync()).Keys.Should().NotContain("Data1");
    }

    [Fact]
    public async Task The_largest_state_fits_and_a_larger_one_says_that_it_does_not()
    {
        var around = Json.Serialize(new Note { Text = "" }).ToMemory().Length;
        var largest = await Write(new string('x', StateRow.MostBytes - around));

        var tooLarge = await FluentActions.Awaiting(() => Write(new string('x', StateRow.MostBytes - around + 1), etag: largest.ETag)).Should().ThrowAsync<ArgumentOutOfRangeException>();

        tooLarge.WithMessage($"*'key'*'api-key/k1'*{StateRow.MostBytes + 1} bytes*{StateRow.MostBytes}*");
        (await Read()).Should().BeEquivalentTo(largest);
    }

    [Fact]
    public async Task Two_grains_with_the_same_key_are_told_apart_and_the_second_is_refused()
    {
        var (slash, underscore) = (GrainId.Create("api-key", "a/b"), GrainId.Create("api-key", "a_b"));
        var written = await Write("a", grain: slash);

        await FluentActions.Awaiting(() => Read(underscore)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*'api-key/a_b'*'api-key/a/b'*");
        await FluentActions.Awaiting(() => Write("b", grain: underscore)).Should().ThrowAsync<InvalidOperationException>();
        await FluentActions.Awaiting(() => Storage.ClearStateAsync(Name, underscore, new GrainState<Note>())).Should().ThrowAsync<InvalidOperationException>();

        (await Read(slash)).Should().BeEquivalentTo(written);
    }

    [Fact]
    public async Task The_etag_that_means_any_replaces_nothing()
    {
        var stored = await Write("a");

        await Refused(() => Write("b", etag: "*"), stored.ETag, "*");
        await Refused(() => Storage.ClearStateAsync(Name, Grain, new GrainState<Note> { ETag = "*" }), stored.ETag, "*");

        (await Read()).Should().BeEquivalentTo(stored);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_write_whose_answer_was_lost_is_known_to_have_landed(int retries)
    {
        var storage = Of(_wire.Connect(await Azurite.Shared, retries));
        var state = new GrainState<Note>(new Note { Text = "first" });

        _wire.LoseAnswers();
        await storage.WriteStateAsync(Name, Grain, state);
        state.State = new Note { Text = "second" };
        _wire.LoseAnswers();
        await storage.WriteStateAsync(Name, Grain, state);
        (await Read()).Should().BeEquivalentTo(state);

        _wire.LoseAnswers();
        await storage.ClearStateAsync(Name, Grain, state);
        (await Read()).Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_clear_that_cannot_delete_the_emptied_row_has_cleared_all_the_same()
    {
        var storage = Of(_wire.Connect(await Azurite.Shared, retries: 0));
        var state = await Write("a");
        _wire.LoseAnswers(writes: 2);

        await storage.ClearStateAsync(Name, Grain, state);

        state.Should().BeEquivalentTo(Missing);
        (await Read()).Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_write_that_is_cancelled_before_it_begins_is_never_made()
    {
        await FluentActions.Awaiting(() => Storage.WriteStateAsync(Name, Grain, new GrainState<Note>(new Note()), new CancellationToken(canceled: true)))
            .Should().ThrowAsync<OperationCanceledException>();

        (await Read()).Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_payload_that_cannot_be_read_is_an_error_and_not_a_fresh_state()
    {
        await Raw().AddEntityAsync(new TableEntity("our_service_api-key_k1", "key") { ["Data"] = "{"u8.ToArray() });

        await FluentActions.Awaiting(() => Read()).Should().ThrowAsync<JsonException>();
    }

    [Fact]
    public async Task A_table_that_cannot_be_reached_or_is_missing_is_never_taken_for_an_empty_one()
    {
        const string etag = "W/\"datetime'2026-01-01T00%3A00%3A00Z'\"";
        var state = new GrainState<Note> { State = new Note { Text = "known" }, ETag = etag, RecordExists = true };
        var unreachable = Of(Wire.Unreachable());
        await unreachable.Awaiting(s => s.Create(default)).Should().ThrowAsync<StoreUnavailableException>();
        foreach (var storage in new[] { unreachable, Of(_tables, Azurite.NewTable()) })
        {
            Func<Task>[] operations =
            [
                () => storage.ReadStateAsync(Name, Grain, state),
                () => storage.WriteStateAsync(Name, Grain, state),
                () => storage.WriteStateAsync(Name, Grain, new GrainState<Note>(new Note())),
                () => storage.ClearStateAsync(Name, Grain, state),
                () => storage.ClearStateAsync(Name, Grain, new GrainState<Note>()),
            ];
            foreach (var operation in operations)
            {
                (await operation.Should().ThrowAsync<StoreUnavailableException>()).Which.InnerException.Should().NotBeNull();
            }
        }

        state.Should().BeEquivalentTo(new GrainState<Note> { State = new Note { Text = "known" }, ETag = etag, RecordExists = true });
    }

    protected override async Task<long> Rows() => await Raw().QueryAsync<TableEntity>().CountAsync();

    private AzureTablesGrainStorage Of(TableServiceClient tables, string? name = null) => new(tables, "our/service", Json, Activators, name ?? _name);

    private TableClient Raw() => _tables.GetTableClient(_name);
}
