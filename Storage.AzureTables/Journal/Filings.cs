using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>Which digest leads where: the newest in memory, those before the snapshot in runs that are read when first needed.</summary>
internal sealed class Filings(JournalTable table, string partition)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, long> _newest = [];
    private List<FilingRun>? _runs;
    private long _runsUpTo;

    public bool HasBegun { get; private set; }

    /// <param name="runsUpTo">The last seq that runs cover.</param>
    /// <param name="newest">What was filed after it.</param>
    public void Begin(long runsUpTo, IEnumerable<Filing> newest)
    {
        lock (_lock)
        {
            _newest.Clear();
            (_runs, _runsUpTo, HasBegun) = (null, runsUpTo, true);
            Add(newest);
        }
    }

    /// <summary>The run that an append with a snapshot writes: all that no run covers yet.</summary>
    public FilingRun RunWith(Append append)
    {
        lock (_lock)
        {
            return FilingRun.Of(_newest.Select(f => new Filing(f.Key, f.Value)).Concat(append.Filings), append.Row.LastSeq);
        }
    }

    /// <param name="run">The run that was written with it, if one was.</param>
    public void Appended(Append append, FilingRun? run)
    {
        lock (_lock)
        {
            if (run is null)
            {
                Add(append.Filings);
                return;
            }

            _runs?.Add(run);
            _newest.Clear();
            _runsUpTo = append.Row.LastSeq;
        }
    }

    public async Task<long?> Find(Digest digest, CancellationToken cancellation)
    {
        var (newest, candidates) = await Look(digest, cancellation);
        if (newest is not null)
        {
            return newest;
        }

        foreach (var seq in candidates)
        {
            if (await IsFiled(digest, seq, cancellation))
            {
                return seq;
            }
        }

        return null;
    }

    /// <summary>False: the runs have to be read first.</summary>
    private bool TryFind(Digest digest, out long? newest, out long[] candidates)
    {
        lock (_lock)
        {
            newest = _newest.TryGetValue(digest, out var seq) ? seq : null;
            candidates = [];
            if (newest is not null || _runsUpTo == 0)
            {
                return true;
            }

            candidates = [.. (_runs ?? []).AsEnumerable().Reverse().SelectMany(r => r.Candidates(digest))];
            return _runs is not null;
        }
    }

    /// <summary>Whether <see cref="Find"/> would come to this filing, or to one after it. The row itself is not asked again: the caller has it at hand.</summary>
    public async Task<bool> LeadsTo(Filing filing, CancellationToken cancellation)
    {
        var (newest, candidates) = await Look(filing.Digest, cancellation);
        if (newest >= filing.Seq || candidates.Contains(filing.Seq))
        {
            return true;
        }

        // Of several under one digest, a run has the newest only.
        foreach (var later in candidates.Where(c => c > filing.Seq))
        {
            if (await IsFiled(filing.Digest, later, cancellation))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<(long? Newest, long[] Candidates)> Look(Digest digest, CancellationToken cancellation)
    {
        long? newest;
        long[] candidates;
        while (!TryFind(digest, out newest, out candidates))
        {
            var upTo = _runsUpTo;
            var runs = await table.Query(partition, JournalKeys.RunsBegin, JournalKeys.Run(upTo) + "~", null, cancellation).Select(RowEntities.ReadRun).ToListAsync(cancellation);
            lock (_lock)
            {
                // An append may have made another run meanwhile.
                _runs = _runsUpTo == upTo ? runs : _runs;
            }
        }

        return (newest, candidates);
    }

    private async Task<bool> IsFiled(Digest digest, long seq, CancellationToken cancellation)
    {
        var row = await table.Rows(partition, JournalKeys.RowsFrom(seq), JournalKeys.RowsEnd, 1, cancellation).FirstOrDefaultAsync(cancellation);
        return row is not null && RowEntities.ReadFilings(row[0]).Any(f => f.Digest == digest && f.Seq == seq);
    }

    private void Add(IEnumerable<Filing> filings)
    {
        // Rows come newest first when they are read, and oldest first when they are written.
        foreach (var filing in filings)
        {
            _newest[filing.Digest] = Math.Max(filing.Seq, _newest.GetValueOrDefault(filing.Digest));
        }
    }
}
