using System.Collections.Immutable;

namespace Budgets.Recharge;

/// <summary>What is done next about a payment.</summary>
public enum PayingStep
{
    /// <summary>Nothing now.</summary>
    Rest = 0,

    /// <summary>Have the provider make a payment that moves no money.</summary>
    Create,

    /// <summary>Ask how it is.</summary>
    Look,

    /// <summary>Have the money taken.</summary>
    Confirm,

    /// <summary>See to it that it can never be taken.</summary>
    Cancel,

    /// <summary>Write down that it is given up.</summary>
    GiveUp,

    /// <summary>Tell the budget.</summary>
    Tell,
}

/// <summary>How an order becomes one payment, whatever dies and whatever is not answered: each step follows from what is written and from what the provider says.</summary>
/// <remarks>
/// Only a payment whose id is written is confirmed, and no other is made for its order from then on; and one payment succeeds once at most. That is all that keeps
/// an order from being paid twice. That none is lost follows from asking until the provider has said how it ended.
/// </remarks>
internal static class Paying
{
    /// <summary>An order that the provider has not answered for so long is given up: it is cancelled.</summary>
    public static readonly TimeSpan GivesUpAfter = TimeSpan.FromHours(24);

    /// <summary>Before each next try, from the one before it; the last for ever.</summary>
    public static readonly ImmutableArray<TimeSpan> Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
    ];

    public const string NoAnswer = "no_answer_in_24_hours";

    /// <summary>Cancelled, and not by us.</summary>
    public const string CancelledElsewhere = "cancelled_at_the_provider";

    public const string ProviderGone = "provider_not_configured_any_more";

    public const string NotTold = "The budget could not be told.";

    /// <returns>None: it is under way, or was forgotten long ago.</returns>
    public static ImmutableArray<RechargeEvent> Order(RechargeState s, RechargeOrder order, DateTimeOffset now) => s.Find(order.Id) switch
    {
        { NextTryAt: null } => [new RechargeRepeated(now, order.Id)],
        null when RechargeState.NumberOf(order.Id) > s.UpTo => [new RechargeOrdered(now, order.Id, order)],
        _ => [],
    };

    /// <summary>The payment whose turn it is; null: none's.</summary>
    /// <param name="news">Payments that somebody has news of.</param>
    public static Payment? Due(this RechargeState s, IReadOnlySet<string> news, DateTimeOffset now) =>
        s.Open.Where(p => p.NextTryAt <= now).MinBy(p => p.NextTryAt)
        ?? s.Open.Concat(s.Ended).FirstOrDefault(p => p.Id is { } id && news.Contains(id) && p.Ending?.Status != PaymentStatus.Succeeded);

    /// <summary>When somebody's turn comes; null: nothing is open.</summary>
    public static DateTimeOffset? NextTry(this RechargeState s) => s.Open.Min(p => p.NextTryAt);

    /// <param name="seen">What the provider has said of it since the walk began; null: nothing yet.</param>
    /// <param name="provider">Who is asked now.</param>
    public static PayingStep Next(Payment p, PaymentAnswer? seen, string provider, DateTimeOffset now) => p switch
    {
        { Ending: not null, NextTryAt: not null } => PayingStep.Tell,
        { Ending: not null } => seen is null && p.Provider == provider ? PayingStep.Look : PayingStep.Rest,
        { Id: null } => now - p.Order.At >= GivesUpAfter ? PayingStep.GiveUp : PayingStep.Create,
        _ when p.Provider != provider => PayingStep.GiveUp,
        { Refusal: not null } => PayingStep.Cancel,
        _ when now - p.Order.At >= GivesUpAfter => PayingStep.GiveUp,
        _ => seen?.Standing == PaymentStanding.Unconfirmed ? PayingStep.Confirm : PayingStep.Look,
    };

    /// <summary>What is written when there is nobody to be asked.</summary>
    public static RechargeEvent GiveUp(Payment p, string provider, DateTimeOffset now) => p switch
    {
        // Nothing was made, or nothing that was written: nothing will ever be confirmed.
        { Id: null } => new PaymentEnded(now, p.Order.Id, PaymentStatus.Failed, provider, Money.Zero, NoAnswer),

        // It never took any money.
        { Provider: SimulatedPayments.ProviderName } when p.Provider != provider =>
            new PaymentEnded(now, p.Order.Id, PaymentStatus.Failed, p.Provider, Money.Zero, ProviderGone),

        // Another provider knows nothing of it, and must not be believed. It waits for its own.
        _ when p.Provider != provider => Again(p, ProviderGone, null, now),
        _ => new PaymentRefused(now, p.Order.Id, PaymentStatus.Failed, NoAnswer),
    };

    /// <summary>What follows from an answer. Nothing: the next step does.</summary>
    public static ImmutableArray<RechargeEvent> Heard(Payment p, PayingStep step, PaymentAnswer answer, string provider, DateTimeOffset now)
    {
        if (p.Ending is not null)
        {
            return answer.Standing == PaymentStanding.Succeeded ? [Ended(p, answer, provider, now)] : [];
        }

        return (step, answer.Standing) switch
        {
            (PayingStep.Create, PaymentStanding.Refused) =>
                [new PaymentEnded(now, p.Order.Id, PaymentStatus.Declined, provider, Money.Zero, answer.Reason)],
            (PayingStep.Create, not PaymentStanding.Unanswered) when answer.Payment is { } id => [new PaymentCreated(now, p.Order.Id, provider, id)],
            (PayingStep.Create, _) => [Again(p, answer, now)],
            (_, PaymentStanding.Succeeded) => [Ended(p, answer, provider, now)],
            (_, PaymentStanding.Cancelled) =>
                [new PaymentEnded(now, p.Order.Id, p.Refusal?.Status ?? PaymentStatus.Failed, provider, Money.Zero, p.Refusal?.Reason ?? CancelledElsewhere)],
            (PayingStep.Cancel, _) => [Again(p, answer, now)],
            (_, PaymentStanding.Declined) => [Refused(p, PaymentStatus.Declined, answer, now)],
            (_, PaymentStanding.ActionRequired) => [Refused(p, PaymentStatus.ActionRequired, answer, now)],
            (PayingStep.Confirm, PaymentStanding.Refused) => [Refused(p, PaymentStatus.Declined, answer, now)],
            (PayingStep.Look, PaymentStanding.Unconfirmed) => [],
            _ => [Again(p, answer, now)],
        };
    }

    /// <summary>The step at hand is tried again, later each time.</summary>
    public static PaymentTried Again(Payment p, string reason, TimeSpan? retryAfter, DateTimeOffset now)
    {
        var wait = Waits[Math.Min(p.Tries, Waits.Length - 1)];
        var asked = retryAfter is { } after && after > wait ? after : wait;
        return new PaymentTried(now, p.Order.Id, reason, now + (asked < Waits[^1] ? asked : Waits[^1]));
    }

    private static PaymentTried Again(Payment p, PaymentAnswer answer, DateTimeOffset now) =>
        Again(p, answer.Reason ?? $"It is {answer.Standing}.", answer.RetryAfter, now);

    private static PaymentRefused Refused(Payment p, PaymentStatus status, PaymentAnswer answer, DateTimeOffset now) =>
        new(now, p.Order.Id, status, answer.Reason ?? "declined");

    private static PaymentEnded Ended(Payment p, PaymentAnswer answer, string provider, DateTimeOffset now) =>
        new(now, p.Order.Id, PaymentStatus.Succeeded, provider, answer.Taken, null);
}
