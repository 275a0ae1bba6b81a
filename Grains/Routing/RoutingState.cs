using System.Collections.Immutable;

namespace Budgets.Routing;

/// <summary>What a tree of agents has learnt of models. Replaced, never edited; made only by <see cref="RoutingFold"/>.</summary>
public sealed record RoutingState(AgentId Root)
{
    /// <summary>Kinds of work remembered at most; the one that was rated longest ago is forgotten for a new one, and is expected of its models what the operator does.</summary>
    public const int MostPractices = 96;

    public long Seq { get; init; }

    /// <summary>The time of the newest event.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>The one rated last comes last.</summary>
    public ImmutableArray<Practice> Practices { get; init; } = [];

    public Practice Of(Job job) => Practices.FirstOrDefault(p => p.Job == job) ?? new Practice(job);
}

/// <summary>What was said of one kind of work.</summary>
public sealed record Practice(Job Job)
{
    /// <summary>Models remembered for one kind of work at most; the one least is known of is forgotten for a new one.</summary>
    public const int MostModels = 16;

    /// <summary>How many ratings <see cref="Delivered"/> is worth.</summary>
    public double Rated { get; init; }

    /// <summary>The quality of late, whichever model it was of.</summary>
    public double Delivered { get; init; }

    public ImmutableArray<Evidence> Models { get; init; } = [];

    public Evidence Of(string model) => Models.FirstOrDefault(m => m.Model == model);
}

/// <summary>What was said of one model at one kind of work.</summary>
/// <param name="Weight">How many ratings it is worth: older ones count less.</param>
/// <param name="Recent">The mean of the last few.</param>
/// <param name="Fallen">How much worse it was of late than its mean, summed up while it goes on.</param>
public readonly record struct Evidence(string Model, double Weight, double Mean, double Variance, double Recent, double Fallen);

/// <summary>Something that was learnt.</summary>
public abstract record RoutingEvent(DateTimeOffset At);

/// <param name="Agent">Whose call it was.</param>
/// <param name="Quality">0 to 1.</param>
public sealed record CallRated(DateTimeOffset At, HoldId Call, AgentId Agent, string Operation, Complexity Complexity, string Model, double Quality) : RoutingEvent(At);
