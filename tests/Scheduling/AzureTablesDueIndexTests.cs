using Azure.Data.Tables;
using Budgets.Scheduling;
using Budgets.Storage.AzureTables.Scheduling;
using Budgets.Tests.AzureTables;

namespace Budgets.Tests.Scheduling;

public sealed class AzureTablesDueIndexTests : DueIndexContract, IAsyncLifetime
{
    private AzureTablesDueIndex _index = null!;
    private Azurite _azurite = null!;

    protected override IDueIndex Index => _index;

    public async Task InitializeAsync()
    {
        _azurite = await Azurite.Shared;
        _index = new AzureTablesDueIndex(_azurite.Connect(new TableClientOptions()), Azurite.NewTable());
        await _index.Create(default);
        await _index.Create(default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_table_that_is_gone_is_not_an_empty_index()
    {
        var gone = new AzureTablesDueIndex(_azurite.Connect(new TableClientOptions()), Azurite.NewTable());
        var due = new Due(DateTimeOffset.UnixEpoch, GrainOf(0, "a"), "holds");

        await gone.Invoking(g => g.List(0, due.At, null, 10)).Should().ThrowAsync<StoreUnavailableException>();
        await gone.Invoking(async g => await g.Put(due)).Should().ThrowAsync<StoreUnavailableException>();
        await gone.Invoking(g => g.Remove([new DueRow(due, "W/\"1\"")])).Should().ThrowAsync<StoreUnavailableException>();
    }
}
