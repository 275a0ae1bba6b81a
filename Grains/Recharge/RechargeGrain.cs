using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Budgets.Recharge;

/// <summary>The doorman of one agent's payments.</summary>
[Reentrant]
[GrainType("recharge")]
internal sealed partial class RechargeGrain : Grain, IRechargeGrain, IWakeable
{
    private readonly Keeper<RechargeState, RechargeEvent> _journal;
    private readonly Alarm _alarm;
    private readonly Cashier _cashier;
    private readonly IPayments _payments;
    private readonly TimeProvider _clock;
    private readonly ILogger<RechargeGrain> _log;

    public RechargeGrain(
        IJournalStore store, IDueIndex dues, IPayments payments, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<RechargeGrain> log)
    {
        var agent = new AgentId(this.GetPrimaryKeyString());
        _alarm = new Alarm(dues, this.GetGrainId(), "payments");
        _journal = new(store.Open($"recharge/{agent}"), RechargeCodec.Instance, new RechargeState(agent), $"the payments of {agent}", Fenced, SetAlarm);
        _cashier = new Cashier(
            _journal, payments, report => GrainFactory.GetGrain<IBudgetGrain>(agent.Value).EndRecharge(report), clock, (step, reason, e) => LogTried(log, e, step, agent, reason));
        _payments = payments;
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

        _cashier.Begin(this);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        await _cashier.Stop().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    public async Task Begin(RechargeOrder order)
    {
        _journal.Ready();
        var ordered = Paying.Order(_journal.State, order, Now);
        if (ordered is [RechargeOrdered] && _journal.State.Open.Length >= RechargeState.MostOpen)
        {
            throw new OverloadedException($"{RechargeState.MostOpen} payments of {order.Agent} are open already.");
        }

        if (ordered.IsEmpty && _journal.State.Find(order.Id) is null)
        {
            LogForgotten(_log, order.Id, order.Agent);
        }

        _journal.Record(ordered);
        if (await _journal.Flush() is var flushed and not Flushed.Durable)
        {
            throw Keeper<RechargeState, RechargeEvent>.Failure(flushed, wrote: !ordered.IsEmpty);
        }

        _cashier.Go();
    }

    public Task Look(string payment)
    {
        _journal.Ready();
        _cashier.Look(payment);
        return Task.CompletedTask;
    }

    public async Task<PaymentProvider> GetProvider(string? paymentMethod) => new(_payments.Name, await _payments.FaultOf(paymentMethod, CancellationToken.None));

    public async Task Wake(Due due)
    {
        _journal.Ready();
        _alarm.Rang();
        _cashier.Go();
        await SetAlarm(_journal.State);
    }

    /// <summary>Whatever is open is looked after, also when this activation is gone.</summary>
    private ValueTask SetAlarm(RechargeState state) => _alarm.Set(state.NextTry(), Now);

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, _journal.State.Agent);
        _ = _cashier.Stop();
        DeactivateOnIdle();
    }
}
