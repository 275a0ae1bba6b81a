using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MimeKit.Text;

namespace Budgets.Couriers.Mails;

// In here, so that a receipt is a courier's and not a charge's.
using global::Budgets.Delivery;

/// <summary>Hands mail to the operator's SMTP server, one connection a mail.</summary>
internal sealed class MailPost(SmtpSettings settings, TimeProvider clock) : IDisposable
{
    /// <summary>One mail, from the connection to the server's last word.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Connections at once.</summary>
    public const int MostAtOnce = 8;

    // Longer ones are folded by whoever comes across them, and not well.
    private const int LongestSubject = 200;

    private static readonly TimeSpan s_answersWithin = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    public async Task<Receipt> Send(MailLetter letter, CancellationToken cancellation)
    {
        if (SmtpSettings.Address(letter.To) is not { } to)
        {
            return Failed("The recipient is no mail address.");
        }

        if (letter.Id.Length == 0 || letter.Id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            return Failed("The mail's id is not one.");
        }

        using var message = Message(letter, to);
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await _places.WaitAsync(either.Token);
            try
            {
                await Send(message, either.Token);
                return new Receipt(Carried.Delivered);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && ReceiptOf(e) is { } receipt)
        {
            return receipt;
        }
        catch (Exception e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task Send(MimeMessage message, CancellationToken cancellation)
    {
        using var client = new SmtpClient();
        client.Timeout = (int)s_answersWithin.TotalMilliseconds;

        // To ask whether a certificate was revoked is to call somebody else than the server.
        client.CheckCertificateRevocation = false;
        await client.ConnectAsync(settings.Host, settings.Port, Security, cancellation);
        if (settings is { User: { } user, Password: { } password })
        {
            await client.AuthenticateAsync(user, password, cancellation);
        }

        await client.SendAsync(message, cancellation);

        // It has been taken. What goes wrong with the farewell must not have it sent again.
        try
        {
            await client.DisconnectAsync(quit: true, cancellation);
        }
        catch (Exception e) when (e is IOException or SocketException or ProtocolException or CommandException or OperationCanceledException)
        {
            // The connection is closed below.
        }
    }

    // A password is never said in the clear, also where somebody on the way has cut STARTTLS out of the server's greeting.
    private SecureSocketOptions Security => settings switch
    {
        { Port: SmtpSettings.TlsPort } => SecureSocketOptions.SslOnConnect,
        { User: not null } => SecureSocketOptions.StartTls,
        _ => SecureSocketOptions.StartTlsWhenAvailable,
    };

    private MimeMessage Message(MailLetter letter, MailboxAddress to)
    {
        var message = new MimeMessage
        {
            Subject = Texts.Shortened(Texts.InOneLine(letter.Subject), LongestSubject),
            Date = letter.SentAt,
            MessageId = $"{letter.Id}@{settings.From.Domain}",
            Body = new MultipartAlternative
            {
                new TextPart(TextFormat.Plain) { Text = letter.Text },
                new TextPart(TextFormat.Html) { Text = letter.Html },
            },
        };
        message.From.Add(settings.From);
        message.To.Add(to);

        // RFC 3834: nobody's absence note answers.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    private static Receipt Failed(string reason, int? status = null) => new(Carried.Failed, status, reason);

    private static Receipt? ReceiptOf(Exception e) => e switch
    {
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted } refusal => Failed($"The SMTP server does not take mail for the recipient ({(int)refusal.StatusCode}).", (int)refusal.StatusCode),
        SmtpCommandException refusal => Failed($"The SMTP server answered {(int)refusal.StatusCode}.", (int)refusal.StatusCode),
        AuthenticationException => Failed("The SMTP server does not know Smtp:User, or its password is another.", 535),
        SslHandshakeException => Failed("No TLS connection to the SMTP server came about; its certificate may not be valid for Smtp:Host."),
        ServiceNotConnectedException or ServiceNotAuthenticatedException => Failed("The SMTP server asks for a user and a password (Smtp:User)."),
        NotSupportedException => Failed("The SMTP server offers no TLS, or no way to say a password, and none is said in the clear."),
        OperationCanceledException or TimeoutException => Failed($"The SMTP server did not take the mail within {Patience.TotalSeconds:0} seconds."),
        SmtpProtocolException => Failed("The SMTP server's answer is not SMTP."),
        IOException or SocketException => Failed("No connection to the SMTP server came about, or it was closed."),
        _ => null,
    };
}
