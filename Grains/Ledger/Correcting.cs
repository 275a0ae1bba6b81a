using System.Collections.Immutable;
using System.Globalization;

namespace Budgets.Ledger;

/// <summary>"What was paid is what was spent: where the books say something else, the difference is booked, and nothing that stands in them is changed."</summary>
public static class Correcting
{
    /// <summary>Compares day by day and model by model.</summary>
    /// <param name="booked">A date may come several times.</param>
    /// <param name="names">What every name, booked or billed, is priced as: two names of one model are one model.</param>
    public static ImmutableArray<Drift> Drift(ReconcileRequest r, IReadOnlyCollection<(DateOnly Date, UsageBook Usage)> booked, IReadOnlyDictionary<string, ModelName> names)
    {
        string IdOf(string model) => names.GetValueOrDefault(model)?.Id ?? model;
        var billed = r.Billed.ToLookup(b => (b.Date, Id: IdOf(b.Model)));
        var sources = r.Source is { } one ? [one] : r.Billed.Select(b => names.GetValueOrDefault(b.Model)?.Provider).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var billedIds = billed.Select(b => b.Key.Id).ToHashSet(StringComparer.Ordinal);

        // What another provider sold is not missing on this bill.
        var ours = (from day in booked
                    from model in day.Usage.Models.Ranked()
                    let id = IdOf(model.Name)
                    where billedIds.Contains(id) || (names.GetValueOrDefault(model.Name)?.Provider is { } provider && sources.Contains(provider))
                    select (Key: (day.Date, Id: id), model)).ToLookup(m => m.Key, m => m.model);
        return
        [
            .. from key in billed.Select(b => b.Key).Union(ours.Select(o => o.Key))
               orderby key.Date, key.Id
               let mine = ours[key].Aggregate(default(Sums), (sum, m) => sum + m.Sums)
               let theirs = billed[key].ToList()
               let dearest = ours[key].MaxBy(m => m.Sums.Cost)?.Name ?? theirs[0].Model
               where theirs.Count > 0 || mine.Cost != Money.Zero
               select new Drift(
                   dearest, key.Date, mine.Cost, theirs.Aggregate(Money.Zero, (sum, b) => sum + b.Cost),
                   mine.InputTokens, SumOrNull(theirs, b => b.InputTokens), mine.OutputTokens, SumOrNull(theirs, b => b.OutputTokens)),
        ];
    }

    /// <summary>Whether rows are of days that can still be corrected: over, and closed so lately that the state knows where.</summary>
    public static bool AreOpen(BudgetState now, ReconcileRequest r) =>
        r.Billed.All(b => now.Days[^1].Date.DayNumber - b.Date.DayNumber is >= 1 and <= ReconcileRequest.MostDays);

