using Azure.Core;
using Azure.Data.Tables;
using Budgets.Journal;
using Budgets.Storage.AzureTables.Journal;

namespace Budgets.Storage.AzureTables;

/// <summary>Journals in Azure Tables: a partition each, fenced by the ETag of its header. Any number of silos may share the table.</summary>
public sealed class AzureTablesJournalStore : IJournalStore
{
    public const string DefaultTable = "BudgetsJournal";

    private readonly JournalTable _table;

    /// <param name="connect">Makes a client of the account with the given options: from a connection string, or from an address and a token credential.</param>
    /// <param name="table">Letters and digits, 3 to 63 of them: clusters that share an account need one each.</param>
    public AzureTablesJournalStore(Func<TableClientOptions, TableServiceClient> connect, string table = DefaultTable)
    {
        var appends = new TableClientOptions();
        appends.Retry.MaxRetries = 0;
        _table = new JournalTable(connect(new TableClientOptions()).GetTableClient(table), connect(appends).GetTableClient(table));
    }

    /// <summary>Makes the table where it is missing; before the first journal is used.</summary>
    /// <exception cref="StoreUnavailableException">The account cannot be reached, or does not let us.</exception>
    public Task Create(CancellationToken cancellation) => _table.Create(cancellation);

    public IJournal Open(string name) => new AzureTablesJournal(_table, name);
}
