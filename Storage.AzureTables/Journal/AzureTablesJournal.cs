using Azure.Data.Tables;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>One journal: a partition of the table. An append is one entity-group transaction of header, row and, with a snapshot, the filing run.</summary>
internal sealed class AzureTablesJournal : IJournal
{
    private readonly JournalTable _table;
    private readonly string _partition;
    private readonly Filings _filings;
    private Header? _header;

    public AzureTablesJournal(JournalTable table, string name)
    {
        _table = table;
        _partition = JournalKeys.Partition(name);
        _filings = new Filings(table, _partition);
    }

    public async ValueTask<History> Read(CancellationToken cancellation)
    {
        // Another owner may replace the snapshot between the header and it: then the header names a newer one.
        for (var tries = 0; tries < 5; tries++)
        {
            var header = _header = await _table.Header(_partition, cancellation);
            var snapshot = header.SnapshotSeq > 0 ? await ReadSnapshot(header, cancellation) : null;
            if (header.SnapshotSeq > 0 && snapshot is null)
            {
                continue;
            }

            var entities = await After(header, cancellation).ToListAsync(cancellation);
            _filings.Begin(header.SnapshotSeq, entities.SelectMany(r => RowEntities.ReadFilings(r[0])));
            var history = new History(snapshot, [.. entities.Select(RowEntities.ReadRow).Reverse()]);
            return EndsAsSaid(header, history) ? history : throw new JournalCorruptException($"'{_partition}' does not end where its header says.");
        }

        throw new JournalCorruptException($"The snapshot of '{_partition}' is missing.");
    }

    public async ValueTask<bool> Append(Append append)
    {
        var header = _header;
        if (header is null || header.Seq != append.ExpectedSeq)
        {
            header = await _table.Header(_partition, default);
        }

        if (header.Seq != append.ExpectedSeq)
        {
            return false;
        }

        if (!_filings.HasBegun)
        {
            await Read(default);
        }

        // The hash covers all that came before: whoever wrote the same in the same place wrote this very append.
        var batch = BatchOf(append.Row.Hash);
        var next = header with { Seq = append.Row.LastSeq, Batch = batch };
        List<TableTransactionAction> actions = [.. RowEntities.Write(_partition, append).Select(e => new TableTransactionAction(TableTransactionActionType.Add, e))];
        FilingRun? run = null;
        if (append.Snapshot is { } snapshot)
        {
            // Nothing points to it until the append does.
            var parts = RowEntities.Write(_partition, batch, snapshot);
            await _table.AddAll(parts);
            next = next with { SnapshotSeq = snapshot.Seq, SnapshotBatch = batch, SnapshotParts = parts.Length };
            run = _filings.RunWith(append);
            actions.Add(new(TableTransactionActionType.Add, RowEntities.Write(_partition, run, append.Row.LastSeq)));
        }

        var entity = next.ToEntity(_partition);
        actions.Insert(0, header.Exists
            ? new(TableTransactionActionType.UpdateReplace, entity, header.ETag)
            : new(TableTransactionActionType.Add, entity));
        if (await _table.Submit(_partition, actions, batch) is not { } etag)
        {
            return false;
        }

        _header = next with { ETag = etag };
        _filings.Appended(append, run);
        if (run is not null)
        {
            await _table.DeleteSnapshotsBefore(_partition, next);
        }

        return true;
    }

    public async ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation) => seq <= 1
        ? []
        : await _table.Rows(_partition, JournalKeys.RowsFrom(seq - 1), JournalKeys.RowsEnd, rows, cancellation).Take(rows).Select(RowEntities.ReadRow).ToListAsync(cancellation);

    public async ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation) => await ReadBack(seq == long.MaxValue ? seq : seq + 1, 2, cancellation) switch
    {
        [] => null,
        [var only] => new LinkedRow(only, JournalEnd.Start),
        [var row, var before, ..] => new LinkedRow(row, new JournalEnd(before.LastSeq, before.Hash)),
    };

    public async ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation)
    {
        if (!_filings.HasBegun)
        {
            await Begin(cancellation);
        }

        var rows = new List<FiledRow>();
        await foreach (var parts in _table.Rows(_partition, JournalKeys.RowsFrom(until - 1), JournalKeys.RowsFrom(from - 1), null, cancellation))
        {
            rows.Add(new FiledRow(RowEntities.ReadRow(parts), RowEntities.ReadFilings(parts[0])));
        }

        foreach (var filing in rows.SelectMany(r => r.Filings).Where(_ => _filings.HasBegun))
        {
            if (!await _filings.LeadsTo(filing, cancellation))
            {
                throw new JournalCorruptException($"The index of '{_partition}' does not lead to event {filing.Seq}.");
            }
        }

        rows.Reverse();
        return rows;
    }

    public async ValueTask<long?> Find(Digest digest, CancellationToken cancellation)
    {
        if (!_filings.HasBegun)
        {
            await Read(cancellation);
        }

        return await _filings.Find(digest, cancellation);
    }

    // A header that names an earlier end would have money come back that was spent.
    private static bool EndsAsSaid(Header header, History history)
    {
        var (seq, hash) = history switch
        {
            { Rows: [.., var newest] } => (newest.LastSeq, newest.Hash),
            { Snapshot: { } snapshot } => (snapshot.Seq, snapshot.Hash),
            _ => (0L, default(ReadOnlyMemory<byte>)),
        };
        return header.Seq == seq && header.Batch == (seq == 0 ? "" : BatchOf(hash)) && (header.SnapshotSeq > 0 || header is { SnapshotParts: 0, SnapshotBatch: "" });
    }

    private async Task<Snapshot?> ReadSnapshot(Header header, CancellationToken cancellation)
    {
        var prefix = JournalKeys.SnapshotPrefix(header.SnapshotSeq, header.SnapshotBatch);
        var parts = await _table.Query(_partition, prefix, prefix + "~", null, cancellation).ToListAsync(cancellation);
        return parts.Count > 0 && parts.Count == header.SnapshotParts ? RowEntities.ReadSnapshot(parts) : null;
    }

    private async Task Begin(CancellationToken cancellation)
    {
        try
        {
            await Read(cancellation);
        }
        catch (JournalCorruptException)
        {
            // A journal whose header or snapshot is at fault can still be read row by row, without its index.
        }
    }

    private static string BatchOf(ReadOnlyMemory<byte> hash) => Convert.ToHexStringLower(hash.Span);

    private IAsyncEnumerable<IReadOnlyList<TableEntity>> After(Header header, CancellationToken cancellation) =>
        header.Seq <= header.SnapshotSeq
            ? AsyncEnumerable.Empty<IReadOnlyList<TableEntity>>()
            : _table.Rows(_partition, JournalKeys.RowsFrom(header.Seq), JournalKeys.RowsFrom(header.SnapshotSeq), null, cancellation);
}
