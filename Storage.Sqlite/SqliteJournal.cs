using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Storage.Sqlite;

/// <summary>One journal in the embedded file.</summary>
internal sealed class SqliteJournal(SqliteJournalStore store, string name) : IJournal
{
    public string Name => name;

    /// <summary>The journal's number in the file; 0 as long as it is not known or has no entries.</summary>
    public long Id { get; set; }

    public ValueTask<bool> Append(Append append) => new(store.Append(this, append));

    public ValueTask<History> Read(CancellationToken cancellation) => new(store.Read(reader =>
    {
        if (IdIn(reader) == 0)
        {
            return new History(null, []);
        }

        if (store.Tail.IsDistrusted(Id))
        {
            throw new JournalCorruptException($"What is written beside the rows of '{name}' is not what was written there.");
        }

        Snapshot? snapshot = null;
        if (reader.Snapshot.Bind(1, Id).Step())
        {
            snapshot = new Snapshot(reader.Snapshot.Int(0), reader.Snapshot.Bytes(1), reader.Snapshot.Bytes(3), reader.Snapshot.Bytes(2));
            reader.Snapshot.Reset();
        }

        // The tail first: what leaves it meanwhile is in the file by then.
        var after = snapshot?.Seq ?? 0;
        var entries = new SortedSet<long>(store.Tail.Entries(Id, long.MaxValue, int.MaxValue, out _));
        for (var read = reader.After.Bind(1, Id).Bind(2, after); read.Step();)
        {
            entries.Add(read.Int(0));
        }

        return new History(snapshot, [.. entries.Select(reader.RowOf).Where(r => r.FirstSeq > after)]);
    }));

    public ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation) =>
        new(store.Read<IReadOnlyList<JournalRow>>(reader => [.. Back(reader, seq, rows).Select(reader.RowOf)]));

    public ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation) => new(store.Read(reader => Back(reader, seq == long.MaxValue ? seq : seq + 1, 2) switch
    {
        [] => null,
        [var only] => new LinkedRow(reader.RowOf(only), JournalEnd.Start),
        var two => new LinkedRow(reader.RowOf(two[0]), reader.EndOf(two[1])),
    }));

    public ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation) => new(store.Read<IReadOnlyList<FiledRow>>(reader =>
    {
        // The tail first, as in Read.
        var entries = new SortedSet<long>(store.Tail.Entries(IdIn(reader), until, int.MaxValue, out _, from));
        for (var between = reader.Between.Bind(1, Id).Bind(2, from).Bind(3, until); between.Step();)
        {
            entries.Add(between.Int(0));
        }

        List<FiledRow> rows = [.. entries.Select(e => reader.FiledRowOf(e, Id))];
        foreach (var filing in rows.SelectMany(r => r.Filings))
        {
            if (!(Find(reader, filing.Digest) >= filing.Seq))
            {
                throw new JournalCorruptException($"The index does not lead to event {filing.Seq} of '{name}'.");
            }
        }

        return rows;
    }));

    public ValueTask<long?> Find(Digest digest, CancellationToken cancellation) => new(store.Tail.Find(Id, digest) ?? store.Read(reader => Find(reader, digest)));

    private long? Find(SqliteJournalStore.Reader reader, Digest digest)
    {
        // The tail first, as above; and once more, for a handle that did not know its number.
        var id = IdIn(reader);
        if (store.Tail.Find(id, digest) is { } newest)
        {
            return newest;
        }

        if (!reader.Filed.Bind(1, id).BindBlob(2, JournalIndex.Bytes(digest.Value)).Step())
        {
            return null;
        }

        var seq = reader.Filed.Int(0);
        reader.Filed.Reset();
        return seq;
    }

    /// <summary>The entries of rows that begin before a seq, newest first.</summary>
    private List<long> Back(SqliteJournalStore.Reader reader, long seq, int rows)
    {
        var entries = store.Tail.Entries(IdIn(reader), seq, rows, out var oldest);
        if (entries.Count < rows)
        {
            for (var before = reader.Before.Bind(1, Id).Bind(2, oldest).Bind(3, rows - entries.Count); before.Step();)
            {
                entries.Add(before.Int(0));
            }
        }

        return entries;
    }

    private long IdIn(SqliteJournalStore.Reader reader) => Id != 0 ? Id : Id = reader.JournalId(name);
}
