using Microsoft.Extensions.Logging;

namespace Budgets.Client;

/// <summary>Puts requests to one budget's grain, with ids and keys that are made before the first try.</summary>
internal sealed class Budget(AgentId agent, IBudgetGrain grain, Insistence insistence, Calls calls, ILogger<Reservation> log) : IBudget
{
    public AgentId Agent => agent;

    public async ValueTask<Answer<Reservation>> Reserve(
        Money amount, Purpose? purpose, TimeSpan? ttl, IdempotencyKey? key, ApprovalId? approval, CancellationToken cancellation)
    {
        var id = EdgeIds.Hold();
        var seconds = ttl is { } t ? Given.Seconds(t, nameof(ttl)) : HoldRequest.DefaultTtlSeconds;
        var request = new HoldRequest(id, Given.Amount(amount), Given.Purpose(purpose), Given.Key(key) ?? new IdempotencyKey(id.Value), seconds, Approval: Given.Approval(approval));
        var outcome = await insistence.Ask(() => grain.Hold(request), request.Key, cancellation);
        return outcome.Receipt is { } receipt ? new(new Reservation(this, receipt, log), outcome.Replayed) : new(Refused(outcome));
    }

    public ValueTask<Answer<ModelCall>> BeginCall(CallOutline call, Purpose? purpose, ApprovalId? approval, CancellationToken cancellation) =>
        calls.Begin(agent, grain, Given.Call(call), Given.Purpose(purpose), Given.Approval(approval), cancellation);

    public ValueTask<Answer<Receipt>> Commit(HoldId reservation, Money amount, Purpose? purpose, IdempotencyKey? key, CancellationToken cancellation)
    {
        var request = new SettleRequest(Given.Reservation(reservation), Given.Amount(amount), Given.Purpose(purpose), Given.Key(key) ?? EdgeIds.Key());
        return Spend(() => grain.Settle(request), request.Key!.Value, cancellation);
    }

    public ValueTask<Answer<Receipt>> Release(HoldId reservation, IdempotencyKey? key, CancellationToken cancellation)
    {
        var request = new ReleaseRequest(Given.Reservation(reservation), Given.Key(key) ?? EdgeIds.Key());
        return Spend(() => grain.Release(request), request.Key!.Value, cancellation);
    }

    public ValueTask<Answer<Receipt>> Extend(HoldId reservation, TimeSpan by, IdempotencyKey? key, CancellationToken cancellation)
    {
        var request = new ExtendRequest(Given.Reservation(reservation), Given.Seconds(by, nameof(by)), Given.Key(key) ?? EdgeIds.Key());
        return Spend(() => grain.Extend(request), request.Key!.Value, cancellation);
    }

    public ValueTask<Answer<Receipt>> Charge(
        Money amount, Purpose? purpose, ChargeMode mode, DateTimeOffset? occurredAt, IdempotencyKey? key, ApprovalId? approval, CancellationToken cancellation)
    {
        var id = EdgeIds.Charge();
        var request = new ChargeRequest(id, Given.Amount(amount), Given.Purpose(purpose), Given.Key(key) ?? new IdempotencyKey(id.Value), mode, occurredAt, Approval: Given.Approval(approval));
        return Spend(() => grain.Charge(request), request.Key, cancellation);
    }

    public ValueTask<Foresight> Decide(Money amount, CancellationToken cancellation)
    {
        var asked = Given.Amount(amount);
        return insistence.Ask(() => grain.Decide(asked), key: null, cancellation);
    }

    public ValueTask<UsageView?> Usage(UsagePeriod period, CancellationToken cancellation) => insistence.Ask(() => grain.GetUsage(period), key: null, cancellation);

    private async ValueTask<Answer<Receipt>> Spend(Func<ValueTask<SpendOutcome>> ask, IdempotencyKey key, CancellationToken cancellation)
    {
        var outcome = await insistence.Ask(ask, key, cancellation);
        return outcome.Receipt is { } receipt ? new(receipt, outcome.Replayed) : new(Refused(outcome));
    }

    private Refused Refused(SpendOutcome outcome) => new(outcome.Outcome, agent, outcome.Refusal);
}
