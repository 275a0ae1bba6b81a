using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Budgets.Recharge;

/// <summary>Checks who posted it, and passes on to the agent concerned that there is news.</summary>
[StatelessWorker]
[GrainType("payment-news")]
internal sealed class PaymentNewsGrain(IPayments payments, [FromKeyedServices("Budgets")] TimeProvider clock) : Grain, IPaymentNewsGrain
{
    public async Task<PaymentNews> Take(byte[] body, string signature)
    {
        var hint = payments.Read(body, signature, clock.GetUtcNow());
        if (hint is { Agent: { } agent, Payment: { } payment })
        {
            await GrainFactory.GetGrain<IRechargeGrain>(agent.Value).Look(payment);
        }

        return hint.News;
    }
}
