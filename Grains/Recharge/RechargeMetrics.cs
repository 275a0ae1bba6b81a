using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Recharge;

/// <summary>What becomes of recharges, as the meter "Budgets.Recharge". No figure names an agent.</summary>
public static class RechargeMetrics
{
    public const string MeterName = "Budgets.Recharge";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Recharges = Meter.CreateCounter<long>("budgets.recharges", "{recharge}", "Recharges that have ended, by outcome and provider.");

    private static readonly Counter<long> Tries = Meter.CreateCounter<long>(
        "budgets.payments.unanswered", "{call}", "Calls of the payment provider, and of budgets that are told, that had no answer of use, by step.");

    /// <summary>Counts what has become durable.</summary>
    internal static void Happened(RechargeEvent e, PayingStep step)
    {
        switch (e)
        {
            case PaymentEnded d:
                Recharges.Add(1, new TagList { { "outcome", NameOf(d.Status) }, { "provider", d.Provider } });
                break;
            case PaymentTried:
                Tries.Add(1, new TagList { { "step", step.ToString().ToLowerInvariant() } });
                break;
        }
    }

    private static string NameOf(PaymentStatus status) => status switch
    {
        PaymentStatus.Succeeded => "succeeded",
        PaymentStatus.Declined => "declined",
        PaymentStatus.ActionRequired => "action_required",
        _ => "failed",
    };
}
