using Budgets.Journal;
using Budgets.Storage.AzureTables;
using Budgets.Tests.AzureTables;

namespace Budgets.Tests.Journal;

public sealed class AzureTablesJournalTests : JournalContract, IAsyncLifetime
{
    private readonly string _table = Azurite.NewTable();
    private Azurite _azurite = null!;

    public async Task InitializeAsync()
    {
        _azurite = await Azurite.Shared;
        await new AzureTablesJournalStore(_azurite.Connect, _table).Create(default);
    }

    /// <summary>An empty journal would be a budget that has spent nothing.</summary>
    [Fact]
    public async Task A_table_that_is_gone_is_not_an_empty_journal()
    {
        var journal = new AzureTablesJournalStore(_azurite.Connect, Azurite.NewTable()).Open("a");
        var scribe = new Scribe(journal);

        await journal.Invoking(async j => await j.Read(default)).Should().ThrowAsync<StoreUnavailableException>();
        await journal.Invoking(async j => await j.Find(Key("k"), default)).Should().ThrowAsync<StoreUnavailableException>();
        await journal.Invoking(async j => await j.Append(scribe.Next())).Should().ThrowAsync<StoreUnavailableException>();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override IJournalStore OpenStore() => new AzureTablesJournalStore(_azurite.Connect, _table);
}
