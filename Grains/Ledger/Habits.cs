using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What an agent does in a day, operation by operation and model by model: what advice is made of. Only calls that tell their tokens are in it.</summary>
/// <remarks>Past <see cref="Most"/> the cheapest is forgotten, not summed: what is said of the rest is a lower bound, and stays true.</remarks>
public sealed class Habits
{
    public const int Most = 24;

    /// <summary>Tokens of a call that is small, in and out.</summary>
    public const long SmallTokens = 2_000;

    /// <summary>So many small calls of an operation with one model within a minute are more than anybody waits for, one after the other.</summary>
    public const long RapidCalls = 20;

    public static readonly Habits None = new([]);

    private Habits(ImmutableArray<Habit> all) => All = all;

    public ImmutableArray<Habit> All { get; }

    public static Habits Of(ImmutableArray<Habit> all) => new(all);

    /// <param name="usage">Tells tokens.</param>
    public Habits Add(Money cost, Purpose purpose, TokenUsage usage, DateTimeOffset at, bool isRepeat)
    {
        var tokens = usage.InputTokens + usage.OutputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;
        var call = new Work(1, cost, usage.InputTokens, usage.OutputTokens, usage.CacheReadTokens, usage.CacheWriteTokens, usage.ReasoningTokens);
        var (operation, model) = (purpose.Operation ?? UsageBook.Unspecified, purpose.Model ?? UsageBook.Unspecified);
        for (var i = 0; i < All.Length; i++)
        {
            if (All[i].Model == model && All[i].Operation == operation)
            {
                return new Habits(All.SetItem(i, With(All[i], call, usage, at, tokens, isRepeat)));
            }
        }

        var kept = All.Length < Most ? All : All.RemoveAt(Cheapest());
        return new Habits(kept.Add(With(new Habit(operation, model, default), call, usage, at, tokens, isRepeat)));
    }

    /// <summary>All of many days, however many there are. What was going on at the end of one is not in it.</summary>
    public static ImmutableArray<Habit> Sum(IEnumerable<Habits> days)
    {
        var sums = new Dictionary<(string, string), Habit>();
        foreach (var h in days.SelectMany(d => d.All))
        {
            var key = (h.Operation, h.Model);
            sums[key] = sums.TryGetValue(key, out var sum) ? Sum(sum, h) : h with { Minute = null };
        }

        return [.. sums.Values];
    }

    private int Cheapest()
    {
        var cheapest = 0;
        for (var i = 1; i < All.Length; i++)
        {
            cheapest = All[i].All.Cost < All[cheapest].All.Cost ? i : cheapest;
        }

        return cheapest;
    }

    private static Habit Sum(Habit a, Habit b) => a with
    {
        All = a.All + b.All,
        LongestInput = Math.Max(a.LongestInput, b.LongestInput),
        LongestOutput = Math.Max(a.LongestOutput, b.LongestOutput),
        Repeated = Plus(a.Repeated, b.Repeated),
        Rapid = Plus(a.Rapid, b.Rapid),
        Batched = Plus(a.Batched, b.Batched),
    };

    private static Habit With(Habit h, Work call, TokenUsage usage, DateTimeOffset at, long tokens, bool isRepeat)
    {
        var (input, output) = (usage.InputTokens + usage.CacheReadTokens + usage.CacheWriteTokens, usage.OutputTokens + usage.ReasoningTokens);
        var (longestInput, longestOutput) = (Math.Max(h.LongestInput, input), Math.Max(h.LongestOutput, output));
        if (usage.Batch == true)
        {
            return h with { Batched = Plus(h.Batched, call), LongestInput = longestInput, LongestOutput = longestOutput };
        }

        if (isRepeat)
        {
            return h with { All = h.All + call, Repeated = Plus(h.Repeated, call), LongestInput = longestInput, LongestOutput = longestOutput };
        }

        if (tokens > SmallTokens)
        {
            return h with { All = h.All + call, LongestInput = longestInput, LongestOutput = longestOutput };
        }

        var number = at.UtcTicks / TimeSpan.TicksPerMinute;
        var minute = new SmallCalls(number, h.Minute is { } m && m.Minute == number ? m.Work + call : call);

        // With the one that makes them many, those before it count as well.
        var rapid = minute.Work.Calls == RapidCalls ? Plus(h.Rapid, minute.Work) : minute.Work.Calls > RapidCalls ? Plus(h.Rapid, call) : h.Rapid;
        return h with { All = h.All + call, Minute = minute, Rapid = rapid, LongestInput = longestInput, LongestOutput = longestOutput };
    }

    private static Work? Plus(Work? a, Work? b) => a is { } x && b is { } y ? x + y : a ?? b;
}
