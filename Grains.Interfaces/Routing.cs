using System.Collections.Immutable;

namespace Budgets;

/// <summary>How hard a task is. The operator's tiers of models are named for the tasks that they are meant for. The numbers are stored: never reorder.</summary>
public enum Complexity
{
    Simple = 0,
    Medium = 1,
    Complex = 2,
}

/// <summary>Learns from feedback which models do which work well, and chooses by it; one for a whole tree of agents, the grain's key is the root's <see cref="AgentId"/>.</summary>
/// <remarks>Throws what <see cref="IBudgetGrain"/> throws.</remarks>
[Alias("Budgets.IRouterGrain")]
public interface IRouterGrain : IGrainWithStringKey
{
    /// <summary>For each question the models to try, in order: the second is for when the first fails, and so on. Empty only if there are no candidates. Writes nothing.</summary>
    [Alias("ChooseEach"), AnyGateway]
    ValueTask<ImmutableArray<ImmutableArray<string>>> Choose(ImmutableArray<RouteQuestion> questions);

    /// <summary>Durable when it returns. A call is rated once, for as long as there is a journal.</summary>
    [Alias("Rate"), AnyGateway]
    Task<RatingOutcome> Rate(RatingRequest rating);
}

/// <summary>What a call is for, as far as it decides which model is good enough.</summary>
/// <param name="Operation">As the ledger has it.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Job")]
public readonly record struct Job([property: Id(0)] string Operation, [property: Id(1)] Complexity Complexity);

/// <param name="Tier">From the cheapest, 0, on.</param>
/// <param name="ExpectedQuality">What the operator expects of it for tasks of its own tier, 0 to 1.</param>
/// <param name="Cost">Of this call.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RouteCandidate")]
public sealed record RouteCandidate(string Model, int Tier, double ExpectedQuality, Money Cost);

/// <param name="Threshold">The least quality that is good enough, 0 to 1.</param>
/// <param name="IsEconomy">True: the cheapest, whatever its quality.</param>
/// <param name="Seed">Says whether this call is one of those that try something out. The same question has the same answer.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RouteQuestion")]
public sealed record RouteQuestion(Job Job, double Threshold, ImmutableArray<RouteCandidate> Candidates, bool IsEconomy, long Seed);

/// <summary>How good one call's answer was.</summary>
/// <param name="Quality">0 to 1.</param>
/// <param name="By">Whose call it was.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RatingRequest")]
public sealed record RatingRequest(HoldId Call, AgentId By, Job Job, string Model, double Quality);

public enum RatingResult
{
    Taken = 0,

    /// <summary>The same was said of this call before.</summary>
    Repeated,

    /// <summary>Something else was said of this call before, and counts.</summary>
    RatedBefore,
}

/// <param name="Quality">What counts.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RatingOutcome")]
public sealed record RatingOutcome(RatingResult Result, double Quality);
