using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Budgets;

/// <summary>Reads back what a budget's journal holds: single events, the ledger newest first, days. Checks the hash chain as it goes.</summary>
internal sealed class JournalReader
{
    /// <summary>Events looked at for one page at most; a filter that matches little gets a short page and a cursor.</summary>
    private const int MostLookedAt = 5_000;
    private const int RowsAtOnce = 64;

    private readonly IJournal _journal;
    private readonly ClosedBooks _days;

    public JournalReader(IJournal journal) => (_journal, _days) = (journal, new ClosedBooks(this));

    /// <exception cref="JournalCorruptException">There is no such event.</exception>
    public async ValueTask<BudgetEvent> At(long seq)
    {
        try
        {
            var linked = await _journal.ReadAt(seq, CancellationToken.None);
            return linked is null || seq > linked.Row.LastSeq ? throw new JournalCorruptException($"Event {seq} is missing.")
                : !HashChain.Follows(linked.Before, linked.Row) ? throw Unlinked(linked.Row)
                : BudgetCodec.Instance.DecodeOne(linked.Row.Events, (int)(seq - linked.Row.FirstSeq));
        }
        catch (JournalCorruptException) when (IsCounted())
        {
            throw;
        }
    }

    /// <summary>The newest event filed under a digest.</summary>
    /// <exception cref="JournalCorruptException">The index leads to another event: its answer must not be taken for this one's.</exception>
    public async ValueTask<(long Seq, BudgetEvent Event)?> Find(Digest digest)
    {
        if (await _journal.Find(digest, CancellationToken.None) is not { } seq)
        {
            return null;
        }

        var found = await At(seq);
        var filed = ImmutableArray.CreateBuilder<Filing>();
        BudgetCodec.Instance.File(found, seq, filed);
        return filed.Contains(new Filing(digest, seq)) ? (seq, found) : throw Misled(seq);
    }

    /// <summary>The newest event that closed a day; null: none is filed.</summary>
    public ValueTask<long?> Closed(DateOnly day) => _journal.Find(Digest.Of(day), CancellationToken.None);

    public async ValueTask<Recalled> Recall(IdempotencyKey? key, HoldId? hold)
    {
        var recalled = Recalled.Nothing;
        if (key is { } k && await Find(Digest.Of(k)) is { } used)
        {
            recalled = recalled with { Key = Receipts.RememberedOf(used.Event, used.Seq) };
        }

        if (hold is { } h && await Find(Digest.Of(h)) is { } end)
        {
            recalled = recalled with { HoldEnd = Receipts.RememberedOf(end.Event, end.Seq), Hold = Assuming.Untold(end.Event) };
            recalled = recalled with { DayClosed = recalled.Hold is { } untold ? await Closed(untold.Date) : null };
        }

        return recalled;
    }

    /// <summary>Usage of a period, with the budget beside it.</summary>
    /// <param name="state">Brought up to now by <paramref name="elapsed"/>.</param>
    public async ValueTask<UsageView> Usage(BudgetState state, ImmutableArray<BudgetEvent> elapsed, UsagePeriod period)
    {
        var (first, last) = state.Range(period);
        var days = await _days.Of(state, elapsed, first, last);
        return new UsageView(period, first, last, UsageBook.Sum([.. days.Select(d => d.Usage)]).Sums(), state.View());
    }

    /// <summary>The days of a range, each with its sums, and all of them together by name.</summary>
    /// <param name="state">Brought up to now by <paramref name="elapsed"/>.</param>
    public async ValueTask<AnalyticsView> Analytics(BudgetState state, ImmutableArray<BudgetEvent> elapsed, AnalyticsQuery query)
    {
        if (state.Range(query) is not { } range)
        {
            return new AnalyticsView(state.Agent, state.TimeZone, state.Terms.WeekStart, null, UsageBook.Empty.Sums());
        }

        var (first, last) = range;
        var days = await _days.Of(state, elapsed, first, last);
        var sums = new Sums[last.DayNumber - first.DayNumber + 1];
        foreach (var day in days)
        {
            sums[day.Date.DayNumber - first.DayNumber] += day.Usage.Total;
        }

        var hours = query.ByHour ? Hours.Rows(first, last, state.TimeZone, days.SelectMany(d => d.Hours ?? [], (d, hour) => (d.Date, hour))) : (ImmutableArray<HourSums>?)null;

        return new AnalyticsView(
            state.Agent, state.TimeZone, state.Terms.WeekStart, [.. sums.Select((s, i) => new DaySums(first.AddDays(i), s))], UsageBook.Sum([.. days.Select(d => d.Usage)]).Sums(), hours);
    }

