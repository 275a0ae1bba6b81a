using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Storage.Sqlite;

/// <summary>Where a row is: its first and last seq and its entry.</summary>
internal readonly record struct Position(long Seq, long LastSeq, long Entry);

/// <summary>The newest entries, which the indices in the file do not cover yet: two portions, one growing and one on its way into the file.</summary>
internal sealed class Tail
{
    /// <summary>Rows after which a portion goes into the file. Also what a start has to read again at most, twice over.</summary>
    public const int PortionRows = 65_536;

    /// <summary>The same for what is filed: a row of a batch has a hundred filings.</summary>
    public const int PortionFilings = 2 * PortionRows;

    private readonly Lock _lock = new();
    private Portion _young = new();
    private Portion _old = new();
    private readonly HashSet<long> _distrusted = [];

    /// <summary>Takes over committed rows. True: the growing portion is full and <see cref="Turn"/> is due.</summary>
    public bool Add(IReadOnlyList<(long Journal, Position Position, Append Append)> rows)
    {
        lock (_lock)
        {
            foreach (var (journal, position, append) in rows)
            {
                _young.Add(journal, position);
                foreach (var filing in append.Filings)
                {
                    _young.File(journal, filing);
                }
            }

            return _young.Rows.Count >= PortionRows || _young.Filings.Count >= PortionFilings;
        }
    }

    public void Restore(long journal, Position position, IEnumerable<Filing> filings)
    {
        _young.Add(journal, position);
        foreach (var filing in filings)
        {
            _young.File(journal, filing);
        }
    }

    /// <summary>What is beside a journal's rows was changed: nobody may go by it. Only before anybody reads.</summary>
    public void Distrust(long journal) => _distrusted.Add(journal);

    public bool IsDistrusted(long journal) => _distrusted.Contains(journal);

    /// <summary>The full portion, to be written to the file; until <see cref="Drop"/> it is still searched here and does not change.</summary>
    public Portion Turn()
    {
        lock (_lock)
        {
            (_old, _young) = (_young, _old);
            return _old;
        }
    }

    public void Drop()
    {
        lock (_lock)
        {
            _old.Clear();
        }
    }

    /// <summary>The last seq of a journal, if one of its rows is here.</summary>
    public long? LastSeq(long journal)
    {
        lock (_lock)
        {
            return _young.Last(journal)?.LastSeq ?? _old.Last(journal)?.LastSeq;
        }
    }

    public long? Find(long journal, Digest digest)
    {
        lock (_lock)
        {
            return _young.Find(journal, digest) ?? _old.Find(journal, digest);
        }
    }

    /// <summary>The entries of at most <paramref name="rows"/> rows of a journal that begin before <paramref name="before"/>, newest first.</summary>
    /// <param name="oldest">Rows that begin before this are in the file only.</param>
    /// <param name="from">Rows that begin before this are not wanted.</param>
    public List<long> Entries(long journal, long before, int rows, out long oldest, long from = 0)
    {
        var entries = new List<long>();
        oldest = before;
        lock (_lock)
        {
            foreach (var position in _young.Of(journal, before).Concat(_old.Of(journal, before)))
            {
                if (entries.Count == rows || position.Seq < from)
                {
                    break;
                }

                if (position.Seq < before)
                {
                    entries.Add(position.Entry);
                    oldest = position.Seq;
                }
            }
        }

        return entries;
    }

    /// <summary>Rows in the order they were written, each linked to its journal's row before. Emptied and filled again, so that a busy store makes no large garbage.</summary>
    public sealed class Portion
    {
        private readonly Dictionary<long, int> _lastRow = [];
        private readonly Dictionary<long, long> _firstSeq = [];
        private readonly Dictionary<(long Journal, Digest Digest), long> _filings = [];

        public List<(long Journal, Position Position, int Previous)> Rows { get; } = [];

        public IReadOnlyCollection<KeyValuePair<(long Journal, Digest Digest), long>> Filings => _filings;

        public void Add(long journal, Position position)
        {
            Rows.Add((journal, position, _lastRow.TryGetValue(journal, out var previous) ? previous : -1));
            _lastRow[journal] = Rows.Count - 1;
            _firstSeq.TryAdd(journal, position.Seq);
        }

        public void File(long journal, Filing filing) => _filings[(journal, filing.Digest)] = filing.Seq;

        public Position? Last(long journal) => _lastRow.TryGetValue(journal, out var row) ? Rows[row].Position : null;

        public long? Find(long journal, Digest digest) => _filings.TryGetValue((journal, digest), out var seq) ? seq : null;

        /// <summary>Rows of a journal, newest first; none, without looking, where none begins before a seq.</summary>
        public IEnumerable<Position> Of(long journal, long before)
        {
            if (!_firstSeq.TryGetValue(journal, out var first) || first >= before)
            {
                yield break;
            }

            for (var row = _lastRow.GetValueOrDefault(journal, -1); row >= 0; row = Rows[row].Previous)
            {
                yield return Rows[row].Position;
            }
        }

        public void Clear()
        {
            Rows.Clear();
            _lastRow.Clear();
            _firstSeq.Clear();
            _filings.Clear();
        }
    }
}
