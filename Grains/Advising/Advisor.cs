using System.Collections.Immutable;
using System.Globalization;
using Budgets.Ledger;
using Budgets.Pricing;

namespace Budgets.Advising;

/// <summary>"What an agent did is compared with what would have done as well for less; where that comes to nothing, nothing is said."</summary>
/// <remarks>No call's saving is counted twice. What a cache would answer needs no model; the rest is priced with the better model; and a batch discounts that price.</remarks>
internal static class Advisor
{
    /// <summary>Less in a day is not worth anybody's time.</summary>
    private static readonly Money LeastPerDay = new(Money.NanosPerDollar / 100);

    /// <summary>Less of all that is spent is not worth it either.</summary>
    private const decimal LeastShare = 0.005m;

    private const long Many = 100;
    private const long Some = 20;

    public static AdviceView Of(PriceList prices, HabitsView habits)
    {
        var spent = habits.Now.Aggregate(Money.Zero, (sum, h) => sum + h.All.Cost + (h.Batched?.Cost ?? Money.Zero));
        var least = Money.Max(LeastPerDay, Choosing.Scaled(spent, LeastShare / habits.Days));
        var known = habits.Now.Concat(habits.Before).ToLookup(h => h.Operation);
        var ways = habits.Now.Select(h => Choosing.Best(prices, h, known, habits.At)).OfType<Way>().ToList();
        ImmutableArray<Suggestion> suggestions =
        [
            .. Caches(habits).Concat(Models(habits, ways)).Concat(Batches(habits, ways))
                .Where(s => s.SavingsPerDay >= least && s.Calls >= Choosing.LeastCalls)
                .OrderByDescending(s => s.SavingsPerDay).ThenBy(s => s.Kind).ThenBy(s => s.Operations[0], StringComparer.Ordinal).ThenBy(s => s.FromModel, StringComparer.Ordinal)
                .Take(AdviceView.Most),
        ];
        return new AdviceView(suggestions, Following.Of(prices, habits, LeastPerDay), suggestions.IsEmpty ? "" : Sentence(suggestions[0]));
    }

    private static IEnumerable<Suggestion> Caches(HabitsView habits) =>
        from h in habits.Now
        group h by h.Operation into all
        let repeated = all.Aggregate(default(Work), (sum, h) => sum + (h.Repeated ?? default))
        where repeated.Calls > 0
        let calls = all.Sum(h => h.Calls)
        select new Suggestion(
            SuggestionKind.Cache, [all.Key], null, null, repeated.Calls, Share(repeated.Calls, calls), PerDay(repeated.Cost, habits),
            repeated.Calls >= Some ? Confidence.High : Confidence.Medium,
            Text($"{repeated.Calls} of {calls} calls of '{all.Key}' asked the same as one that was answered less than a day before"));

    private static IEnumerable<Suggestion> Models(HabitsView habits, IEnumerable<Way> ways) =>
        from way in ways
        where way.IsOtherModel
        group way by (From: way.Habit.Model, To: way.Model, IsTried: way.Served > 0) into moved
        let calls = moved.Sum(w => w.Calls)
        let served = moved.Min(w => w.Served)
        select new Suggestion(
            SuggestionKind.CheaperModel,
            [.. moved.OrderByDescending(w => w.Saving).Select(w => w.Habit.Operation)],
            moved.Key.From,
            moved.Key.To,
            calls,
            Share(calls, habits.Now.Where(h => h.Model == moved.Key.From).Sum(h => h.Calls)),
            PerDay(moved.Aggregate(Money.Zero, (sum, w) => sum + w.ModelSaving), habits),
            served >= Many ? Confidence.High : served >= Some ? Confidence.Medium : Confidence.Low,
            moved.Key.IsTried
                ? Text($"{moved.Key.To} served {Listed(moved)} before")
                : Text($"{moved.Key.To} is a newer model of the same line at a lower price; this agent has not tried it"));

    private static IEnumerable<Suggestion> Batches(HabitsView habits, IEnumerable<Way> ways) =>
        from way in ways
        where way.BatchSaving > Money.Zero
        group way by way.Habit.Operation into rapid
        let calls = rapid.Sum(w => w.Rapid)
        select new Suggestion(
            SuggestionKind.Batch, [rapid.Key], null, null, calls, Share(calls, habits.Now.Where(h => h.Operation == rapid.Key).Sum(h => h.Calls)),
            PerDay(rapid.Aggregate(Money.Zero, (sum, w) => sum + w.BatchSaving), habits),
            calls >= Many ? Confidence.Medium : Confidence.Low,
            Text($"{calls} small calls of '{rapid.Key}' came {Habits.RapidCalls} or more in a minute, so nobody waited for each; whether they can wait is not known"));

    /// <summary>In the words of the seed document.</summary>
    private static string Sentence(Suggestion s)
    {
        var percent = Math.Max(1, Math.Round(s.ShareOfCalls * 100, MidpointRounding.AwayFromZero));
        var what = s.Kind switch
        {
            SuggestionKind.CheaperModel => Text($"{percent}% of {s.FromModel} calls could use {s.ToModel} instead"),
            SuggestionKind.Cache => Text($"{percent}% of '{s.Operations[0]}' calls could be answered from a cache"),
            _ => Text($"{percent}% of '{s.Operations[0]}' calls could be sent in batches"),
        };
        return Text($"{what}. Potential savings: ${Math.Round(s.SavingsPerDay.InDollars, 2, MidpointRounding.ToZero):0.00}/day");
    }

    private static string Listed(IEnumerable<Way> ways)
    {
        const int most = 3;
        var all = ways.OrderByDescending(w => w.Served).ToList();
        var told = string.Join(", ", all.Take(most).Select((w, i) => Text($"{w.Served} {(i == 0 ? "calls " : "")}of '{w.Habit.Operation}'")));
        return all.Count <= most ? told : Text($"{told}, and some of {all.Count - most} other operations");
    }

    private static decimal Share(long part, long whole) => whole == 0 ? 0 : Math.Round((decimal)part / whole, 4);

    private static Money PerDay(Money money, HabitsView habits) => Choosing.Scaled(money, 1 / habits.Days);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
