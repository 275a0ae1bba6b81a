using Azure;
using Azure.Data.Tables;
using Budgets.Journal;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>A journal's first row: where it ends, and what fences it. Every append replaces it, on condition that nobody else has.</summary>
/// <param name="Batch">Names the append that wrote it: proof, when an answer is lost, that it landed.</param>
/// <param name="SnapshotSeq">0: there is no snapshot.</param>
/// <param name="ETag">Default: the journal is empty and has no header yet.</param>
internal sealed record Header(long Seq, string Batch, long SnapshotSeq, string SnapshotBatch, int SnapshotParts, ETag ETag)
{
    private const long Format = 1;

    public static readonly Header None = new(0, "", 0, "", 0, default);

    public bool Exists => Seq > 0;

    /// <exception cref="JournalCorruptException">It was written by another version of this program.</exception>
    public static Header Parse(TableEntity e) => e.GetInt64(nameof(Format)) == Format
        ? new Header(
            e.GetInt64(nameof(Seq)) ?? 0,
            e.GetString(nameof(Batch)),
            e.GetInt64(nameof(SnapshotSeq)) ?? 0,
            e.GetString(nameof(SnapshotBatch)),
            e.GetInt32(nameof(SnapshotParts)) ?? 0,
            e.ETag)
        : throw new JournalCorruptException($"The journal '{e.PartitionKey}' has format {e.GetInt64(nameof(Format))}; this program knows {Format}.");

    public TableEntity ToEntity(string partition) => new(partition, JournalKeys.Header)
    {
        [nameof(Format)] = Format,
        [nameof(Seq)] = Seq,
        [nameof(Batch)] = Batch,
        [nameof(SnapshotSeq)] = SnapshotSeq,
        [nameof(SnapshotBatch)] = SnapshotBatch,
        [nameof(SnapshotParts)] = SnapshotParts,
    };
}
