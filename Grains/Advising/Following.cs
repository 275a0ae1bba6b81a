using System.Collections.Immutable;
using Budgets.Pricing;

namespace Budgets.Advising;

/// <summary>"What the month before suggested, and the week does, has saved what the old way would cost now."</summary>
/// <remarks>
/// Worked out from the days that are kept anyway: nothing is written when advice is read, and whoever changed its ways without asking is told as well. What is
/// compared are shares of an operation's calls, so that a busier week is no merit. After five weeks the new way is the old one, and is told no more.
/// Calls that a cache answers are never seen here, so what a cache saved is not known.
/// </remarks>
internal static class Following
{
    public static ImmutableArray<Followed> Of(PriceList prices, HabitsView habits, Money least)
    {
        var (before, now) = (habits.Before.ToLookup(h => h.Operation), habits.Now.ToLookup(h => h.Operation));
        return
        [
            .. habits.Before.Select(h => Choosing.Best(prices, h, before, habits.At)).OfType<Way>()
                .SelectMany(w => (Followed?[])[Moved(prices, w, before, now, habits), Batched(prices, w, before, now, habits)])
                .OfType<Followed>()
                .Where(f => f.SavedPerDay >= least)
                .OrderByDescending(f => f.SavedPerDay).ThenBy(f => f.Operation, StringComparer.Ordinal)
                .Take(AdviceView.Most),
        ];
    }

    private static Followed? Moved(PriceList prices, Way way, ILookup<string, Habit> before, ILookup<string, Habit> now, HabitsView habits)
    {
        var (operation, from) = (way.Habit.Operation, way.Habit.Model);
        if (!way.IsOtherModel || now[operation].FirstOrDefault(h => h.Model == way.Model) is not { All.Calls: > 0 } to)
        {
            return null;
        }

        var less = Share(before[operation], from) - Share(now[operation], from);
        var more = Share(now[operation], way.Model) - Share(before[operation], way.Model);
        var calls = (long)(Math.Min(less, more) * now[operation].Sum(h => h.Calls));
        return Saved(prices, SuggestionKind.CheaperModel, way, Math.Min(calls, to.All.Calls), to.All, Tariff.Of(prices, from, habits.At), habits);
    }

    private static Followed? Batched(PriceList prices, Way way, ILookup<string, Habit> before, ILookup<string, Habit> now, HabitsView habits)
    {
        var operation = way.Habit.Operation;
        if (way.BatchSaving == Money.Zero || now[operation].FirstOrDefault(h => h.Model == way.Model)?.Batched is not { } batched)
        {
            return null;
        }

        var more = Share(now[operation], way.Model, h => h.Batched?.Calls ?? 0) - Share(before[operation], way.Model, h => h.Batched?.Calls ?? 0);
        var calls = (long)(more * now[operation].Sum(h => h.Calls));
        return Saved(prices, SuggestionKind.Batch, way, Math.Min(calls, batched.Calls), batched, Tariff.Of(prices, way.Model, habits.At), habits);
    }

    private static Followed? Saved(PriceList prices, SuggestionKind kind, Way way, long calls, Work done, Tariff? otherwise, HabitsView habits)
    {
        var would = calls > 0 && done.Measured(prices.Find(way.Model).Counting) is { } used ? otherwise?.Cost(used, done.Calls) : null;
        return would > done.Cost
            ? new Followed(
                kind, way.Habit.Operation, way.Habit.Model, kind == SuggestionKind.CheaperModel ? way.Model : null, calls,
                Choosing.Scaled(would.Value - done.Cost, (decimal)calls / done.Calls / habits.Days))
            : null;
    }

    private static decimal Share(IEnumerable<Habit> operation, string model, Func<Habit, long>? calls = null)
    {
        var all = operation.Sum(h => h.Calls);
        return all == 0 ? 0 : (decimal)operation.Where(h => h.Model == model).Sum(calls ?? (h => h.Calls)) / all;
    }
}
