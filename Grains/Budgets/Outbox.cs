using System.Collections.Immutable;
using Budgets.Ledger;
using Microsoft.Extensions.Logging;

namespace Budgets.Budgets;

/// <summary>Hands what a budget has to tell to those who deliver it, beside its callers: nobody waits for it.</summary>
/// <remarks>
/// Only what is durable is handed over, and it leaves the state only once they have it; whatever dies between, it is handed over again, and they know its number.
/// What could not be handed over is tried again when the budget is woken: its state says that it wants to be (<see cref="Waking"/>).
/// </remarks>
internal sealed partial class Outbox(Teller teller, Func<DateTimeOffset> clock, Func<AgentId, IDeliveryGrain> deliveries, ILogger log)
{
    private Task _emptying = Task.CompletedTask;

    /// <summary>Begins, unless it has begun; completes when nothing is left or it could not go on, and never throws.</summary>
    public Task Empty() => _emptying.IsCompleted && !teller.State.Outbox.IsEmpty ? _emptying = HandOver() : _emptying;

    private async Task HandOver()
    {
        // After this turn: what is recorded with an alert goes into the same append.
        await Task.Yield();
        try
        {
            while (!teller.State.Outbox.IsEmpty)
            {
                var state = teller.State;
                await teller.Durable();
                foreach (var (receiver, alerts) in Addressed(state))
                {
                    await deliveries(receiver).Take(state.Agent, alerts);
                }

                var (now, elapsed) = teller.State.At(clock());
                teller.Record([.. elapsed, new AlertsTaken(now.Now, state.Outbox[^1].Number)]);
                await teller.Durable();
            }
        }
        catch (Exception e)
        {
            LogKept(log, e, teller.State.Agent);
        }
    }

    /// <summary>What a child does with its budget is told to its parent, what it asks for also to its own people, all else to these alone.</summary>
    private static IEnumerable<(AgentId Receiver, ImmutableArray<Alert> Alerts)> Addressed(BudgetState s) =>
        from alert in s.Outbox
        from receiver in Receivers(s, alert.Kind)
        group alert by receiver into addressed
        select (addressed.Key, addressed.ToImmutableArray());

    private static ImmutableArray<AgentId> Receivers(BudgetState s, AlertKinds kind) => (kind, s.Terms.Parent) switch
    {
        (AlertKinds.ChildOverBudget, { } parent) => [parent],
        (AlertKinds.ApprovalRequested, { } parent) => [s.Agent, parent],
        _ => [s.Agent],
    };

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Alerts of {Agent} could not be handed over; they are kept, and handed over later.")]
    private static partial void LogKept(ILogger log, Exception error, AgentId agent);
}
