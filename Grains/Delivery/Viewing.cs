using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>What is shown of channels and letters: no secret, no body.</summary>
internal static class Viewing
{
    /// <summary>Deliveries on one page at most.</summary>
    public const int MostOnPage = 100;

    public static Channels Shown(this DeliveryState s, Layer layer)
    {
        var (outlet, lanes) = (s[layer], s.Lanes.Where(l => l.Layer == layer).ToList());
        return new Channels(
            layer, outlet.Url, outlet.Email, outlet.Events, outlet.Disabled, outlet.FailingSince, lanes.Sum(l => l.Dropped), lanes.Sum(l => l.Waiting.Length));
    }

    public static DeliveryView View(this Letter l) => new(
        l.Id, l.Number, l.Kind, l.Layer, l.Channel, l.Target, l.Status, l.Tries, l.CreatedAt, l.LastTriedAt, l.NextTryAt, l.LastStatus, l.LastError);

    public static Letter? Find(this DeliveryState s, string id, Layer? layer) =>
        s.Waiting.Concat(s.Finished).FirstOrDefault(l => l.Id == id && (layer is null || l.Layer == layer));

    public static DeliveryPage Page(this DeliveryState s, DeliveryStatus? status, Layer? layer, long? before, int limit)
    {
        limit = Math.Clamp(limit, 1, MostOnPage);
        var found = s.Waiting.Concat(s.Finished)
            .Where(l => (status is null || l.Status == status) && (layer is null || l.Layer == layer) && (before is null || l.Place < before))
            .OrderByDescending(l => l.Place).Take(limit + 1).ToList();
        return new DeliveryPage([.. found.Take(limit).Select(l => l.View())], found.Count > limit ? found[limit - 1].Place : null);
    }
}
