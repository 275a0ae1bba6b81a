using System.Buffers;
using Budgets.Recharge;

namespace Budgets.Payments;

/// <summary>A customer of the operator's at Stripe, and what is charged; or why nothing can be.</summary>
internal readonly record struct Purse(string? Customer = null, string? Method = null, PaymentAnswer? Fault = null);

/// <summary>Why a payment method could not be charged.</summary>
internal static class Purses
{
    public const string NotAsked = "Stripe could not be asked about it just now; save it again in a moment";

    /// <summary>Of Stripe's ids. What is asked for becomes a part of an address.</summary>
    public static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    public static readonly PaymentAnswer Missing = new(PaymentStanding.Refused, Reason: "payment_method_missing");
    public static readonly PaymentAnswer Malformed = new(PaymentStanding.Refused, Reason: "payment_method_malformed");

    private static readonly PaymentAnswer s_good = new(PaymentStanding.Unconfirmed);
    private static readonly PaymentAnswer s_withoutCustomer = new(PaymentStanding.Refused, Reason: "payment_method_without_customer");
    private static readonly PaymentAnswer s_withoutMethod = new(PaymentStanding.Refused, Reason: "customer_without_payment_method");

    public static PaymentAnswer Of(Purse purse) => purse switch
    {
        { Customer: null, Method: not null } => s_withoutCustomer,
        { Method: null } => s_withoutMethod,
        _ => s_good,
    };

    public static string Sentence(PaymentAnswer fault) => fault switch
    {
        { Standing: PaymentStanding.Unanswered } => NotAsked,
        _ when fault == Missing => "must be set: the id at Stripe of a payment method (pm_…) that belongs to a customer, or of a customer (cus_…) with a default one",
        _ when fault == Malformed => "must be the id at Stripe of a payment method (pm_…) or of a customer (cus_…)",
        _ when fault == s_withoutCustomer => "belongs to no customer at Stripe, so it can be charged once at most; attach it to one",
        _ when fault == s_withoutMethod => "is a customer without a default payment method at Stripe, or a deleted one",
        _ => $"is not known to Stripe, or not usable there ({fault.Reason})",
    };
}
