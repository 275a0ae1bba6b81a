using System.Collections.Immutable;
using System.Text;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Journal;

/// <summary>Writes one journal and keeps a copy of what it wrote.</summary>
internal sealed class Scribe(IJournal journal)
{
    private readonly List<JournalRow> _rows = [];
    private ReadOnlyMemory<byte> _hash = HashChain.Root;

    public IReadOnlyList<JournalRow> Rows => _rows;

    public long Seq { get; private set; }

    public Snapshot? Snapshot { get; private set; }

    /// <summary>An append that follows what was written so far, of <paramref name="count"/> events with <paramref name="text"/> in each.</summary>
    /// <param name="filed">Digests that are to lead to the first event.</param>
    public Append Next(int count = 1, string text = "", Digest[]? filed = null, string? snapshot = null)
    {
        var first = Seq + 1;
        var events = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, count).Select(i => $$$"""{"{{{first + i}}}":"{{{text}}}"}"""))}]");
        var row = new JournalRow(first, count, events, HashChain.Next(_hash.Span, events));
        return new Append(
            Seq, row, [.. (filed ?? []).Select(d => new Filing(d, first))], snapshot is null ? null : HashChain.Sealed(row.LastSeq, row.Hash, Encoding.UTF8.GetBytes(snapshot)));
    }

    public async Task<bool> Write(Append append)
    {
        if (!await journal.Append(append))
        {
            return false;
        }

        _rows.Add(append.Row);
        (_hash, Seq, Snapshot) = (append.Row.Hash, append.Row.LastSeq, append.Snapshot ?? Snapshot);
        return true;
    }

    public async Task WriteRows(int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            (await Write(Next())).Should().BeTrue();
        }
    }

    /// <summary>The journal holds just what was written, as a reader from the front and a reader from the back see it.</summary>
    public async Task ShouldBeIn(IJournal read, int page = 100)
    {
        var history = await read.Read(default);
        var after = Snapshot?.Seq ?? 0;
        Text(history.Snapshot).Should().Be(Text(Snapshot));
        Text(history.Rows).Should().Equal(Text(_rows.Where(r => r.FirstSeq > after)));

        var back = new List<JournalRow>();
        for (var before = long.MaxValue; await read.ReadBack(before, page, default) is { Count: > 0 } rows; before = rows[^1].FirstSeq)
        {
            rows.Count.Should().BeLessThanOrEqualTo(page);
            back.AddRange(rows);
        }

        Text(back).Should().Equal(Text(_rows.AsEnumerable().Reverse()));
    }

    public static IEnumerable<string> Text(IEnumerable<JournalRow> rows) =>
        rows.Select(r => $"{r.FirstSeq}+{r.Count} {Encoding.UTF8.GetString(r.Events.Span)} {Convert.ToHexString(r.Hash.Span)}");

    private static string? Text(Snapshot? s) =>
        s is null ? null : $"{s.Seq} {Encoding.UTF8.GetString(s.State.Span)} {Convert.ToHexString(s.Hash.Span)} {Convert.ToHexString(s.Seal.Span)}";
}
