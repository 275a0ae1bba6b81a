using System.Globalization;
using System.Net;
using Budgets.Recharge;
using Stripe;

namespace Budgets.Payments;

/// <summary>Has Stripe take the money, off-session, from a payment method that its owner has left there.</summary>
/// <remarks>Source: Stripe's API reference, "Payment Intents", and "Idempotent requests".</remarks>
public sealed class StripePayments : IPayments, IDisposable
{
    public const string ProviderName = "stripe";

    /// <summary>While somebody waits who wants to save a payment method; grains have 3 seconds to answer in.</summary>
    public static readonly TimeSpan PatienceWithSaving = TimeSpan.FromSeconds(2);

    /// <summary>One cent, in nano-dollars: what Stripe counts in.</summary>
    private const long NanosPerCent = Money.NanosPerDollar / 100;

    private readonly StripeWire _wire;
    private readonly StripeNews _news;
    private readonly PaymentIntentService _intents;
    private readonly PaymentMethodService _methods;
    private readonly CustomerService _customers;

    public StripePayments(PaymentSettings settings)
    {
        _wire = new StripeWire(settings);
        _news = new StripeNews(settings.WebhookSecret);
        _intents = new PaymentIntentService(_wire.Client);
        _methods = new PaymentMethodService(_wire.Client);
        _customers = new CustomerService(_wire.Client);
    }

    public string Name => ProviderName;

    public async Task<PaymentAnswer> Create(RechargeOrder order, int tries, CancellationToken cancellation)
    {
        if (order.Amount.Nanos % NanosPerCent != 0)
        {
            return new PaymentAnswer(PaymentStanding.Refused, Reason: "amount_not_in_whole_cents");
        }

        var purse = await Find(order.PaymentMethod, cancellation);
        if (purse.Fault is { } fault)
        {
            return fault;
        }

        var options = new PaymentIntentCreateOptions
        {
            Amount = order.Amount.Nanos / NanosPerCent,
            Currency = "usd",
            Customer = purse.Customer,
            PaymentMethod = purse.Method,
            Description = $"Recharge of the budget of {order.AgentName}",
            Metadata = new() { [StripeNews.Recharge] = order.Id.Value, [StripeNews.Agent] = order.Agent.Value },

            // Nobody is there who could be sent to another page.
            AutomaticPaymentMethods = new PaymentIntentAutomaticPaymentMethodsOptions { Enabled = true, AllowRedirects = "never" },
        };

        // Stripe repeats also a failure for a key that it has seen. Another try may have another key, for what is made here is never confirmed unless it is written down.
        var named = new RequestOptions { IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{order.Id}-{tries}") };
        return await StripeWire.Ask(() => _intents.CreateAsync(options, named, cancellation), IntentOf, cancellation);
    }

    public Task<PaymentAnswer> Confirm(string payment, RechargeOrder order, CancellationToken cancellation) =>
        StripeWire.Ask(() => _intents.ConfirmAsync(payment, new PaymentIntentConfirmOptions { OffSession = true }, null, cancellation), i => Of(payment, i), cancellation);

    public Task<PaymentAnswer> Retrieve(string payment, CancellationToken cancellation) =>
        StripeWire.Ask(() => _intents.GetAsync(payment, null, null, cancellation), i => Of(payment, i), cancellation);

    public Task<PaymentAnswer> Cancel(string payment, CancellationToken cancellation) =>
        StripeWire.Ask(() => _intents.CancelAsync(payment, null, null, cancellation), i => Of(payment, i), cancellation);

    public async ValueTask<string?> FaultOf(string? paymentMethod, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(PatienceWithSaving);
        try
        {
            return (await Find(paymentMethod, patience.Token)).Fault is { } fault ? Purses.Sentence(fault) : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Purses.NotAsked;
        }
    }

    public PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now) => _news.Read(body, signature, now);

    public void Dispose() => _wire.Dispose();

    /// <summary>Who is charged with what: a method of a customer, or a customer's default.</summary>
    private async Task<Purse> Find(string? paymentMethod, CancellationToken cancellation)
    {
        var purse = new Purse();
        var fault = paymentMethod switch
        {
            null or "" => Purses.Missing,
            _ when paymentMethod.AsSpan().ContainsAnyExcept(Purses.Characters) => Purses.Malformed,
            _ when paymentMethod.StartsWith("pm_", StringComparison.Ordinal) => await StripeWire.Ask(
                () => _methods.GetAsync(paymentMethod, null, null, cancellation),
                m => Purses.Of(purse = new Purse(m.CustomerId, m.Id)),
                cancellation),
            _ when paymentMethod.StartsWith("cus_", StringComparison.Ordinal) => await StripeWire.Ask(
                () => _customers.GetAsync(paymentMethod, null, null, cancellation),
                c => Purses.Of(purse = c.Deleted == true ? new Purse() : new Purse(c.Id, c.InvoiceSettings?.DefaultPaymentMethodId ?? c.DefaultSourceId)),
                cancellation),
            _ => Purses.Malformed,
        };
        return fault.Standing == PaymentStanding.Unconfirmed ? purse : new Purse(Fault: fault);
    }

    private static PaymentAnswer Of(string asked, PaymentIntent intent) => intent.Id == asked
        ? IntentOf(intent)
        : new PaymentAnswer(PaymentStanding.Unanswered, Reason: "It answered about another payment.");

    private static PaymentAnswer IntentOf(PaymentIntent intent) => intent.Status switch
    {
        "requires_confirmation" => new(PaymentStanding.Unconfirmed, intent.Id),
        "processing" or "requires_capture" => new(PaymentStanding.Processing, intent.Id, Reason: "processing"),
        "requires_action" => new(PaymentStanding.ActionRequired, intent.Id, Reason: StripeWire.NeedsOwner),
        "requires_payment_method" => StripeWire.Declined(intent.LastPaymentError) with { Payment = intent.Id },
        "canceled" => new(PaymentStanding.Cancelled, intent.Id),
        "succeeded" when intent.Currency == "usd" => new(PaymentStanding.Succeeded, intent.Id, new Money(checked(intent.AmountReceived * NanosPerCent))),
        "succeeded" => new(PaymentStanding.Unanswered, intent.Id, Reason: "It was paid in another currency."),
        _ => new(PaymentStanding.Unanswered, intent.Id, Reason: "It is in a state that is not known here."),
    };
}
