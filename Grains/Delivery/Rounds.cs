using Budgets.Journal;
using Budgets.Scheduling;

namespace Budgets.Delivery;

/// <summary>The workers of one agent: one for each layer's webhook, one for all mail, which goes through one server anyway.</summary>
internal sealed class Rounds
{
    private readonly Keeper<DeliveryState, DeliveryEvent> _journal;
    private readonly Round[] _rounds;
    private readonly NextTurn _next;
    private Task? _stopped;

    public Rounds(
        Keeper<DeliveryState, DeliveryEvent> journal, ICourier courier, TimeProvider clock, Action<Exception> lost, Func<MailPage, string, ValueTask<MailPage>> linked)
    {
        (_journal, _next) = (journal, new NextTurn(clock));
        _rounds =
        [
            Of(l => l.Channel == Channel.Webhook && l.Layer == Layer.Above),
            Of(l => l.Channel == Channel.Webhook && l.Layer == Layer.Own),
            Of(l => l.Channel == Channel.Email),
        ];

        Round Of(Func<Lane, bool> lanes) => new(journal, lanes, courier, clock, Rest, lost, linked);
    }

    /// <summary>Goes on where the activation before ended.</summary>
    public void Begin(Grain grain) => _next.Begin(grain, Go);

    public void Go()
    {
        foreach (var round in _rounds)
        {
            round.Go();
        }
    }

    /// <summary>Completes when no call is under way any more.</summary>
    public Task Stop() => _stopped ??= StopOnce();

    private void Rest()
    {
        if (_stopped is null)
        {
            _next.Set(_rounds.Where(r => !r.IsUnderWay).Min(r => _journal.State.NextTry(r.Lanes)));
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
