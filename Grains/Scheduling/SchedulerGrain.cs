using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Budgets.Scheduling;

/// <remarks>
/// One Orleans reminder brings the grain back within a minute when its silo has died; a timer looks every <see cref="Every"/>. However many are due at one
/// instant, a shard wakes <see cref="AtOnce"/> of them at a time and then lets others run, so that callers do not feel a midnight. A due that cannot be served
/// is put <see cref="Later"/>: it must not stand in the way of those behind it.
/// </remarks>
[Reentrant]
[GrainType("scheduler")]
internal sealed partial class SchedulerGrain(IDueIndex index, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<SchedulerGrain> log)
    : Grain, ISchedulerGrain, IRemindable
{
    /// <summary>How late a due is noticed at most.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>Of all shards together 128 grains are being woken, and 1,024 a second; a quarter of that where there is much else to do.</summary>
    public const int AtOnce = 8;

    /// <summary>Between so many and the next, at least.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(125);

    /// <summary>And at most: a grain that does not answer must not hold up those behind it for longer than its own time.</summary>
    private static readonly TimeSpan LongPause = 4 * Pause;

    /// <summary>A pause is so many times as long as the waking took: where that takes long, others have work to do.</summary>
    private const int Others = 4;

    /// <summary>When a due comes again that could not be served.</summary>
    public static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    /// <summary>A grain that has not answered by then is put off: others wait behind it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Rows read, and removed, at a time.</summary>
    public const int Page = 96;

    private const string Reminder = "look";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private bool _isFailing;

    private int Shard => (int)this.GetPrimaryKeyLong();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Shards look in turn.
        this.RegisterGrainTimer(Look, new GrainTimerCreationOptions(Every * Shard / Due.Shards, Every));
        return Task.CompletedTask;
    }

    public async Task Start()
    {
        if (await this.GetReminder(Reminder) is null)
        {
            await this.RegisterOrUpdateReminder(Reminder, ReminderPeriod, ReminderPeriod);
        }
    }

    // To be called is all: now it lives, and its timer runs.
    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private async Task Look(CancellationToken stopping)
    {
        try
        {
            DueRow? last = null;
            for (var isMore = true; isMore && !stopping.IsCancellationRequested;)
            {
                var rows = await index.List(Shard, clock.GetUtcNow(), last, Page);
                await Serve(rows, stopping);
                isMore = rows.Count == Page;
                last = rows.Count > 0 ? rows[^1] : null;
            }

            _isFailing = false;
        }
        catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException)
        {
            // The rows are there still, and looked at again next time.
            LogFailing(log, _isFailing ? LogLevel.Debug : LogLevel.Warning, e, Shard);
            _isFailing = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The next activation goes on.
        }
    }

    private async Task Serve(IReadOnlyList<DueRow> rows, CancellationToken stopping)
    {
        var done = new List<DueRow>(rows.Count);
        Exception? failure = null;
        var took = TimeSpan.Zero;
        foreach (var some in rows.Chunk(AtOnce))
        {
            if (done.Count > 0)
            {
                await Task.Delay(TimeSpan.FromTicks(Math.Clamp(took.Ticks * Others, Pause.Ticks, LongPause.Ticks)), stopping);
            }

            var begun = Stopwatch.GetTimestamp();
            foreach (var (row, fault) in await Task.WhenAll(some.Select(Wake)))
            {
                if (fault is not null)
                {
                    failure = fault;
                    await index.Put(row.Due with { At = clock.GetUtcNow() + Later });
                }

                done.Add(row);
            }

            took = Stopwatch.GetElapsedTime(begun);
        }

        if (failure is not null)
        {
            LogNotWoken(log, failure, Shard, Later);
        }

        await (done.Count > 0 ? index.Remove(done) : Task.CompletedTask);
    }

    private async Task<(DueRow Row, Exception? Fault)> Wake(DueRow row)
    {
        SchedulerMetrics.Late(clock.GetUtcNow() - row.Due.At);
        try
        {
            await GrainFactory.GetGrain<IWakeable>(row.Due.Grain).Wake(row.Due).WaitAsync(Patience);
            return (row, null);
        }
        catch (Exception e)
        {
            // Whatever it is, it is that grain's own trouble.
            SchedulerMetrics.Failed(e);
            return (row, e);
        }
    }
}
