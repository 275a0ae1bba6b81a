using System.Text;
using Budgets.Delivery;

namespace Budgets.Tests.Delivery;

using Receipt = global::Budgets.Delivery.Receipt;

/// <summary>What went out: once more for every try.</summary>
/// <param name="Channel">Which worker's it was: the receiver for a webhook, "mail" for any mail.</param>
internal sealed record Sent(string Channel, string To, string Id, string Body, DateTimeOffset At, string Secrets);

/// <summary>The world as letters find it: it keeps what came, and answers as the test says.</summary>
internal sealed class Postbox : ICourier
{
    private readonly Lock _lock = new();
    private readonly List<Sent> _sent = [];
    private readonly Dictionary<string, int> _underWay = [];
    private readonly Dictionary<string, (TaskCompletionSource Arrived, TaskCompletionSource Go)> _hanging = [];

    public Func<Sent, Receipt> Answers { get; set; } = _ => new Receipt(Carried.Delivered, 200);

    public bool CanMail { get; set; } = true;

    /// <summary>Calls that were under way in one channel at one time, at most.</summary>
    public int MostAtOnce { get; private set; }

    public List<Sent> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _sent];
            }
        }
    }

    public List<Sent> To(string to) => [.. All.Where(s => s.To == to)];

    public ValueTask<string?> FaultOf(string url, CancellationToken cancellation) => new((string?)null);

    public Task<Receipt> Post(WebhookLetter letter, CancellationToken cancellation) =>
        Carry(new Sent(letter.Url, letter.Url, letter.Id, Encoding.UTF8.GetString(letter.Body.Span), letter.SentAt, string.Join(' ', letter.Secrets)), cancellation);

    public Task<Receipt> Mail(MailLetter letter, CancellationToken cancellation) =>
        Carry(new Sent("mail", letter.To, letter.Id, letter.Subject + letter.Text + letter.Html, letter.SentAt, ""), cancellation);

    /// <summary>From now on a receiver takes what comes and does not answer.</summary>
    public void Hang(string to)
    {
        lock (_lock)
        {
            _hanging[to] = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    /// <summary>Completes when a receiver that hangs has something.</summary>
    public Task Arrived(string to) => _hanging[to].Arrived.Task;

    public void LetGo(string to)
    {
        lock (_lock)
        {
            _hanging.Remove(to, out var hanging);
            hanging.Go.SetResult();
        }
    }

    private async Task<Receipt> Carry(Sent sent, CancellationToken cancellation)
    {
        Task go;
        lock (_lock)
        {
            _sent.Add(sent);
            var underWay = _underWay[sent.Channel] = _underWay.GetValueOrDefault(sent.Channel) + 1;
            MostAtOnce = Math.Max(MostAtOnce, underWay);
            var hangs = _hanging.TryGetValue(sent.To, out var hanging);
            go = hangs ? hanging.Go.Task : Task.CompletedTask;
            hanging.Arrived?.TrySetResult();
        }

        try
        {
            await go.WaitAsync(cancellation);
            lock (_lock)
            {
                return Answers(sent);
            }
        }
        finally
        {
            lock (_lock)
            {
                _underWay[sent.Channel]--;
            }
        }
    }
}
