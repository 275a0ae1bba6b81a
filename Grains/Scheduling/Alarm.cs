using Orleans.Runtime;

namespace Budgets.Scheduling;

/// <summary>One grain's dues of one kind: put rarely, because a due that is early enough serves every later need as well.</summary>
/// <remarks>
/// Woken, the grain looks at what is left and sets the alarm anew. So a grain that needs to be woken all the time, each time for something ten minutes ahead,
/// puts one row in ten minutes, and never more than a few in a <see cref="Step"/>. Runs on the grain's scheduler only.
/// </remarks>
internal sealed class Alarm(IDueIndex index, GrainId grain, string kind)
{
    /// <summary>Dues are put at multiples of this, moved by the grain's own part of it: those of many grains are spread, those of one fall together.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    /// <summary>An alarm that has not rung so long after its time may have rung another activation: it is not relied on any more.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(2);

    private readonly long _phase = grain.GetUniformHashCode() % Step.Ticks;

    private DateTimeOffset? _set;
    private int _rung;

    /// <summary>Sees to it that the grain is woken soon after <paramref name="wanted"/>; durable when it completes, and nearly always completed at once.</summary>
    /// <param name="wanted">Null: it need not be. Not later than <paramref name="now"/>: something is waiting, and the grain is woken within two steps.</param>
    /// <exception cref="StoreUnavailableException">It cannot be relied on.</exception>
    public ValueTask Set(DateTimeOffset? wanted, DateTimeOffset now)
    {
        if (wanted is not { } at)
        {
            return ValueTask.CompletedTask;
        }

        // What should have been already waits for a step or two: a grain that is woken and does not get on must not be woken without end.
        var step = at > now ? StepAfter(at) : StepAfter(now) + Step;
        return _set is { } set && set <= step && now - set < Overdue ? ValueTask.CompletedTask : Put(step);
    }

    /// <summary>The grain is woken: what was set is about to be taken away.</summary>
    public void Rang() => (_set, _rung) = (null, _rung + 1);

    private async ValueTask Put(DateTimeOffset at)
    {
        var rung = _rung;
        try
        {
            await index.Put(new Due(at, grain, kind));
        }
        catch (OutcomeUnknownException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }

        // If it rang meanwhile, it may have been for this very row.
        _set = rung == _rung ? at : null;
    }

    private DateTimeOffset StepAfter(DateTimeOffset at)
    {
        var steps = (at.UtcTicks - _phase + Step.Ticks - 1) / Step.Ticks;
        return new DateTimeOffset((steps * Step.Ticks) + _phase, TimeSpan.Zero);
    }
}
