using System.Text.Json.Serialization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What to change; of what is not said, nothing.</summary>
internal sealed record ApplyAnswer(
    IReadOnlyList<string> Operations,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Batch,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? CacheSeconds);

/// <param name="ShareOfCalls">From 0 to 1: of from_model's calls, or of the operation's.</param>
/// <param name="PotentialSavingsPerDay">Dollars, at the prices of now. No call's saving is in two of them.</param>
/// <param name="Evidence">What was counted.</param>
internal sealed record SuggestionAnswer(
    SuggestionKind Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? FromModel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ToModel,
    long Calls,
    decimal ShareOfCalls,
    Money PotentialSavingsPerDay,
    Confidence Confidence,
    string Evidence,
    ApplyAnswer Apply)
{
    private const int ADay = 86_400;

    public static SuggestionAnswer Of(Suggestion s) => new(
        s.Kind, s.FromModel, s.ToModel, s.Calls, s.ShareOfCalls, s.SavingsPerDay, s.Confidence, s.Evidence,
        new ApplyAnswer(s.Operations, s.ToModel, s.Kind == SuggestionKind.Batch ? true : null, s.Kind == SuggestionKind.Cache ? ADay : null));
}

/// <param name="Calls">Made in the new way that would have been made in the old one.</param>
/// <param name="SavedPerDay">What they would have cost at the prices of now, less what they did cost.</param>
internal sealed record FollowedAnswer(
    SuggestionKind Kind,
    string Operation,
    string FromModel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ToModel,
    long Calls,
    Money SavedPerDay);

/// <param name="Calls">Of the days looked at, those that told their tokens: nothing else can be advised on.</param>
/// <param name="Suggestion">The first of the advice, as a sentence; empty: there is none.</param>
/// <param name="Advice">The largest saving first. Empty: the agent does well.</param>
/// <param name="Followed">What the month before would have been advised, and is done now.</param>
internal sealed record OptimizationAnswer(
    string AgentId,
    DateOnly FirstDay,
    DateOnly LastDay,
    long Calls,
    Money Cost,
    Money PotentialSavingsPerDay,
    string Suggestion,
    IReadOnlyList<SuggestionAnswer> Advice,
    IReadOnlyList<FollowedAnswer> Followed)
{
    public static OptimizationAnswer Of(OptimizationView v) => new(
        v.Agent.Value, v.FirstDay, v.LastDay, v.Calls, v.Cost,
        v.Advice.Suggestions.Aggregate(Money.Zero, (sum, s) => sum + s.SavingsPerDay),
        v.Advice.Sentence,
        [.. v.Advice.Suggestions.Select(SuggestionAnswer.Of)],
        [.. v.Advice.Followed.Select(f => new FollowedAnswer(f.Kind, f.Operation, f.FromModel, f.ToModel, f.Calls, f.SavedPerDay))]);

    /// <summary>For those who asked for something else: they get it, also while there is nobody who knows prices.</summary>
    public static async ValueTask<string> Sentence(Call call)
    {
        try
        {
            return (await call.Budget.GetOptimization())?.Advice.Sentence ?? "";
        }
        catch (StoreUnavailableException)
        {
            // Nothing is known that would support a suggestion.
            return "";
        }
    }
}

/// <summary>What an agent could spend less, from what it really did.</summary>
internal static class OptimizationEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "optimization", Access.Read, Get, new("getOptimization", "Ledger", "What could be spent less")
    {
        Text = "From today and the seven days before it. A cheaper model is one that has served the same operation for this agent, or a newer one of the same line; "
            + "a repeat is the same prompt_hash within a day; a batch is of small calls that came twenty or more in a minute.",
        Answers = [new(200, typeof(OptimizationAnswer), "The advice; none where nothing was measured that supports it.")],
    });

    private static Task Get(Call call) => Reply.Show(call, b => b.GetOptimization(), Wire.Default.OptimizationAnswer, OptimizationAnswer.Of);
}
