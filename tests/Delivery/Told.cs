using System.Collections.Immutable;
using Budgets.Delivery;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Delivery;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>Alerts as a budget tells them.</summary>
internal static class Told
{
    public const string OldSecret = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";

    public const string NewSecret = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";

    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    public static readonly AgentId Agent = new("agent_0123456789abcdefghij");

    public static readonly AgentId Child = new("agent_child6789abcdefghij");

    /// <summary>The example of the seed document: $20 of $25 spent today, $1.5625 an hour.</summary>
    public static Alert Warned(long number, int percent = 80, params string[] escalations) => new(
        number, AlertKinds.BudgetWarning, Noon, Agent, "scribe", Standing(20, 25), percent, [], Ask.Usd(1.5625m), [Driver("claude-4-5-sonnet", 12, 80), Driver("dall-e-3", 6, 60)],
        [.. escalations]);

    public static Alert Of(AlertKinds kind, long number = 1, params string[] escalations) => Warned(number, 100, escalations) with { Kind = kind };

    public static LimitStanding Standing(decimal spent, decimal limit, decimal held = 0) => new(
        LimitType.Daily, Layer.Above, true, Ask.Usd(limit), Ask.Usd(spent), Ask.Usd(held), new PeriodWindow(Noon.AddHours(-12), Noon.AddHours(12)));

    public static ChannelsRequest Hook(Layer layer, string? url) => new(layer, "operator", WebhookUrl: Change.To<string?>(url));

    public static ChannelsRequest Human(Layer layer, string? address) => new(layer, "operator", EmailHuman: Change.To<string?>(address));

    public static ChannelsRequest Events(Layer layer, AlertKinds? kinds) => new(layer, "operator", Events: Change.To(kinds));

    private static NamedSums Driver(string model, decimal cost, long calls) => new(model, new Sums(Ask.Usd(cost), calls, 0, 0, 0, 0));
}

/// <summary>An agent's letters on paper: the rules without a grain.</summary>
internal sealed class Paper
{
    public DeliveryState State { get; private set; } = new(Told.Agent);

    public DateTimeOffset Now { get; set; } = Told.Noon;

    public bool CanMail { get; set; } = true;

    public IEnumerable<Letter> Made => State.Waiting.Concat(State.Finished).OrderBy(l => l.Place);

    public Paper With(params ChannelsRequest[] requests)
    {
        foreach (var request in requests)
        {
            Apply(Changing.Set(State, request, Told.OldSecret, Now).Happened);
        }

        return this;
    }

    public ImmutableArray<LettersMade> Take(params Alert[] alerts) => Take(Told.Agent, alerts);

    public ImmutableArray<LettersMade> Take(AgentId source, params Alert[] alerts)
    {
        var taken = Taking.Take(State, source, [.. alerts], CanMail, Now);
        Apply([.. taken]);
        return taken;
    }

    /// <summary>The letter whose turn it is goes out, and this is what comes of it.</summary>
    public Letter Try(Func<Lane, bool> lanes, Carried carried)
    {
        var letter = State.Due(lanes, Now)!;
        var receipt = carried == Carried.Delivered ? new Receipt(carried, 200) : new Receipt(carried, 500, "no");
        Apply(Trying.Tried(State, letter, State.ReceiverOf(letter)!, receipt, CanMail, Now));
        return State.Find(letter.Id, null)!;
    }

    /// <summary>The same at the letter's turn, however far that is.</summary>
    public Letter TryInTime(Func<Lane, bool> lanes, Carried carried)
    {
        Now = State.NextTry(lanes) is { } next && next > Now ? next : Now;
        return Try(lanes, carried);
    }

    public void Apply(ImmutableArray<DeliveryEvent> happened) => State = happened.Aggregate(State, DeliveryFold.Apply);
}
