namespace Budgets.Scheduling;

/// <summary>Looks after one shard of the due index: wakes whoever is due, and forgets the due once that is done.</summary>
[Alias("Budgets.ISchedulerGrain")]
internal interface ISchedulerGrain : IGrainWithIntegerKey
{
    /// <summary>Sees to it that it is reminded from now on, wherever it lives.</summary>
    [Alias("Start")]
    Task Start();
}
