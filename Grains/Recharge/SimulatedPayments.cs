namespace Budgets.Recharge;

/// <summary>Takes no money and says that it has: for those who try the service out. It remembers nothing: what it took is what the recharge grain's journal says.</summary>
/// <remarks>Every answer follows from the order alone, so that asking twice, with a crash in between, is as good as asking once. Test words are those of Stripe's test cards.</remarks>
public sealed class SimulatedPayments : IPayments
{
    public const string ProviderName = "simulated";

    /// <summary>Is declined.</summary>
    public const string Declined = "pm_card_chargeDeclined";

    /// <summary>Would need its owner.</summary>
    public const string AuthenticationRequired = "pm_card_authenticationRequired";

    public string Name => ProviderName;

    public Task<PaymentAnswer> Create(RechargeOrder order, int tries, CancellationToken cancellation) =>
        Answer(new(PaymentStanding.Unconfirmed, $"sim_{order.Id}"));

    public Task<PaymentAnswer> Confirm(string payment, RechargeOrder order, CancellationToken cancellation) => Answer(order.PaymentMethod switch
    {
        Declined => new(PaymentStanding.Declined, payment, Reason: "card_declined"),
        AuthenticationRequired => new(PaymentStanding.ActionRequired, payment, Reason: "authentication_required"),
        _ => new(PaymentStanding.Succeeded, payment, order.Amount),
    });

    public Task<PaymentAnswer> Retrieve(string payment, CancellationToken cancellation) => Answer(new(PaymentStanding.Unconfirmed, payment));

    public Task<PaymentAnswer> Cancel(string payment, CancellationToken cancellation) => Answer(new(PaymentStanding.Cancelled, payment));

    public ValueTask<string?> FaultOf(string? paymentMethod, CancellationToken cancellation) => new((string?)null);

    public PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now) => new(PaymentNews.NotExpected);

    private static Task<PaymentAnswer> Answer(PaymentAnswer answer) => Task.FromResult(answer);
}
