using System.Text;
using Azure.Data.Tables;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Cluster;

/// <summary>Reads ledgers from the table as an auditor would, with nothing of the service's own code.</summary>
internal static class LedgerTable
{
    /// <summary>What is stored, against everything the ledgers have shown.</summary>
    public static async Task Audit(Azurite azurite, IEnumerable<Purse> purses, Tally tally)
    {
        foreach (var purse in purses)
        {
            (await Read(azurite, $"budget/{purse.Agent}", tally)).Compare(purse, tally);
        }
    }

    /// <summary>What one journal adds up to.</summary>
    public static async Task<JournalSums> Read(Azurite azurite, string name, Tally tally)
    {
        var table = azurite.Connect(new TableClientOptions()).GetTableClient("BudgetsJournal");
        var sums = new JournalSums(name);

        // Newest first, as they are kept.
        var rows = await table.QueryAsync<TableEntity>($"PartitionKey eq '{name.Replace("/", "!002F", StringComparison.Ordinal)}' and RowKey ge 'r' and RowKey lt 's'").ToListAsync();
        foreach (var row in Enumerable.Reverse(rows))
        {
            var events = new StringBuilder(row.GetString("Events"));
            for (var i = 1; row.GetString($"Events{i}") is { } more; i++)
            {
                events.Append(more);
            }

            sums.Enter((long)row["Seq"], (int)row["Count"], row.GetBinary("Hash"), Encoding.UTF8.GetBytes(events.ToString()), tally);
        }

        return sums;
    }
}
