using System.Collections.Immutable;
using System.Globalization;

namespace Budgets.Recharge;

/// <summary>All that is remembered of the payments for one agent. Made only by <see cref="RechargeFold"/>.</summary>
public sealed record RechargeState(AgentId Agent)
{
    /// <summary>Payments that are not over. A budget orders one at a time.</summary>
    public const int MostOpen = 10;

    /// <summary>Payments that are remembered after their end, for orders that come again and for late news.</summary>
    public const int MostEnded = 100;

    /// <summary>How many events made this state.</summary>
    public long Seq { get; init; }

    public DateTimeOffset Now { get; init; }

    /// <summary>Not over, or not yet told to the budget; in the order in which they were ordered.</summary>
    public ImmutableArray<Payment> Open { get; init; } = [];

    /// <summary>Over, and told to the budget; in the order in which they were.</summary>
    public ImmutableArray<Payment> Ended { get; init; } = [];

    /// <summary>The highest number of an order that was taken: one at or below it that is not remembered was paid or refused long ago.</summary>
    public long UpTo { get; init; }

    public Payment? Find(RechargeId id) => Open.FirstOrDefault(p => p.Order.Id == id) ?? Ended.LastOrDefault(p => p.Order.Id == id);

    public Payment? FindPayment(string payment) => Open.FirstOrDefault(p => p.Id == payment) ?? Ended.LastOrDefault(p => p.Id == payment);

    /// <summary>The number in a recharge's id.</summary>
    public static long NumberOf(RechargeId id) =>
        long.Parse(id.Value.AsSpan(id.Value.LastIndexOf('_') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>One order, and how far its payment has come.</summary>
public sealed record Payment(RechargeOrder Order)
{
    /// <summary>The provider that made the payment; only it is asked about it. Null: none was made yet.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's id. Only a payment whose id is written here is ever confirmed.</summary>
    public string? Id { get; init; }

    /// <summary>How often the step at hand was tried without an answer.</summary>
    public int Tries { get; init; }

    /// <summary>When the step at hand has its turn; null: nothing is left to be done.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>It will not be paid, for this reason, once it is certain that it can not: it is being cancelled. Null: it may be.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>What has become of it; null: it is not over.</summary>
    public Ending? Ending { get; init; }

    /// <summary>What the budget is told once it is over.</summary>
    public PaymentReport ToReport() => new(Order.Id, Ending!.Status, Ending.Provider, Id, Ending.Amount, Ending.Reason, Ending.At);
}

public sealed record Refusal(PaymentStatus Status, string Reason);

/// <param name="Amount">What was really taken.</param>
public sealed record Ending(DateTimeOffset At, PaymentStatus Status, string Provider, Money Amount, string? Reason);

public abstract record RechargeEvent(DateTimeOffset At, RechargeId Recharge);

/// <summary>A budget wants to be recharged.</summary>
public sealed record RechargeOrdered(DateTimeOffset At, RechargeId Recharge, RechargeOrder Order) : RechargeEvent(At, Recharge);

/// <summary>The provider has made a payment, which moves no money yet.</summary>
public sealed record PaymentCreated(DateTimeOffset At, RechargeId Recharge, string Provider, string Payment) : RechargeEvent(At, Recharge);

/// <summary>A step was tried, and is to be tried again.</summary>
public sealed record PaymentTried(DateTimeOffset At, RechargeId Recharge, string Reason, DateTimeOffset NextTryAt) : RechargeEvent(At, Recharge);

/// <summary>It will not be paid; before that is told it is cancelled, so that it never can be.</summary>
public sealed record PaymentRefused(DateTimeOffset At, RechargeId Recharge, PaymentStatus Status, string Reason) : RechargeEvent(At, Recharge);

/// <summary>What has become of it. Nothing follows this but a success that was hidden from us.</summary>
public sealed record PaymentEnded(
    DateTimeOffset At, RechargeId Recharge, PaymentStatus Status, string Provider, Money Amount, string? Reason) : RechargeEvent(At, Recharge);

/// <summary>The budget has it.</summary>
public sealed record RechargeReported(DateTimeOffset At, RechargeId Recharge) : RechargeEvent(At, Recharge);

/// <summary>The budget has ordered the same again, so it may not know how it ended: it is told again.</summary>
public sealed record RechargeRepeated(DateTimeOffset At, RechargeId Recharge) : RechargeEvent(At, Recharge);
