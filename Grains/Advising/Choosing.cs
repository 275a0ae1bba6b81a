using Budgets.Ledger;
using Budgets.Pricing;

namespace Budgets.Advising;

/// <summary>A cheaper way to make some calls. What a cache would answer is not among them.</summary>
/// <param name="Calls">That change their model.</param>
/// <param name="Served">Calls of the operation that the model has served already; 0: it is newer, of the same line, and was not tried.</param>
internal sealed record Way(Habit Habit, string Model, long Calls, Money ModelSaving, long Rapid, Money BatchSaving, long Served)
{
    public bool IsOtherModel => Model != Habit.Model;

    public Money Saving => ModelSaving + BatchSaving;
}

/// <summary>"The calls of an operation go to the cheapest model that is known to do it; those that nobody waits for go there in a batch."</summary>
/// <remarks>
/// Known is a model that has served the operation for this agent. Nobody told us which models are as able as which, so without that evidence there is one case
/// only: the same provider sells a newer model under the same name for less.
/// </remarks>
internal static class Choosing
{
    /// <summary>Fewer calls than this are a try, and neither a habit nor evidence.</summary>
    public const long LeastCalls = 5;

    /// <summary>Null: there is none.</summary>
    /// <param name="known">What the agent did with any model, as evidence.</param>
    public static Way? Best(PriceList prices, Habit h, ILookup<string, Habit> known, DateTimeOffset at)
    {
        if (h.Model == UsageBook.Unspecified || Slices.Of(h, prices.Find(h.Model).Counting) is not { Calls: > 0 } slices)
        {
            return null;
        }

        // What the tokens do not explain was paid for something else, and comes back by no other model.
        if (Tariff.Of(prices, h.Model, at) is not { } own || own.Cost(slices.MainUsed, slices.Main.Calls) is not { } main || own.Cost(slices.RapidUsed, slices.Rapid.Calls) is not { } rapid)
        {
            return null;
        }

        var (paid, paidRapidly) = (Money.Min(slices.Main.Cost, main), Money.Min(slices.Rapid.Cost, rapid));
        var best = Batching(h, slices, own, paidRapidly, rapid);
        foreach (var (tariff, served) in Served(prices, h, known, at).Concat(Successors(prices, h, own, at)))
        {
            var way = tariff.Takes(h) ? Moving(h, slices, tariff, paid + paidRapidly, served) : null;
            best = way is { ModelSaving.Nanos: > 0 } && way.Saving > (best?.Saving ?? Money.Zero) ? way : best;
        }

        return best is { Saving.Nanos: > 0 } ? best : null;
    }

    private static Way? Batching(Habit h, Slices s, Tariff own, Money paid, Money full) =>
        full > Money.Zero && own.Cost(s.RapidUsed, s.Rapid.Calls, batch: true) is { } batched
            ? new Way(h, h.Model, 0, Money.Zero, s.Rapid.Calls, Scaled(paid, (full - batched).InDollars / full.InDollars), 0)
            : null;

    private static Way? Moving(Habit h, Slices s, Tariff to, Money paid, long served)
    {
        if (to.Cost(s.MainUsed, s.Main.Calls) is not { } main || to.Cost(s.RapidUsed, s.Rapid.Calls) is not { } rapid)
        {
            return null;
        }

        var batched = s.Rapid.Calls > 0 ? to.Cost(s.RapidUsed, s.Rapid.Calls, batch: true) : null;
        return new Way(h, to.Name, s.Calls, paid - main - rapid, s.Rapid.Calls, batched is { } b ? rapid - b : Money.Zero, served);
    }

    private static IEnumerable<(Tariff Tariff, long Served)> Served(PriceList prices, Habit h, ILookup<string, Habit> known, DateTimeOffset at) =>
        from other in h.Operation == UsageBook.Unspecified ? [] : known[h.Operation]
        where other.Model != h.Model && other.Model != UsageBook.Unspecified
        group other.Calls by other.Model into calls
        let served = calls.Sum()
        where served >= LeastCalls
        let tariff = Tariff.Of(prices, calls.Key, at)
        where tariff is { Model.Deprecated: false }
        select (tariff, served);

    private static IEnumerable<(Tariff Tariff, long Served)> Successors(PriceList prices, Habit h, Tariff own, DateTimeOffset at) =>
        from newer in Line.Newer(prices, own.Model)
        let tariff = Tariff.Of(newer.Id, newer, at)
        where tariff is not null
        select (tariff, 0L);

    public static Money Scaled(Money money, decimal factor) => new((long)decimal.Floor(money.Nanos * factor));

    /// <summary>Calls that a cache would not answer: those that somebody waits for, and those that nobody does.</summary>
    private sealed record Slices(Work Main, Measured MainUsed, Work Rapid, Measured RapidUsed)
    {
        public long Calls => Main.Calls + Rapid.Calls;

        /// <summary>Null: what was told contradicts itself.</summary>
        public static Slices? Of(Habit h, Counting counting)
        {
            var rapid = h.Rapid ?? default;
            var main = h.All - (h.Repeated ?? default) - rapid;
            return main.Measured(counting) is { } m && rapid.Measured(counting) is { } r ? new Slices(main, m, rapid, r) : null;
        }
    }
}

internal static class Measurements
{
    /// <summary>What calls used, token by token; null: what was told contradicts itself.</summary>
    public static Measured? Measured(this Work w, Counting counting)
    {
        var usage = new TokenUsage(w.InputTokens, w.OutputTokens, w.CacheReadTokens, w.CacheWriteTokens, w.ReasoningTokens);
        return Measuring.Of(usage, w.Calls, counting) is (var used, null) ? used : null;
    }
}
