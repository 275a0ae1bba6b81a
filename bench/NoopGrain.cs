using Orleans.Concurrency;

namespace Budgets.Bench;

/// <summary>What a call to a grain costs that does nothing.</summary>
[Alias("Budgets.Bench.INoopGrain")]
internal interface INoopGrain : IGrainWithStringKey
{
    [Alias("Call")]
    ValueTask Call();
}

[Reentrant]
[GrainType("bench-noop")]
internal sealed class NoopGrain : Grain, INoopGrain
{
    public ValueTask Call() => ValueTask.CompletedTask;
}
