using Budgets.Ledger;
using Microsoft.Extensions.Logging;

namespace Budgets.Budgets;

/// <summary>Hands a recharge that a budget has ordered to those who see to its payment, beside its callers: nobody waits for it.</summary>
/// <remarks>
/// Only what is durable is handed over. Until they have it, it is tried again whenever the budget is woken; after that every <see cref="Recharging.AskAgain"/>, until they have
/// told how it ended: whatever dies in between, they know its id, and pay it once.
/// </remarks>
internal sealed partial class Orders(Teller teller, Func<DateTimeOffset> clock, Func<AgentId, IRechargeGrain> recharges, ILogger log)
{
    private Task _handing = Task.CompletedTask;
    private DateTimeOffset? _handed;

    /// <summary>Begins, unless it has begun; completes when they have it or it could not go on, and never throws.</summary>
    public Task HandOver() => _handing.IsCompleted && teller.State.Recharges?.Open is { } order && IsDue(order) ? _handing = Begin() : _handing;

    private bool IsDue(Order order) => !order.Taken || _handed is not { } at || clock() - at >= Recharging.AskAgain;

    private async Task Begin()
    {
        // After this turn: what is recorded with an order goes into the same append.
        await Task.Yield();
        try
        {
            // One may end, and the next be ordered, while the first is handed over.
            while (teller.State is var state && state.Recharges?.Open is { } order && IsDue(order))
            {
                await teller.Durable();
                var id = RechargeId.Of(state.Agent, order.Number);
                await recharges(state.Agent).Begin(new RechargeOrder(id, state.Agent, state.Terms.Name, order.Amount, order.At, order.PaymentMethod));
                _handed = clock();
                if (teller.State.Recharges?.Open is { Taken: false } open && open.Number == order.Number)
                {
                    var (now, elapsed) = teller.State.At(clock());
                    teller.Record([.. elapsed, new RechargeTaken(now.Now, id)]);
                    await teller.Durable();
                }
            }
        }
        catch (Exception e)
        {
            LogKept(log, e, teller.State.Agent);
        }
    }

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "A recharge of {Agent} could not be handed over; it is kept, and handed over later.")]
    private static partial void LogKept(ILogger log, Exception error, AgentId agent);
}
