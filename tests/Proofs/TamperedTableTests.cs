using Azure.Data.Tables;
using Budgets.Storage.AzureTables;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Grains;
using CsCheck;
using Xunit.Abstractions;

namespace Budgets.Tests.Proofs;

/// <summary>Somebody changes one byte of a cluster's tables while no budget is active.</summary>
public sealed class TamperedTableTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_changed_byte_of_any_stored_value_is_found_before_something_wrong_is_told()
    {
        var azurite = await Azurite.Shared;
        var name = Azurite.NewTable();
        var store = new ChangingStore { Now = new AzureTablesJournalStore(azurite.Connect, name) };
        await ((AzureTablesJournalStore)store.Now).Create(default);
        await using var cluster = await BudgetCluster.Start(store);
        var budgets = new TamperedBudgets(cluster);
        await budgets.Live();
        var table = azurite.Connect(new TableClientOptions()).GetTableClient(name);
        var entities = await table.QueryAsync<TableEntity>(e => e.PartitionKey.CompareTo("budget") >= 0 && e.PartitionKey.CompareTo("budgeu") < 0).ToListAsync();
        (await Restarted()).Should().BeEmpty("nothing was changed yet");
        var found = new Dictionary<string, int>();
        await Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000], Gen.Int[1, 255]).SampleAsync(async (row, property, place, bits) =>
        {
            // Of the few that are no rows there should be more than chance brings.
            var rare = entities.Where(e => !e.RowKey.StartsWith('r')).ToList();
            var entity = row % 2 == 0 ? rare[row % rare.Count] : entities[row % entities.Count];
            string[] properties = [.. entity.Keys.Except(["PartitionKey", "RowKey", "Timestamp", "odata.etag"]).Order(StringComparer.Ordinal)];
            var changed = properties[property % properties.Length];
            if (Flipped(entity[changed], place, (byte)bits) is not { } value)
            {
                return;
            }

            var whole = entity.Where(p => p.Key is not ("Timestamp" or "odata.etag")).ToDictionary(p => p.Key, p => p.Value);
            await table.UpsertEntityAsync(new TableEntity(whole) { [changed] = value }, TableUpdateMode.Replace);

            var faults = await Restarted();
            await table.UpsertEntityAsync(new TableEntity(whole), TableUpdateMode.Replace);

            var what = $"{entity.RowKey[0]}.{changed}";
            found[what] = found.GetValueOrDefault(what) + 1;
            faults.Should().NotContain(TamperedBudgets.Wrong, $"{what} was changed: {string.Join('\n', faults)}");
            faults.Should().NotBeEmpty($"{what} of {entity.RowKey} was changed at {place} by {bits}");
        }, iter: 60, threads: 1);
        output.WriteLine(string.Join(", ", found.OrderBy(f => f.Key).Select(f => $"{f.Key} {f.Value}")));

        Task<List<string>> Restarted()
        {
            store.Now = new AzureTablesJournalStore(azurite.Connect, name);
            return budgets.Check();
        }
    }

    /// <summary>Null: that would be no value of its kind.</summary>
    private static object? Flipped(object value, int place, byte bits)
    {
        switch (value)
        {
            case byte[] { Length: > 0 } bytes:
                var copy = (byte[])bytes.Clone();
                copy[place % copy.Length] ^= bits;
                return copy;
            case string { Length: > 0 } text:
                var at = place % text.Length;
                var other = (char)(text[at] ^ (bits & 0x1f));
                return other == text[at] || other < ' ' ? null : string.Concat(text.AsSpan(..at), [other], text.AsSpan((at + 1)..));
            case long number:
                return number ^ ((long)bits << (place % 8 * 8));
            case int number:
                return number ^ (bits << (place % 4 * 8));
            default:
                return null;
        }
    }
}
