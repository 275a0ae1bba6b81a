using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>Letters are made of alerts, once: numbers that were taken are not taken again.</summary>
internal static class Taking
{
    /// <summary>Alerts that one event holds letters of: an append must take it.</summary>
    private const int AtOnce = 32;

    /// <returns>None: nothing new.</returns>
    public static ImmutableArray<LettersMade> Take(DeliveryState s, AgentId source, ImmutableArray<Alert> alerts, bool canMail, DateTimeOffset now)
    {
        var taken = ImmutableArray.CreateBuilder<LettersMade>();
        foreach (var some in alerts.Where(a => a.Number > s.UpTo(source)).ToList().Chunk(AtOnce))
        {
            var these = TakeSome(s, source, some, canMail, now);
            s = DeliveryFold.Apply(s, these);
            taken.Add(these);
        }

        return taken.ToImmutable();
    }

    private static LettersMade TakeSome(DeliveryState s, AgentId source, Alert[] alerts, bool canMail, DateTimeOffset now)
    {
        var (upTo, desk) = (s.UpTo(source), new Desk(s, canMail, now));
        foreach (var alert in alerts.Where(a => a.Number > upTo))
        {
            upTo = alert.Number;

            // What a parent hears of a child must not bear the name of what the child hears.
            desk.Write(alert, $"alr_{Part(source)}_{alert.Number}-{(source == s.Agent ? "" : "c")}", o => o.Wants(alert.Kind),
                source != s.Agent && alert.Approval is not null ? s.Escalations : alert.Escalations);
        }

        var taken = new LettersMade(now, source, upTo, desk.Letters, desk.Dropped, null, null);
        if (source != s.Agent)
        {
            return taken;
        }

        var (name, named) = (alerts[^1].AgentName, alerts.LastOrDefault(a => !a.Escalations.IsDefaultOrEmpty)?.Escalations ?? s.Escalations);
        return taken with { Name = name == s.Name ? null : name, Escalations = named.SequenceEqual(s.Escalations) ? null : named };
    }

    /// <returns>None: the layer has no channel.</returns>
    public static ImmutableArray<LettersMade> Test(DeliveryState s, Layer layer, Alert alert, bool canMail, DateTimeOffset now)
    {
        var desk = new Desk(s, canMail, now);
        desk.Write(alert with { Number = 0 }, OwnId(s), o => o.Layer == layer, []);
        var test = new LettersMade(now, null, 0, desk.Letters, desk.Dropped, null, null);
        return test.Letters.IsEmpty && test.Dropped.IsEmpty ? [] : [test];
    }

    /// <summary>The people behind a webhook are told by mail, and the other layer as it likes.</summary>
    public static WebhookDisabled Disable(DeliveryState s, Layer layer, string reason, bool canMail, DateTimeOffset now)
    {
        var detail = $"{(layer == Layer.Above ? "The webhook that was set from above" : "The agent's own webhook")} "
            + (reason == Trying.Gone ? "has answered that it wants no more." : $"has failed for {Schedule.GivesUpAfter.Days} days.");
        var alert = new Alert(0, AlertKinds.WebhookDisabled, now, s.Agent, s.Name ?? "", null, null, [], null, [], s.Escalations, detail);
        var desk = new Desk(s, canMail, now);
        desk.Write(alert, OwnId(s), o => o.Layer == layer || o.Wants(AlertKinds.WebhookDisabled), s.Escalations, deaf: layer);
        return new WebhookDisabled(now, layer, reason, desk.Letters, desk.Dropped);
    }

    /// <summary>Of an alert of the grain's own.</summary>
    private static string OwnId(DeliveryState s) => $"alr_{Part(s.Agent)}_s{s.Made + 1}-";

    private static string Part(AgentId agent) => agent.Value.StartsWith(AgentId.Prefix, StringComparison.Ordinal) ? agent.Value[AgentId.Prefix.Length..] : agent.Value;

    /// <summary>Where letters are written; it knows how much room is left.</summary>
    private sealed class Desk(DeliveryState s, bool canMail, DateTimeOffset now)
    {
        private readonly ImmutableArray<Letter>.Builder _letters = ImmutableArray.CreateBuilder<Letter>();
        private readonly Dictionary<Lane, (int Waiting, int Untold, int Dropped)> _lanes = s.Lanes.ToDictionary(l => l, l => (l.Waiting.Length, l.Untold, 0));

        public ImmutableArray<Letter> Letters => _letters.ToImmutable();

        public ImmutableArray<NoRoom> Dropped =>
            [.. s.Lanes.Where(l => _lanes[l].Dropped > 0).Select(l => new NoRoom(l.Channel, l.Layer, l.IsEscalation, _lanes[l].Dropped))];

        /// <summary>One letter for each receiver; nobody is mailed the same twice.</summary>
        /// <param name="deaf">A layer whose webhook hears nothing.</param>
        public void Write(Alert alert, string id, Func<Outlet, bool> wants, ImmutableArray<string> escalations, Layer? deaf = null)
        {
            var told = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var outlet in s.Outlets.Where(wants))
            {
                var layer = outlet.Layer == Layer.Above ? 'a' : 'o';
                if (outlet.CanPost && outlet.Layer != deaf)
                {
                    Add(alert, $"{id}{layer}w", new Lane(Channel.Webhook, outlet.Layer), DeliveryFold.Shown(outlet.Url!));
                }

                if (outlet.Email is { } human && told.Add(human))
                {
                    Add(alert, $"{id}{layer}h", new Lane(Channel.Email, outlet.Layer), human);
                }
            }

            for (var i = 0; !escalations.IsDefault && i < escalations.Length; i++)
            {
                if (told.Add(escalations[i]))
                {
                    Add(alert, $"{id}e{i}", new Lane(Channel.Email, Layer.Above, IsEscalation: true), escalations[i]);
                }
            }
        }

        private void Add(Alert alert, string id, Lane way, string target)
        {
            var lane = s.Lanes.First(l => l.Is(way.Channel, way.Layer, way.IsEscalation));
            var (waiting, untold, dropped) = _lanes[lane];
            var isSent = lane.Channel == Channel.Webhook || canMail;
            if (isSent && waiting >= Lane.MostWaiting)
            {
                _lanes[lane] = (waiting, untold, dropped + 1);
                return;
            }

            var unheard = alert.Coalesced + (isSent ? untold : 0);
            var letter = new Letter(
                id, s.Made + _letters.Count + 1, alert.Number, alert.Kind, lane.Layer, lane.Channel, lane.IsEscalation, target, now,
                lane.Channel == Channel.Webhook ? Payload.Of(alert, unheard) : null, lane.Channel == Channel.Email ? Mailing.Of(alert, unheard) : null);
            _letters.Add(isSent ? letter with { NextTryAt = now } : letter.Ended(DeliveryStatus.Failed, Reasons.NotConfigured));
            _lanes[lane] = isSent ? (waiting + 1, 0, dropped) : (waiting, untold, dropped);
        }
    }
}
