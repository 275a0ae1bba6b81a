using Orleans.Runtime;

namespace Budgets.Scheduling;

/// <summary>Something that a grain wants to be woken for: not before <paramref name="At"/>, at least once, whatever dies meanwhile.</summary>
/// <param name="Grain">An <see cref="IWakeable"/> grain.</param>
/// <param name="Kind">What for, in the grain's own words: lower-case letters and '-', <see cref="MaxKindLength"/> at most. One grain may have a due of each kind at one instant.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Due")]
public readonly record struct Due(
    [property: Id(0)] DateTimeOffset At, [property: Id(1)] GrainId Grain, [property: Id(2)] string Kind)
{
    public const int MaxKindLength = 32;

    /// <summary>Parts of the index, each looked after by one <see cref="SchedulerGrain"/>. Rows are stored by shard: fewer would leave some to nobody.</summary>
    public const int Shards = 16;

    /// <summary>From 0 to <see cref="Shards"/> − 1, and always the same for one grain.</summary>
    public int Shard => (int)(Grain.GetUniformHashCode() % Shards);
}

/// <summary>A due as it stands in the index.</summary>
/// <param name="Version">Another one each time that the same due is put.</param>
[GenerateSerializer, Immutable, Alias("Budgets.DueRow")]
public readonly record struct DueRow([property: Id(0)] Due Due, [property: Id(1)] string Version);

/// <summary>A grain that can be woken. Being woken for nothing must change nothing.</summary>
[Alias("Budgets.IWakeable")]
internal interface IWakeable : IGrain
{
    /// <summary>Returns when the due may be forgotten: what it was for is durable, and so is a later due if there is more to come.</summary>
    [Alias("Wake")]
    Task Wake(Due due);
}
