using System.Collections.Immutable;

namespace Budgets;

/// <summary>What some calls used together, counted as their providers tell it.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Work")]
public readonly record struct Work(
    long Calls, Money Cost, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, long ReasoningTokens)
{
    public static Work operator +(Work a, Work b) => checked(new(
        a.Calls + b.Calls,
        a.Cost + b.Cost,
        a.InputTokens + b.InputTokens,
        a.OutputTokens + b.OutputTokens,
        a.CacheReadTokens + b.CacheReadTokens,
        a.CacheWriteTokens + b.CacheWriteTokens,
        a.ReasoningTokens + b.ReasoningTokens));

    public static Work operator -(Work a, Work b) => checked(new(
        a.Calls - b.Calls,
        a.Cost - b.Cost,
        a.InputTokens - b.InputTokens,
        a.OutputTokens - b.OutputTokens,
        a.CacheReadTokens - b.CacheReadTokens,
        a.CacheWriteTokens - b.CacheWriteTokens,
        a.ReasoningTokens - b.ReasoningTokens));
}

/// <summary>The calls of one operation with one model that told their tokens. No call is in two of the parts.</summary>
/// <param name="All">Those not sent by a batch interface.</param>
/// <param name="Repeated">Of these: the same prompt again, within a day of one that was answered.</param>
/// <param name="Rapid">Of these, not repeated: small ones that came so many in a minute that nobody waited for each.</param>
/// <param name="Batched">Beside all these: sent by a batch interface.</param>
/// <param name="Minute">The newest minute with small calls (of UTC, counted from the beginning of time), and those calls. Null: there were none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Habit")]
public sealed record Habit(
    string Operation,
    string Model,
    Work All,
    long LongestInput = 0,
    long LongestOutput = 0,
    Work? Repeated = null,
    Work? Rapid = null,
    Work? Batched = null,
    SmallCalls? Minute = null)
{
    public long Calls => All.Calls + (Batched?.Calls ?? 0);
}

[GenerateSerializer, Immutable, Alias("Budgets.SmallCalls")]
public readonly record struct SmallCalls(long Minute, Work Work);

/// <summary>The numbers are the order in which savings are counted: a call that need not be made is saved by no other means.</summary>
public enum SuggestionKind
{
    Cache = 0,
    CheaperModel,
    Batch,
}

public enum Confidence
{
    Low = 0,
    Medium,
    High,
}

/// <summary>Something an agent could do to spend less, from what it really did. Of several, no saving is counted in two.</summary>
/// <param name="Operations">That it is about.</param>
/// <param name="FromModel">The model that is used; null: whichever.</param>
/// <param name="ToModel">For <see cref="SuggestionKind.CheaperModel"/>.</param>
/// <param name="Calls">In the days looked at.</param>
/// <param name="ShareOfCalls">From 0 to 1: of the model's calls, or of the operation's where there is no one model.</param>
/// <param name="Evidence">A sentence: what was counted.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Suggestion")]
public sealed record Suggestion(
    SuggestionKind Kind,
    ImmutableArray<string> Operations,
    string? FromModel,
    string? ToModel,
    long Calls,
    decimal ShareOfCalls,
    Money SavingsPerDay,
    Confidence Confidence,
    string Evidence);

/// <summary>What was suggested by the month before, and is done in the days looked at.</summary>
/// <param name="Calls">Made in the suggested way that would not have been before.</param>
/// <param name="SavedPerDay">What they would have cost, at the prices of now, less what they did cost.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Followed")]
public sealed record Followed(SuggestionKind Kind, string Operation, string FromModel, string? ToModel, long Calls, Money SavedPerDay);

/// <summary>What an agent did, for those who know prices.</summary>
/// <param name="Now">The days that savings are worked out for.</param>
/// <param name="Before">The month before them.</param>
/// <param name="Days">How long the days are: the last one is not over. At least one.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Habits")]
public sealed record HabitsView(ImmutableArray<Habit> Now, ImmutableArray<Habit> Before, decimal Days, DateTimeOffset At);

/// <param name="Suggestions">The largest saving first; at most <see cref="Most"/>. What comes after is too small to be told.</param>
/// <param name="Sentence">The first of them, for people; empty: there is none.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AdviceView")]
public sealed record AdviceView(ImmutableArray<Suggestion> Suggestions, ImmutableArray<Followed> Followed, string Sentence)
{
    public const int Most = 20;
}

/// <param name="Calls">That told their tokens. Only these are looked at.</param>
[GenerateSerializer, Immutable, Alias("Budgets.OptimizationView")]
public sealed record OptimizationView(AgentId Agent, DateOnly FirstDay, DateOnly LastDay, long Calls, Money Cost, AdviceView Advice);
