using Budgets.Couriers.Mails;
using Budgets.Couriers.Webhooks;

namespace Budgets.Couriers;

// In here, so that a receipt is a courier's and not a charge's.
using global::Budgets.Delivery;

/// <summary>Posts webhooks to receivers that may be called, and hands mail to the operator's SMTP server.</summary>
public sealed class Courier : ICourier, IDisposable
{
    /// <summary>With a name server, while somebody waits who wants to save a URL; grains have 3 seconds to answer in.</summary>
    public static readonly TimeSpan PatienceWithNames = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock;
    private readonly Border _border;
    private readonly WebhookPost _post;
    private readonly MailPost? _mail;

    /// <param name="lookup">Finds the addresses of names.</param>
    /// <param name="clock">Of what a receiver may take its time for.</param>
    public Courier(CourierSettings settings, Lookup lookup, TimeProvider clock)
    {
        _clock = clock;
        _border = new Border(settings.AllowedNetworks, lookup);
        _post = new WebhookPost(_border, clock);
        _mail = settings.Smtp is { } smtp ? new MailPost(smtp, clock) : null;
    }

    public bool CanMail => _mail is not null;

    public async ValueTask<string?> FaultOf(string url, CancellationToken cancellation)
    {
        if (WebhookUrl.Read(url, out var fault) is not { } read)
        {
            return fault;
        }

        using var patience = new CancellationTokenSource(PatienceWithNames, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            return await _border.FaultOf(read, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return _border.FaultOfUnknown(read);
        }
    }

    public Task<Receipt> Post(WebhookLetter letter, CancellationToken cancellation) => _post.Send(letter, cancellation);

    public Task<Receipt> Mail(MailLetter letter, CancellationToken cancellation) =>
        _mail?.Send(letter, cancellation) ?? Task.FromResult(new Receipt(Carried.Failed, Reason: "No SMTP server is configured (Smtp:Host)."));

    public void Dispose()
    {
        _post.Dispose();
        _mail?.Dispose();
    }
}
