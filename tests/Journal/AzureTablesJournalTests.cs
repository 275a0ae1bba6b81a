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

    public Task DisposeAsync() => Task.CompletedTask;

    protected override IJournalStore OpenStore() => new AzureTablesJournalStore(_azurite.Connect, _table);
}
