using System.Net;
using Budgets.Recharge;
using Stripe;

namespace Budgets.Payments;

/// <summary>The way to Stripe and back: bounded in time and size, one try for each call, and no answer is an answer.</summary>
internal sealed class StripeWire : IDisposable
{
    public const string NeedsOwner = "authentication_required";

    /// <summary>One call, to the last byte of its answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Of an answer; a payment has a few kilobytes.</summary>
    public const int MostOfAnAnswer = 1 << 20;

    private const int MostHeadersInKilobytes = 32;
    private const int LongestCode = 64;

    private static readonly TimeSpan s_connectsWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_connectionsLive = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;

    public StripeWire(PaymentSettings settings)
    {
        // Redirects are not followed: the key goes where the operator has said, and nowhere else.
        _http = new HttpClient(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = s_connectsWithin,
            MaxResponseHeadersLength = MostHeadersInKilobytes,
            PooledConnectionLifetime = s_connectionsLive,
            UseCookies = false,
            UseProxy = !settings.BaseUrl.IsLoopback,
        })
        {
            MaxResponseContentBufferSize = MostOfAnAnswer,
            Timeout = Patience,
        };

        // Whether to try again, and when, is written in a journal, not kept in a loop.
        var client = new SystemNetHttpClient(_http, maxNetworkRetries: 0, enableTelemetry: false);
        Client = new StripeClient(settings.ApiKey, httpClient: client, apiBase: settings.BaseUrl.GetLeftPart(UriPartial.Authority));
    }

    public StripeClient Client { get; }

    public void Dispose() => _http.Dispose();

    /// <exception cref="OperationCanceledException">It was called off.</exception>
    public static async Task<PaymentAnswer> Ask<T>(Func<Task<T>> ask, Func<T, PaymentAnswer> read, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await ask() is { } answer ? read(answer) : Unanswered("It answered nothing.");
        }
        catch (StripeException e)
        {
            return Of(e, read);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // The library throws whatever its reader does where an answer is not Stripe's. Only the type: its words may name what was sent.
            return Unanswered($"There was no answer ({e.GetType().Name}).");
        }
    }

    /// <summary>Why the last try failed, as an intent says it; null: it has lost its payment method without a try.</summary>
    public static PaymentAnswer Declined(StripeError? error) => error?.Code == NeedsOwner
        ? new(PaymentStanding.ActionRequired, Reason: NeedsOwner)
        : new(PaymentStanding.Declined, Reason: Code(error?.DeclineCode) ?? Code(error?.Code) ?? "payment_method_missing");

    private static PaymentAnswer Of<T>(StripeException e, Func<T, PaymentAnswer> read)
        where T : class
    {
        var (status, error) = ((int)e.HttpStatusCode, e.StripeError);
        if (status is < 400 or >= 500 or 401 or 403 or 408 or 409 or 429 || error is null || error.Type == "idempotency_error")
        {
            var reason = status is 401 or 403 ? "It does not accept our key." : $"It answered {status}{(Code(error?.Code) is { } code ? $" ({code})" : "")}.";
            return Unanswered(reason) with { RetryAfter = e.StripeResponse?.Headers?.RetryAfter?.Delta };
        }

        // An error about a payment says how the payment is: that is what counts, whatever was asked.
        return error.PaymentIntent is T intent ? read(intent) : new(PaymentStanding.Refused, Reason: Code(error.Code) ?? Code(error.Type) ?? "refused");
    }

    private static PaymentAnswer Unanswered(string reason) => new(PaymentStanding.Unanswered, Reason: reason);

    /// <summary>One of Stripe's codes, and nothing that only looks as if it were one.</summary>
    private static string? Code(string? text) =>
        text is { Length: > 0 and <= LongestCode } && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') ? text : null;
}
