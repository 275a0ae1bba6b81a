using Azure.Data.Tables;
using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Storage.AzureTables;
using Budgets.Storage.AzureTables.Reminders;
using Budgets.Storage.AzureTables.Scheduling;
using Budgets.Storage.Sqlite;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Hosting;

namespace Budgets.Tests.Scheduling;

public sealed class SqliteWakingTests : WakingTests, IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private DataDirectory _directory = null!;
    private SqliteJournalStore _store = null!;

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
        _scratch.Dispose();
    }

    protected override Task<(IJournalStore Journals, IDueIndex Dues)> OpenStores()
    {
        _directory = DataDirectory.Open(_scratch.Path);
        _store = new SqliteJournalStore(_directory);
        return Task.FromResult<(IJournalStore, IDueIndex)>((_store, new SqliteDueIndex(_store)));
    }

    // An instance that is not ours to dispose of stays open for the next cluster.
    protected override void AddReminders(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(_directory);
        silo.UseSqliteReminders();
    }
}

public sealed class AzureTablesWakingTests : WakingTests
{
    private readonly string _reminders = Azurite.NewTable();
    private Azurite _azurite = null!;

    protected override async Task<(IJournalStore Journals, IDueIndex Dues)> OpenStores()
    {
        _azurite = await Azurite.Shared;
        var journals = new AzureTablesJournalStore(_azurite.Connect, Azurite.NewTable());
        var dues = new AzureTablesDueIndex(_azurite.Connect(new TableClientOptions()), Azurite.NewTable());
        await journals.Create(default);
        await dues.Create(default);
        return (journals, dues);
    }

    protected override void AddReminders(ISiloBuilder silo)
    {
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(_ => new AzureTablesReminderTable(
            _azurite.Connect(new TableClientOptions()), "waking", "waking", NullLogger<AzureTablesReminderTable>.Instance, _reminders));
    }
}
