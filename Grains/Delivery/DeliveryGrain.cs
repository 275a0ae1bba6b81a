using System.Collections.Immutable;
using Budgets.Approvals;
using Budgets.Journal;
using Budgets.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Budgets.Delivery;

/// <summary>The doorman of one agent's letters.</summary>
[Reentrant]
[GrainType("delivery")]
internal sealed partial class DeliveryGrain : Grain, IDeliveryGrain, IWakeable
{
    private readonly Keeper<DeliveryState, DeliveryEvent> _journal;
    private readonly Alarm _alarm;
    private readonly Rounds _rounds;
    private readonly ICourier _courier;
    private readonly TimeProvider _clock;
    private readonly ILogger<DeliveryGrain> _log;

    public DeliveryGrain(
        IJournalStore store, IDueIndex dues, ICourier courier, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<DeliveryGrain> log, PublicAddress? address = null)
    {
        var agent = new AgentId(this.GetPrimaryKeyString());
        _alarm = new Alarm(dues, this.GetGrainId(), "letters");
        _journal = new(store.Open($"delivery/{agent}"), DeliveryCodec.Instance, new DeliveryState(agent), $"the alerts of {agent}", Fenced, SetAlarm);
        _rounds = new Rounds(_journal, courier, clock, e => LogLost(log, e.GetType().Name, agent),
            (page, receiver) => Linking.Linked(_journal.State, page, receiver, address, () => GrainFactory.GetGrain<ISealGrain>(0).Key()));
        _courier = courier;
        _clock = clock;
        _log = log;
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _journal.Recover(cancellationToken) is { } fault)
        {
            LogUnreadable(_log, fault, _journal.State.Agent);
            return;
        }

        _rounds.Begin(this);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        await _rounds.Stop().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    public Task Take(AgentId source, ImmutableArray<Alert> alerts) => Make(now => Taking.Take(_journal.State, source, alerts, _courier.CanMail, now));

    public async Task<ImmutableArray<DeliveryView>> Test(Layer layer, Alert alert)
    {
        var made = await Make(now => Taking.Test(_journal.State, layer, alert, _courier.CanMail, now));
        return [.. made.Select(l => (_journal.State.Find(l.Id, layer) ?? l).View())];
    }

    public async Task<ChannelsOutcome> SetChannels(ChannelsRequest request, string newSecret)
    {
        _journal.Ready();
        return request.WebhookUrl.Value is { } url && await _courier.FaultOf(url, CancellationToken.None) is { } fault
            ? new ChannelsOutcome(Shown(_journal.State, request.Layer), null, fault)
            : await Change(now => Changing.Set(_journal.State, request, newSecret, now));
    }

    public Task<ChannelsOutcome> RotateSecret(Layer layer, string newSecret, TimeSpan overlap, string by) =>
        Change(now => Changing.Rotate(_journal.State, layer, newSecret, overlap, by, now));

    public Task<ImmutableArray<Channels>> GetChannels() => Show(s => s.Outlets.Select(o => Shown(s, o.Layer)).ToImmutableArray());

    public Task<DeliveryPage> GetDeliveries(DeliveryStatus? status, Layer? layer, long? before, int limit) => Show(s => s.Page(status, layer, before, limit));

    public async Task<DeliveryView?> Replay(string id, Layer? layer)
    {
        _journal.Ready();
        if (_journal.State.Find(id, layer) is not { } letter)
        {
            return null;
        }

        await Written(Changing.Replay(_journal.State, letter, _courier.CanMail, Now) is { } replayed ? [replayed] : []);
        return _journal.State.Find(id, layer)?.View();
    }

    public async Task Wake(Due due)
    {
        _journal.Ready();
        _alarm.Rang();
        _rounds.Go();
        await SetAlarm(_journal.State);
    }

    /// <summary>Whatever waits is looked after, also when this activation is gone.</summary>
    private ValueTask SetAlarm(DeliveryState state) => _alarm.Set(state.NextTry(_ => true), Now);

    private async Task<ImmutableArray<Letter>> Make(Func<DateTimeOffset, ImmutableArray<LettersMade>> make)
    {
        _journal.Ready();
        var made = make(Now);
        await Written([.. made]);
        foreach (var taken in made)
        {
            DeliveryMetrics.Happened(taken);
            SayUnmailed(taken);
        }

        return [.. made.SelectMany(t => t.Letters)];
    }

    private async Task<ChannelsOutcome> Change(Func<DateTimeOffset, (ChannelsOutcome Outcome, ImmutableArray<DeliveryEvent> Happened)> change)
    {
        _journal.Ready();
        var (outcome, happened) = change(Now);
        await Written(happened);
        return outcome with { Channels = outcome.Channels with { CanMail = _courier.CanMail } };
    }

    private Channels Shown(DeliveryState state, Layer layer) => state.Shown(layer) with { CanMail = _courier.CanMail };

    private async Task<T> Show<T>(Func<DeliveryState, T> show)
    {
        _journal.Ready();
        var shown = show(_journal.State);
        await _journal.Durable();
        return shown;
    }

    private async Task Written(ImmutableArray<DeliveryEvent> happened)
    {
        _journal.Record(happened);
        if (await _journal.Flush() is var flushed and not Flushed.Durable)
        {
            throw Keeper<DeliveryState, DeliveryEvent>.Failure(flushed, wrote: !happened.IsEmpty);
        }

        _rounds.Go();
    }

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, _journal.State.Agent);
        _ = _rounds.Stop();
        DeactivateOnIdle();
    }
}