    /// <param name="drift">As the state stands.</param>
    /// <returns>Without events: there is nothing to correct, or it is refused.</returns>
    public static (ReconcileResult Result, Decision Decision) Correct(
        BudgetState s, ReconcileRequest r, ImmutableArray<Drift> drift, DateTimeOffset clock, Recalled recalled = default)
    {
        var fingerprint = Fingerprint.Of(r);
        if (Seen.Before(s, r.Key, recalled) is { } seen)
        {
            var again = Seen.Again(s, seen, fingerprint, Money.Zero);
            return (again.Outcome == Outcome.Accepted ? ReconcileResult.Done : ReconcileResult.KeyReused, again);
        }

        var nothing = new Decision(Outcome.Accepted, [], null, 0);
        var (now, elapsed) = s.At(clock);
        if (!now.Exists || !AreOpen(now, r))
        {
            return (now.Exists ? ReconcileResult.OutOfDays : ReconcileResult.AgentUnknown, nothing);
        }

        ImmutableArray<Correction> lines =
        [
            .. from d in drift
               where d.Difference != Money.Zero
               select new Correction(d.Model, d.Date, d.Booked, d.Difference, (d.BilledInput ?? d.BookedInput) - d.BookedInput, (d.BilledOutput ?? d.BookedOutput) - d.BookedOutput),
        ];
        var amount = Sum(lines, DateOnly.MinValue, now);
        if (lines.IsEmpty)
        {
            return (ReconcileResult.Done, nothing);
        }

        if (amount < Money.Zero && now.Terms.Parent is not null)
        {
            return (ReconcileResult.BelowAnother, nothing);
        }

        if (amount > Money.MaxPerRequest || !Admitting.FitsTheBooks(now, amount) || now.Current(LimitType.Total).Spent + amount < Money.Zero)
        {
            return (ReconcileResult.TooLarge, nothing);
        }

        // From here it must succeed.
        var corrected = new Reconciled(
            now.Now, r.By, r.Source, lines, amount, Of(LimitType.Weekly, lines, now), Of(LimitType.Monthly, lines, now), r.Key!.Value, fingerprint,
            Overage: amount > Money.Zero && Admitting.Exceeded(now, amount, hard: true) is not null, [], []);
        var after = now.Corrected(corrected);
        corrected = corrected with { After = after.Balances(), Warnings = Thresholds.Crossed(now, after) };
        var closings = from line in lines
                       where !now.Days.Any(d => d.Date == line.Date)
                       group line by line.Date into day
                       orderby day.Key
                       let book = day.Aggregate(UsageBook.Empty, (book, line) => book.Add(line))
                       select new DayClosed(now.Now, day.Key, book, now.ClosedBefore(day.Key) ?? 0, [new HourSums(Calendar.HoursOf(day.Key, now.TimeZone).First(), book.Total)]);
        return (ReconcileResult.Done, Decision.Accept([.. elapsed, corrected, .. closings]));
    }

    /// <summary>Counted in the windows that the event names: which these were was decided by the calendar of then.</summary>
    internal static BudgetState Corrected(this BudgetState s, Reconciled r)
    {
        var windows = s.Windows.ToBuilder();
        foreach (var (type, amount) in ((LimitType, Money)[])[(LimitType.Weekly, r.OfWeek), (LimitType.Monthly, r.OfMonth), (LimitType.Total, r.Amount)])
        {
            windows[(int)type] = windows[(int)type] with { Spent = windows[(int)type].Spent + amount };
        }

        // A day that is over and still has open holds is closed with its sums later.
        return s with { Windows = windows.ToImmutable(), Days = [.. s.Days.Select(d => Corrected(s, d, r))] };
    }

    /// <summary>Bills have no hours: a correction is told with the day's first.</summary>
    private static Day Corrected(BudgetState s, Day day, Reconciled r)
    {
        var lines = r.Lines.RemoveAll(l => l.Date != day.Date);
        if (lines.IsEmpty)
        {
            return day;
        }

        var window = s.Draining.First(w => w.Type == LimitType.Daily && w.Number == day.Number);
        var wrong = lines.Aggregate(UsageBook.Empty, (book, line) => book.Add(line)).Total;
        return day with { Usage = lines.Aggregate(day.Usage, (book, line) => book.Add(line)), Hours = day.Hours.With(window.Span.From, wrong) };
    }

    internal static string Detail(Reconciled r)
    {
        var (first, last) = (r.Lines.Min(l => l.Date), r.Lines.Max(l => l.Date));
        return string.Create(CultureInfo.InvariantCulture, $"{r.Lines.Length} of {first:O} to {last:O} reconciled with {r.Source ?? "what was billed"} by {r.By}");
    }

    internal static Purpose PurposeOf(Reconciled r) => r.Lines is [var only] ? new Purpose(only.Model) : Purpose.None;

    private static long? SumOrNull(List<BilledUsage> billed, Func<BilledUsage, long?> count) => billed.Count > 0 && billed.All(b => count(b) is not null) ? billed.Sum(count) : null;

    private static Money Of(LimitType type, ImmutableArray<Correction> lines, BudgetState now)
    {
        var window = now.Current(type);
        var sum = Sum(lines, Calendar.DateAt(window.Span.From, now.TimeZone), now);

        // A window that was cut anew has less in it than the calendar says.
        return Money.Max(sum, Money.Zero - window.Spent);
    }

    private static Money Sum(ImmutableArray<Correction> lines, DateOnly first, BudgetState now) =>
        lines.Where(l => l.Date >= first && l.Date < now.Days[^1].Date).Aggregate(Money.Zero, (sum, l) => sum + l.Amount);
}
