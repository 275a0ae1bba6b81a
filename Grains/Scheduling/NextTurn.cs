namespace Budgets.Scheduling;

/// <summary>Serves whoever has his turn next while the activation lives, finer than an <see cref="Alarm"/> does; the alarm serves him if it is gone by then.</summary>
internal sealed class NextTurn(TimeProvider clock)
{
    /// <summary>A turn that has come, as the clock of budgets has it, may be a moment away for the timer.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(100);

    private IGrainTimer? _timer;

    /// <summary>Goes on where the activation before ended, and from then on whenever a turn has come.</summary>
    public void Begin(Grain grain, Action go)
    {
        _timer = grain.RegisterGrainTimer(
            _ =>
            {
                go();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        go();
    }

    /// <param name="next">Null: nobody waits.</param>
    public void Set(DateTimeOffset? next)
    {
        if (next is { } at)
        {
            var wait = at - clock.GetUtcNow();
            _timer?.Change(wait > Soonest ? wait : Soonest, Timeout.InfiniteTimeSpan);
        }
    }
}
