using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

/// <summary>
/// Finds the sums of days: the newest closed ones where the state says, older ones by their date in the journal's index, those that time has closed and
/// no append has yet, and open ones. Days that were closed before they were filed by their date are searched for, once.
/// </summary>
internal sealed class ClosedBooks(JournalReader journal)
{
    /// <summary>Days read before others get their turn: a year must not hold up who wants to spend.</summary>
    private const int AtOnce = 16;

    /// <summary>Closed days remembered once they were read: last_30_days is asked for again and again.</summary>
    public const int MostRemembered = 62;

    // By the seq of the event that closed them. What is written never changes.
    private readonly Dictionary<long, DayClosed> _remembered = [];
    private readonly Queue<long> _oldest = new();

    private ImmutableArray<ClosedDay> _unfiled = [];
    private long _searchedUpTo;

    /// <summary>Books that add up to what was spent on the days of a range. A date may come several times, and days without spend not at all.</summary>
    /// <param name="state">Brought up to now by <paramref name="elapsed"/>; all before these is durable.</param>
    public async ValueTask<List<DayBook>> Of(BudgetState state, ImmutableArray<BudgetEvent> elapsed, DateOnly first, DateOnly last)
    {
        var durable = state.Seq - elapsed.Length;
        var unwritten = elapsed.OfType<DayClosed>().ToList();
        var books = unwritten.Select(DayBook.Of).Concat(state.Days.Select(d => new DayBook(d.Date, d.Usage, d.Hours))).Where(d => first <= d.Date && d.Date <= last).ToList();

        // A local date is at most a day away from that of UTC; nothing was spent before the budget was made.
        var born = DateOnly.FromDateTime(state.Terms.CreatedAt.UtcDateTime).AddDays(-1);
        var newest = state.Days[^1].Date;
        var (from, to) = (first > born ? first : born, last < newest ? last : newest);
        if (from > to)
        {
            return books;
        }

        var named = state.ClosedDays.Where(d => d.Seq <= durable).Concat(unwritten.Where(d => d.Earlier > 0).Select(d => new ClosedDay(d.Date, d.Earlier!.Value)));
        var known = named.ToLookup(d => d.Date, d => d.Seq);
        var remembered = state.ClosedDays.IsEmpty ? DateOnly.MinValue : state.ClosedDays.Max(d => d.Date).AddDays(-Day.Kept);
        var unfiled = from < remembered ? (await Unfiled(state)).ToLookup(d => d.Date, d => d.Seq) : null;
        for (var date = from; date <= to; date = date.AddDays(1))
        {
            var seqs = new Stack<long>(known[date].Concat(unfiled?[date] ?? []));
            if (date < remembered && !known.Contains(date) && await journal.Closed(date) is { } filed)
            {
                seqs.Push(filed);
            }

            await Read(date, seqs, durable, books);
            if (date.DayNumber % AtOnce == 0)
            {
                await Task.Yield();
            }
        }

        return books;
    }

    /// <summary>Each event leads to the one before it that closed the same date.</summary>
    private async ValueTask Read(DateOnly date, Stack<long> seqs, long durable, List<DayBook> books)
    {
        var read = new HashSet<long>();
        while (seqs.TryPop(out var seq))
        {
            if (!read.Add(seq))
            {
                continue;
            }

            if (await Closed(seq) is not { } closed || closed.Date != date || closed.Earlier >= seq)
            {
                throw new JournalCorruptException($"Event {seq} does not close {date:O}.");
            }

            if (closed.Earlier > 0)
            {
                seqs.Push(closed.Earlier.Value);
            }

            // What came after the state that is asked about is not in its sums.
            if (seq <= durable)
            {
                books.Add(DayBook.Of(closed));
            }
        }
    }

    private async ValueTask<DayClosed?> Closed(long seq)
    {
        if (_remembered.TryGetValue(seq, out var known))
        {
            return known;
        }

        if (await journal.At(seq) is not DayClosed closed)
        {
            return null;
        }

        if (_remembered.TryAdd(seq, closed))
        {
            _oldest.Enqueue(seq);
        }

        if (_remembered.Count > MostRemembered)
        {
            _remembered.Remove(_oldest.Dequeue());
        }

        return closed;
    }

    /// <summary>Where days were closed that neither the state nor the index leads to. A state that begins with such a day may have forgotten others before it.</summary>
    private async ValueTask<ImmutableArray<ClosedDay>> Unfiled(BudgetState state)
    {
        var upTo = state.ClosedDays is [{ Filed: null } oldest, ..] ? Math.Max(oldest.Seq, state.UnfiledUpTo) : state.UnfiledUpTo;
        if (upTo > _searchedUpTo)
        {
            var found = ImmutableArray.CreateBuilder<ClosedDay>();
            await foreach (var (seq, e) in journal.Back(upTo))
            {
                if (e is DayClosed { Earlier: null } day)
                {
                    found.Add(new ClosedDay(day.Date, seq));
                }
            }

            (_unfiled, _searchedUpTo) = (found.ToImmutable(), upTo);
        }

        return _unfiled;
    }
}

/// <summary>A part of what was spent on a local day.</summary>
/// <param name="Hours">The same by the hour; null: nothing, or hours were not counted yet.</param>
internal sealed record DayBook(DateOnly Date, UsageBook Usage, ImmutableArray<HourSums>? Hours)
{
    public static DayBook Of(DayClosed e) => new(e.Date, e.Usage, e.Hours);
}