    /// <summary>What was done on the days of a range.</summary>
    /// <param name="state">Brought up to now by <paramref name="elapsed"/>.</param>
    public async ValueTask<IEnumerable<(DateOnly Date, Habits Habits)>> Habits(BudgetState state, ImmutableArray<BudgetEvent> elapsed, DateOnly first, DateOnly last) =>
        from day in await _days.Of(state, elapsed, first, last) where day.Usage.Habits is not null select (day.Date, day.Usage.Habits);

    /// <summary>Sums of the days of a range; a date may come several times, and days without spend not at all.</summary>
    /// <param name="state">Brought up to now by <paramref name="elapsed"/>.</param>
    public ValueTask<List<DayBook>> Days(BudgetState state, ImmutableArray<BudgetEvent> elapsed, DateOnly first, DateOnly last) => _days.Of(state, elapsed, first, last);

    /// <summary>Every event up to a seq, newest first.</summary>
    public async IAsyncEnumerable<(long Seq, BudgetEvent Event)> Back(long from)
    {
        for (var before = from + 1; before > 1;)
        {
            foreach (var row in await Rows(before, RowsAtOnce))
            {
                var events = EventsOf(row);
                for (var seq = Math.Min(row.LastSeq, before - 1); seq >= row.FirstSeq; seq--)
                {
                    yield return (seq, events[(int)(seq - row.FirstSeq)]);
                }

                before = row.FirstSeq;
            }
        }
    }

    public async ValueTask<LedgerPage> Page(LedgerQuery query, long newest)
    {
        var before = Math.Min(query.Before ?? long.MaxValue, newest + 1);
        if (query.Until is { } until)
        {
            before = Math.Min(before, await FirstSeqAt(until, newest));
        }

        var entries = ImmutableArray.CreateBuilder<LedgerEntry>();
        var looked = 0;
        while (before > 1)
        {
            foreach (var row in await Rows(before, RowsAtOnce))
            {
                var events = EventsOf(row);
                for (var seq = Math.Min(row.LastSeq, before - 1); seq >= row.FirstSeq; seq--)
                {
                    var e = events[(int)(seq - row.FirstSeq)];
                    if (e.At < query.From)
                    {
                        return new LedgerPage(entries.ToImmutable(), null);
                    }

                    before = seq;
                    looked++;
                    if (Receipts.EntryOf(e, seq) is { } entry && Matches(entry, query))
                    {
                        entries.Add(entry);
                    }

                    if (entries.Count == query.Limit || looked >= MostLookedAt)
                    {
                        return new LedgerPage(entries.ToImmutable(), before > 1 ? before : null);
                    }
                }
            }
        }

        return new LedgerPage(entries.ToImmutable(), null);
    }

    private static bool Matches(LedgerEntry entry, LedgerQuery query) =>
        (query.Kind is null || entry.Kind == query.Kind)
        && (query.Model is null || entry.Purpose.Model == query.Model)
        && (query.Tag is null || (!entry.Purpose.Tags.IsDefault && entry.Purpose.Tags.Contains(query.Tag)));

    /// <summary>The first seq at or after an instant, by halving: times in a journal never run backwards.</summary>
    public async ValueTask<long> FirstSeqAt(DateTimeOffset at, long newest)
    {
        var (low, high) = (1L, newest + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = (await At(middle)).At >= at ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private async ValueTask<IReadOnlyList<JournalRow>> Rows(long before, int most)
    {
        // One more than wanted: each row is checked against the hash of the one before it.
        try
        {
            var rows = await _journal.ReadBack(before, most + 1, CancellationToken.None);
            for (var i = 0; i < rows.Count && i < most; i++)
            {
                if (!HashChain.Follows(i + 1 < rows.Count ? new JournalEnd(rows[i + 1].LastSeq, rows[i + 1].Hash) : JournalEnd.Start, rows[i]))
                {
                    throw Unlinked(rows[i]);
                }
            }

            return rows.Count > most ? [.. rows.Take(most)] : rows;
        }
        catch (JournalCorruptException) when (IsCounted())
        {
            throw;
        }
    }

    private static ImmutableArray<BudgetEvent> EventsOf(JournalRow row)
    {
        var events = BudgetCodec.Instance.Decode(row.Events);
        return events.Length == row.Count ? events : throw new JournalCorruptException($"The row at {row.FirstSeq} holds {events.Length} events instead of {row.Count}.");
    }

    private static JournalCorruptException Unlinked(JournalRow row) => new($"The row at {row.FirstSeq} does not follow the one before it.");

    private static JournalCorruptException Misled(long seq)
    {
        JournalMetrics.Contradicted();
        return new($"The index leads to event {seq}, which was never filed there.");
    }

    private static bool IsCounted()
    {
        JournalMetrics.Contradicted();
        return false;
    }
}
