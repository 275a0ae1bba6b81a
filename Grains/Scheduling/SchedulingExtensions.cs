using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Budgets.Scheduling;

/// <summary>Starts the schedulers with the silo.</summary>
public static class SchedulingExtensions
{
    /// <summary>The silo must have reminders and an <see cref="IDueIndex"/>.</summary>
    public static ISiloBuilder AddScheduling(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SchedulersAtStart>();
        return silo;
    }
}

/// <summary>Wakes every scheduler once, until each has its reminder; from then on they come back by themselves.</summary>
/// <remarks>Beside the start, not in it: a silo serves budgets also while the reminders' store does not answer.</remarks>
internal sealed partial class SchedulersAtStart(IGrainFactory grains, ILogger<SchedulersAtStart> log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task _starting = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SchedulersAtStart),
        ServiceLifecycleStage.Active,
        _ =>
        {
            _starting = Task.Run(StartAll, CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _starting;
        });

    public void Dispose() => _stopping.Dispose();

    private async Task StartAll()
    {
        for (var shard = 0; shard < Due.Shards && !_stopping.IsCancellationRequested;)
        {
            try
            {
                await grains.GetGrain<ISchedulerGrain>(shard).Start().WaitAsync(_stopping.Token);
                shard++;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The silo goes.
            }
            catch (Exception e)
            {
                LogNotStarted(log, e, shard);
                await Task.Delay(BetweenTries, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The scheduler of shard {Shard} has not started yet.")]
    private static partial void LogNotStarted(ILogger log, Exception error, int shard);
}
