using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>
/// "Who wants it that way holds what such calls of its own come to in 19 cases of 20, not the most that one can."
/// The input is held for as ever. An output that turns out longer is booked as it is: the limit can be passed by that much.
/// </summary>
public static class Expecting
{
    /// <summary>Fewer calls say too little of the next one.</summary>
    public const int LeastCalls = 20;

    private const int Percent = 95;

    /// <summary>The request with the output that is expected, if that is less than the most.</summary>
    public static HoldRequest Of(BudgetState s, HoldRequest request)
    {
        if (!request.IsBound || request.Purpose.Usage is not { } most || Limits.ModeOf(s.Above, s.Own) == HoldMode.Strict || s.Outputs.Find(request.Purpose) is not { } output)
        {
            return request;
        }

        return output.AtPercent(Percent) is { } tokens && output.Calls >= LeastCalls
            ? request with { Quoted = null, Purpose = request.Purpose with { Usage = most with { OutputTokens = Math.Min(most.OutputTokens, tokens), ReasoningTokens = Math.Min(most.ReasoningTokens, tokens) } } }
            : request;
    }

    /// <summary>Remembers how long an answer was, where somebody wants to know.</summary>
    internal static BudgetState Learning(this BudgetState s, Purpose purpose) =>
        purpose.Usage is { TellsTokens: true } usage && Limits.ModeOf(s.Above, s.Own) == HoldMode.Expected ? s with { Outputs = s.Outputs.Add(purpose, usage) } : s;
}

/// <summary>How long the answers to an agent's calls were, by operation and model; the one used longest ago first.</summary>
public sealed record Outputs(ImmutableArray<Output> All)
{
    public const int Most = 24;

    public static readonly Outputs None = new([]);

    public Output? Find(Purpose purpose)
    {
        foreach (var one in All)
        {
            if (one.IsOf(purpose))
            {
                return one;
            }
        }

        return null;
    }

    public Outputs Add(Purpose purpose, TokenUsage usage)
    {
        var known = Find(purpose);
        var others = known is not null ? All.Remove(known) : All.Length < Most ? All : All.RemoveAt(0);

        // Thinking may be a part of the output or beside it. Counted twice it is held for too dear, left out too cheap.
        return new Outputs(others.Add((known ?? new Output(purpose.Operation ?? UsageBook.Unspecified, purpose.Model ?? UsageBook.Unspecified, [])).With(usage.OutputTokens + usage.ReasoningTokens)));
    }

    public bool Equals(Outputs? other) => other is not null && All.SequenceEqual(other.All);

    public override int GetHashCode() => All.Length;
}

/// <summary>The lengths of one kind of answer. Old ones fade: past <see cref="Remembered"/> each counts half.</summary>
/// <param name="Tallies">By length, shortest first; at most four for each power of two.</param>
public sealed record Output(string Operation, string Model, ImmutableArray<Tally> Tallies)
{
    public const int Remembered = 200;

    public long Calls => Tallies.Sum(t => (long)t.Calls);

    public bool IsOf(Purpose purpose) => Model == (purpose.Model ?? UsageBook.Unspecified) && Operation == (purpose.Operation ?? UsageBook.Unspecified);

    public Output With(long tokens)
    {
        var (step, at) = (Step(tokens), 0);
        while (at < Tallies.Length && Tallies[at].Step < step)
        {
            at++;
        }

        var isKnown = at < Tallies.Length && Tallies[at].Step == step;
        var tallies = isKnown ? Tallies.SetItem(at, new Tally(step, Tallies[at].Calls + 1)) : Tallies.Insert(at, new Tally(step, 1));
        var grown = this with { Tallies = tallies };

        // Rounded up: what was long once is not forgotten before the rest.
        return grown.Calls < Remembered ? grown : grown with { Tallies = [.. tallies.Select(t => t with { Calls = (t.Calls + 1) / 2 })] };
    }

    /// <summary>So many of a hundred answers were no longer than this. Never too short, and too long by a quarter at most. Null: there were none.</summary>
    public long? AtPercent(int percent)
    {
        var wanted = ((Calls * percent) + 99) / 100;
        foreach (var tally in Tallies)
        {
            wanted -= tally.Calls;
            if (wanted <= 0)
            {
                return Longest(tally.Step);
            }
        }

        return null;
    }

    public bool Equals(Output? other) => other is not null && Operation == other.Operation && Model == other.Model && Tallies.SequenceEqual(other.Tallies);

    public override int GetHashCode() => HashCode.Combine(Operation, Model, Tallies.Length);

    /// <summary>Four steps to each power of two: the power and the two bits after the first.</summary>
    private static int Step(long tokens) => tokens < 4 ? (int)tokens : (4 * (Power(tokens) - 1)) + (int)((tokens >> (Power(tokens) - 2)) & 3);

    private static long Longest(int step) => step < 4 ? step : (((step & 3) + 5L) << ((step / 4) - 1)) - 1;

    private static int Power(long tokens) => 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)tokens);
}

/// <summary>Answers of about one length.</summary>
public readonly record struct Tally(int Step, int Calls);
