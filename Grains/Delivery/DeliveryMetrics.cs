using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Budgets.Delivery;

/// <summary>What becomes of letters, as the meter "Budgets.Delivery". No figure names an agent.</summary>
public static class DeliveryMetrics
{
    public const string MeterName = "Budgets.Delivery";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "budgets.deliveries", "{letter}", "Tries to deliver an alert, and letters that were never tried, by channel and outcome.");

    /// <summary>Counts what has become durable.</summary>
    internal static void Happened(DeliveryEvent e, Channel tried = Channel.Webhook)
    {
        switch (e)
        {
            case LetterTried t:
                Count(tried, t.Carried switch { Carried.Delivered => "delivered", Carried.Gone => "gone", _ => t.NextTryAt is null ? "gave_up" : "failed" }, 1);
                break;
            case LettersMade t:
                foreach (var letter in t.Letters.Where(l => l.Status == DeliveryStatus.Failed))
                {
                    Count(letter.Channel, Reasons.NotConfigured, 1);
                }

                foreach (var dropped in t.Dropped)
                {
                    Count(dropped.Channel, "dropped", dropped.Letters);
                }

                break;
            case WebhookDisabled:
                Count(Channel.Webhook, "disabled", 1);
                break;
        }
    }

    private static void Count(Channel channel, string outcome, int letters) =>
        Deliveries.Add(letters, new TagList { { "channel", channel == Channel.Webhook ? "webhook" : "email" }, { "outcome", outcome } });
}
