using System.Collections.Immutable;
using Azure.Data.Tables;
using Budgets.Journal;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>Rows, snapshots and runs as entities and back. Property names are stored: changing one needs a migration.</summary>
internal static class RowEntities
{
    /// <summary>One entity, or several for a row of more than some hundred thousand characters.</summary>
    public static IEnumerable<TableEntity> Write(string partition, Append append)
    {
        var row = append.Row;
        var texts = Chunks.Entities(row.Events.Span);
        foreach (var (part, text) in texts.Index())
        {
            var entity = new TableEntity(partition, JournalKeys.Row(row.FirstSeq, part));
            if (part == 0)
            {
                entity["Seq"] = row.FirstSeq;
                entity["Count"] = row.Count;
                entity["Parts"] = texts.Count;
                entity["Hash"] = row.Hash.ToArray();
                entity.AddBytes("Filings", PackedFilings.Pack(append));
            }

            entity.AddText("Events", text);
            yield return entity;
        }
    }

    public static JournalRow ReadRow(IReadOnlyList<TableEntity> parts) => new(
        Int64(parts[0], "Seq"), Int32(parts[0], "Count"), Chunks.Text(parts, "Events"), parts[0].GetBinary("Hash"));

    public static ImmutableArray<Filing> ReadFilings(TableEntity first) => PackedFilings.Unpack(Chunks.Bytes(first, "Filings"), Int64(first, "Seq"), Int32(first, "Count"));

    public static int PartsOf(TableEntity first) => Int32(first, "Parts");

    public static ImmutableArray<TableEntity> Write(string partition, string batch, Snapshot snapshot)
    {
        var texts = Chunks.Entities(snapshot.State.Span);
        return [.. texts.Select((text, part) =>
        {
            var entity = new TableEntity(partition, JournalKeys.Snapshot(snapshot.Seq, batch, part));
            if (part == 0)
            {
                entity["Seq"] = snapshot.Seq;
                entity["Hash"] = snapshot.Hash.ToArray();
                entity["Seal"] = snapshot.Seal.ToArray();
            }

            entity.AddText("State", text);
            return entity;
        })];
    }

    public static Snapshot ReadSnapshot(IReadOnlyList<TableEntity> parts) => new(
        Int64(parts[0], "Seq"), parts[0].GetBinary("Hash"), Chunks.Text(parts, "State"), parts[0].GetBinary("Seal"));

    public static TableEntity Write(string partition, FilingRun run, long lastSeq)
    {
        var entity = new TableEntity(partition, JournalKeys.Run(lastSeq)) { ["LastSeq"] = lastSeq };
        entity.AddBytes("Run", run.ToBytes());
        return entity;
    }

    public static FilingRun ReadRun(TableEntity entity) => FilingRun.Parse(Chunks.Bytes(entity, "Run"), Int64(entity, "LastSeq"));

    private static long Int64(TableEntity e, string name) => e.GetInt64(name) ?? throw Missing(e, name);

    private static int Int32(TableEntity e, string name) => e.GetInt32(name) ?? throw Missing(e, name);

    private static JournalCorruptException Missing(TableEntity e, string name) => new($"The entity '{e.RowKey}' of '{e.PartitionKey}' has no {name}.");
}
