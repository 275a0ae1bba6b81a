using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Budgets.Couriers.Webhooks;

// In here, so that a receipt is a courier's and not a charge's.
using global::Budgets.Delivery;

/// <summary>Posts letters to URLs that strangers chose.</summary>
internal sealed class WebhookPost : IDisposable
{
    /// <summary>One letter, from its turn at its host to the last header of the answer. That many letters wait for one host is not the host's failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Of an answer's body is read, so that the connection can serve again, and thrown away.</summary>
    public const int MostOfAnAnswer = 64 << 10;

    private const int MostHeadersInKilobytes = 16;
    private const int MostAddressesTried = 4;

    private static readonly TimeSpan s_readTheRestWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idleConnectionsLive = TimeSpan.FromSeconds(20);

    // A name's new address is used after this time at the latest, also where it is posted to without a pause.
    private static readonly TimeSpan s_connectionsLive = TimeSpan.FromMinutes(2);

    private static readonly HttpRequestOptionsKey<WebhookUrl> s_destination = new("destination");
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly Border _border;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _http;
    private readonly Places _places = new();

    public WebhookPost(Border border, TimeProvider clock)
    {
        (_border, _clock) = (border, clock);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = Connect,
            ConnectTimeout = Patience,
            MaxConnectionsPerServer = Places.MostToOne,
            MaxResponseDrainSize = MostOfAnAnswer,
            MaxResponseHeadersLength = MostHeadersInKilobytes,
            PooledConnectionIdleTimeout = s_idleConnectionsLive,
            PooledConnectionLifetime = s_connectionsLive,
            ResponseDrainTimeout = s_readTheRestWithin,
            SslOptions = new SslClientAuthenticationOptions
            {
                // Whoever is called shows a certificate, and the certificate names places to fetch more from: nobody would check those.
                CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
            },
            UseCookies = false,
            UseProxy = false,
        });
    }

    public async Task<Receipt> Send(WebhookLetter letter, CancellationToken cancellation)
    {
        if (WebhookUrl.Read(letter.Url, out var fault) is not { } url)
        {
            return Failed(fault!);
        }

        // A dot would let one id's letter be taken for another's: what is signed is joined with dots.
        if (letter.Id.Length == 0 || letter.Id.AsSpan().ContainsAnyExceptInRange('!', '~') || letter.Id.Contains('.', StringComparison.Ordinal))
        {
            return Failed("The letter's id is not one.");
        }

        var timestamp = WebhookSignature.Timestamp(letter.SentAt);
        if (WebhookSignature.Of(letter.Id, timestamp, letter.Body.Span, letter.Secrets) is not { } signature)
        {
            return Failed("There is no secret to sign it with.");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, url.Uri) { Content = new ReadOnlyMemoryContent(letter.Body) };
        request.Content.Headers.ContentType = s_json;
        request.Headers.TryAddWithoutValidation("User-Agent", "Budgets.Orleans");
        request.Headers.Add("webhook-id", letter.Id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", signature);
        request.Options.Set(s_destination, url);

        try
        {
            using var place = await _places.Take(url.Host, cancellation);
            using var patience = new CancellationTokenSource(Patience, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
            using var response = await _http.SendAsync(request, either.Token);
            return ReceiptOf(response, letter.SentAt);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && ReasonOf(e) is { } reason)
        {
            return Failed(reason);
        }
        catch (Exception e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    private static Receipt Failed(string reason) => new(Carried.Failed, Reason: reason);

    // The body is not looked at. Leaving it unread makes the handler do so, for a second and 64 KB, or close the connection.
    private static Receipt ReceiptOf(HttpResponseMessage response, DateTimeOffset sentAt)
    {
        var status = (int)response.StatusCode;
        return status switch
        {
            >= 200 and <= 299 => new Receipt(Carried.Delivered, status),
            410 => new Receipt(Carried.Gone, status, "The receiver answered 410: it wants no more."),
            >= 300 and <= 399 => new Receipt(Carried.Failed, status, $"The receiver answered {status}; redirects are not followed."),
            _ => new Receipt(Carried.Failed, status, $"The receiver answered {status}.", RetryAfterOf(response, sentAt)),
        };
    }

    // A date is by the receiver's clock, which its own Date tells.
    private static TimeSpan? RetryAfterOf(HttpResponseMessage response, DateTimeOffset sentAt)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? sentAt),
            _ => TimeSpan.Zero,
        };
        return asked <= TimeSpan.Zero ? null : asked < Schedule.LongestRetryAfter ? asked : Schedule.LongestRetryAfter;
    }

    private static string? ReasonOf(Exception e) => e switch
    {
        HttpRequestException { InnerException: NotCalledException refusal } => refusal.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "No TLS connection came about; its certificate may not be valid for the URL's host.",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "The receiver's answer is not HTTP.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => $"The receiver's answer has more than {MostHeadersInKilobytes} KB of headers.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => "No connection to the receiver came about.",
        HttpRequestException or IOException => "The receiver closed the connection before it answered.",
        OperationCanceledException => $"The receiver did not answer within {Patience.TotalSeconds:0} seconds.",
        _ => null,
    };

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(s_destination, out var url) || url.Port != context.DnsEndPoint.Port)
        {
            throw new InvalidOperationException("A connection is asked for that no letter needs.");
        }

        var (addresses, fault) = await _border.Resolve(url, cancellation);
        if (fault is not null)
        {
            throw new NotCalledException(fault);
        }

        // One after the other, to what was checked: the name is not looked up again.
        SocketException? failure = null;
        foreach (var address in addresses.Take(MostAddressesTried))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, url.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                failure = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw failure!;
    }

    /// <summary>Its message is for the receiver's owner.</summary>
    private sealed class NotCalledException(string message) : IOException(message);
}
