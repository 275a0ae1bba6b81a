using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>A request that came again, with nothing new since it was first counted.</summary>
/// <param name="What">Its fingerprint: operation, model, amount or usage, tags; not its key.</param>
public readonly record struct Repeat(Digest What, int Count, DateTimeOffset Since);

/// <summary>"The same requests again and again, and nothing new in between, are a loop."</summary>
/// <remarks>
/// A few different requests are remembered, so that a loop of several steps is seen too. One that is not among them is something new, and all counts begin again: an agent
/// that gets on, and asks for the same thing now and then, is never stopped. Nothing is counted where no layer has a rule, nor of requests that name neither operation nor model.
/// </remarks>
public static class Looping
{
    public const string By = "loop_detection";

    /// <summary>Different requests that a loop may consist of.</summary>
    public const int MostSteps = 8;

    /// <summary>The freeze that a repetition brings; null: it is none, or nobody wants it stopped.</summary>
    internal static Frozen? Breaks(BudgetState s, Digest what, Purpose purpose) =>
        s.Freeze is null && IsCounted(s, purpose) && Detected(s.Counted(what, purpose), what) is { Rule.Freezes: true } loop
            ? new Frozen(s.Now, By, Evidence(loop.Rule, loop.Repeat, purpose, s.Now), Admitting.ResumesAt(s, l => l.Loop is not null), Tripped: true)
            : null;

    /// <summary>What is to be told of a repetition that is not to be stopped; null: nothing.</summary>
    internal static string? Told(BudgetState s, BudgetEvent e) => e switch
    {
        Charged c => Told(s, c.Fingerprint, c.Purpose),
        Held h => Told(s, h.Fingerprint, h.Purpose),
        _ => null,
    };

    /// <summary>The request is counted, if anybody wants to know.</summary>
    internal static BudgetState Counted(this BudgetState s, Digest what, Purpose purpose)
    {
        if (!IsCounted(s, purpose))
        {
            return s;
        }

        for (var i = 0; i < s.Repeats.Length; i++)
        {
            var repeat = s.Repeats[i];
            if (repeat.What == what)
            {
                var isRecent = repeat.Count > 0 && s.Now - repeat.Since <= Longest(s);
                return s with { Repeats = s.Repeats.SetItem(i, isRecent ? repeat with { Count = repeat.Count + 1 } : new Repeat(what, 1, s.Now)) };
            }
        }

        var known = s.Repeats.Length < MostSteps ? s.Repeats : s.Repeats.RemoveAt(0);
        return s with { Repeats = [.. known.Select(r => r with { Count = 0 }), new Repeat(what, 1, s.Now)] };
    }

    private static string? Told(BudgetState s, Digest what, Purpose purpose) =>
        IsCounted(s, purpose) && Detected(s, what) is { Rule.Freezes: false } loop ? Evidence(loop.Rule, loop.Repeat, purpose, s.Now) : null;

    private static bool IsCounted(BudgetState s, Purpose purpose) =>
        (s.Above.Loop is not null || s.Own.Loop is not null) && (purpose.Operation is not null || purpose.Model is not null);

    /// <summary>The rule that this repetition has just reached; of two, the one that stops it.</summary>
    private static (LoopRule Rule, Repeat Repeat)? Detected(BudgetState s, Digest what)
    {
        var repeat = s.Repeats.FirstOrDefault(r => r.What == what);
        LoopRule? reached = null;
        for (var layer = Layer.Above; layer <= Layer.Own; layer++)
        {
            if (s.LimitsOf(layer).Loop is { } rule && rule.Repeats == repeat.Count && s.Now - repeat.Since <= rule.Within && reached is not { Freezes: true })
            {
                reached = rule;
            }
        }

        return reached is null ? null : (reached, repeat);
    }

    private static TimeSpan Longest(BudgetState s) => (s.Above.Loop?.Within ?? TimeSpan.Zero) is var above && (s.Own.Loop?.Within ?? TimeSpan.Zero) is var own && above > own ? above : own;

    private static string Evidence(LoopRule rule, Repeat repeat, Purpose purpose, DateTimeOffset now)
    {
        var what = string.Join(" with ", ((string?[])[purpose.Operation is { } o ? $"operation '{o}'" : null, purpose.Model is { } m ? $"model '{m}'" : null]).OfType<string>());
        return $"The same request, {what}, came {repeat.Count} times from {Explaining.At(repeat.Since)} to {Explaining.At(now)} with nothing new in between; {rule.Repeats} within {rule.Within.TotalMinutes} minutes are taken as a loop";
    }
}
