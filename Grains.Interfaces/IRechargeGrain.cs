namespace Budgets;

/// <summary>Sees to it that what a budget has decided to recharge is paid for, once; the grain's key is the <see cref="AgentId"/>.</summary>
/// <remarks>Throws what <see cref="IBudgetGrain"/> throws. What has become of an order is told to its budget, at least once.</remarks>
[Alias("Budgets.IRechargeGrain")]
public interface IRechargeGrain : IGrainWithStringKey
{
    /// <summary>Durable when it returns; the payment goes on beside it. The same order again pays nothing again: its budget is told again what has become of it.</summary>
    [Alias("Begin"), AnyGateway]
    Task Begin(RechargeOrder order);

    /// <summary>Somebody says that there is news of a payment: the provider is asked, and only its answer is believed.</summary>
    /// <param name="payment">The provider's id.</param>
    [Alias("Look"), AnyGateway]
    Task Look(string payment);

    /// <summary>Who takes the money, and whether it could be taken like this.</summary>
    /// <param name="paymentMethod">The provider's id of a payment method or customer; null: none is on file.</param>
    [Alias("GetProvider"), AnyGateway]
    Task<PaymentProvider> GetProvider(string? paymentMethod);
}

/// <summary>A charge of a payment method that a budget has decided and written down. Every try of it has this id.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeOrder")]
public sealed record RechargeOrder(RechargeId Id, AgentId Agent, string AgentName, Money Amount, DateTimeOffset At, string? PaymentMethod);

/// <param name="Name">"stripe" or "simulated".</param>
/// <param name="Fault">Why this method could not be charged, as a sentence for whoever wants to save it; null: it could.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PaymentProvider")]
public sealed record PaymentProvider(string Name, string? Fault);

public enum PaymentStatus
{
    /// <summary>The money is there.</summary>
    Succeeded = 0,

    /// <summary>The provider has said no for good, and no money moves.</summary>
    Declined,

    /// <summary>A person would have to confirm it; it was cancelled, and no money moves.</summary>
    ActionRequired,

    /// <summary>Given up and cancelled without an answer of the provider's; no money moves.</summary>
    Failed,
}

/// <summary>What has become of an order. A success may follow any other end: it is the truth.</summary>
/// <param name="Payment">The provider's id; null: there is none.</param>
/// <param name="Amount">What was really taken.</param>
/// <param name="Reason">In our words or one of the provider's codes; null for a success.</param>
[GenerateSerializer, Immutable, Alias("Budgets.PaymentReport")]
public sealed record PaymentReport(
    RechargeId Recharge, PaymentStatus Status, string Provider, string? Payment, Money Amount, string? Reason, DateTimeOffset At);
