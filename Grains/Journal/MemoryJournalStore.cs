using System.Collections.Concurrent;
using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>Journals in memory, for simulations and tests: the same contract, gone with the process.</summary>
public sealed class MemoryJournalStore : IJournalStore
{
    private readonly ConcurrentDictionary<string, MemoryJournal> _journals = new();

    public IJournal Open(string name) => _journals.GetOrAdd(name, static _ => new MemoryJournal());

    private sealed class MemoryJournal : IJournal
    {
        private readonly Lock _lock = new();
        private readonly List<JournalRow> _rows = [];
        private readonly List<ImmutableArray<Filing>> _filings = [];
        private readonly Dictionary<Digest, long> _filed = [];
        private Snapshot? _snapshot;

        public ValueTask<History> Read(CancellationToken cancellation)
        {
            lock (_lock)
            {
                return new(new History(_snapshot, [.. _rows.Where(r => r.FirstSeq > (_snapshot?.Seq ?? 0))]));
            }
        }

        public ValueTask<bool> Append(Append append)
        {
            lock (_lock)
            {
                if ((_rows.Count == 0 ? 0 : _rows[^1].LastSeq) != append.ExpectedSeq)
                {
                    return new(false);
                }

                _rows.Add(append.Row with { Events = append.Row.Events.ToArray() });
                _filings.Add(append.Filings);
                _snapshot = append.Snapshot is { } s ? s with { State = s.State.ToArray() } : _snapshot;
                foreach (var filing in append.Filings)
                {
                    _filed[filing.Digest] = filing.Seq;
                }

                return new(true);
            }
        }

        public ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation)
        {
            lock (_lock)
            {
                return new(_rows.AsEnumerable().Reverse().Where(r => r.FirstSeq < seq).Take(rows).ToImmutableArray());
            }
        }

        public ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation)
        {
            lock (_lock)
            {
                var at = _rows.FindLastIndex(r => r.FirstSeq <= seq);
                return new(at < 0 ? null : new LinkedRow(_rows[at], at == 0 ? JournalEnd.Start : new JournalEnd(_rows[at - 1].LastSeq, _rows[at - 1].Hash)));
            }
        }

        public ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation)
        {
            lock (_lock)
            {
                return new(_rows.Zip(_filings, (row, filings) => new FiledRow(row, filings)).Where(r => from <= r.Row.FirstSeq && r.Row.FirstSeq < until).ToImmutableArray());
            }
        }

        public ValueTask<long?> Find(Digest digest, CancellationToken cancellation)
        {
            lock (_lock)
            {
                return new(_filed.TryGetValue(digest, out var seq) ? seq : null);
            }
        }
    }
}
