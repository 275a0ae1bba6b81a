using Budgets.Journal;

namespace Budgets.Delivery;

/// <summary>The workers of one agent: one for each layer's webhook, one for all mail, which goes through one server anyway.</summary>
internal sealed class Rounds
{
    /// <summary>A turn that has come, as the clock of budgets has it, may be a moment away for the timer.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(100);

    private readonly Keeper<DeliveryState, DeliveryEvent> _journal;
    private readonly TimeProvider _clock;
    private readonly Round[] _rounds;
    private IGrainTimer? _timer;
    private Task? _stopped;

    public Rounds(
        Keeper<DeliveryState, DeliveryEvent> journal, ICourier courier, TimeProvider clock, Action<Exception> lost, Func<MailPage, string, ValueTask<MailPage>> linked)
    {
        (_journal, _clock) = (journal, clock);
        _rounds =
        [
            Of(l => l.Channel == Channel.Webhook && l.Layer == Layer.Above),
            Of(l => l.Channel == Channel.Webhook && l.Layer == Layer.Own),
            Of(l => l.Channel == Channel.Email),
        ];

        Round Of(Func<Lane, bool> lanes) => new(journal, lanes, courier, clock, Rest, lost, linked);
    }

    /// <summary>Goes on where the activation before ended.</summary>
    public void Begin(Grain grain)
    {
        _timer = grain.RegisterGrainTimer(
            _ =>
            {
                Go();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        Go();
    }

    public void Go()
    {
        foreach (var round in _rounds)
        {
            round.Go();
        }
    }

    /// <summary>Completes when no call is under way any more.</summary>
    public Task Stop() => _stopped ??= StopOnce();

    /// <summary>The timer serves whoever has his turn next, finer than an alarm; the alarm serves him if the activation is gone by then.</summary>
    private void Rest()
    {
        if (_stopped is null && _rounds.Where(r => !r.IsUnderWay).Min(r => _journal.State.NextTry(r.Lanes)) is { } next)
        {
            var wait = next - _clock.GetUtcNow();
            _timer?.Change(wait > Soonest ? wait : Soonest, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task StopOnce()
    {
        var walks = Task.WhenAll(_rounds.Select(r => r.Stop()));
        await walks.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var round in _rounds)
        {
            round.Dispose();
        }
    }
}
