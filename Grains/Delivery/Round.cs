using System.Text;
using Budgets.Journal;

namespace Budgets.Delivery;

/// <summary>One channel's worker: at most one call out of the house is under way in it, and a receiver that hangs delays no other channel. Runs on the grain's scheduler only.</summary>
/// <param name="rests">Nothing can be done before the next letter's turn.</param>
/// <param name="lost">The courier broke its promise and threw.</param>
/// <param name="linked">A page with the link that only its receiver may have, if he may.</param>
internal sealed class Round(
    Keeper<DeliveryState, DeliveryEvent> journal, Func<Lane, bool> lanes, ICourier courier, TimeProvider clock, Action rests, Action<Exception> lost,
    Func<MailPage, string, ValueTask<MailPage>> linked) : IDisposable
{
    /// <summary>A call that the courier has not given up by then is given up here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _walk = Task.CompletedTask;

    public bool IsUnderWay => !_walk.IsCompleted;

    public Func<Lane, bool> Lanes => lanes;

    /// <summary>Delivers whatever has its turn now. Never in the way of whoever calls.</summary>
    public void Go()
    {
        if (!IsUnderWay && !_stopping.IsCancellationRequested)
        {
            _walk = Walk();
        }
    }

    /// <summary>A call under way is broken off; its letter goes out again from the next activation, with the same id.</summary>
    public Task Stop()
    {
        _stopping.Cancel();
        return _walk;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task Walk()
    {
        await Task.Yield();
        while (await IsDurable() && journal.State.Due(lanes, clock.GetUtcNow()) is { } letter && journal.State.ReceiverOf(letter) is { } receiver)
        {
            if (await Carry(letter, receiver) is not { } receipt)
            {
                return;
            }

            var happened = Trying.Tried(journal.State, letter, receiver, receipt, courier.CanMail, clock.GetUtcNow());
            journal.Record(happened);
            if (await journal.Flush() == Flushed.Durable)
            {
                foreach (var e in happened)
                {
                    DeliveryMetrics.Happened(e, letter.Channel);
                }
            }
        }

        // Before it rests: it must not seem to be under way to whoever looks for the next turn.
        _walk = Task.CompletedTask;
        rests();
    }

    /// <summary>Nothing leaves the house that may never have happened.</summary>
    private Task<bool> IsDurable() => journal.IsWritten(() => _stopping.IsCancellationRequested);

    /// <returns>Null: broken off.</returns>
    private async Task<Receipt?> Carry(Letter letter, string receiver)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        try
        {
            return await Carry(letter, receiver, either.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return new Receipt(Carried.Failed, Reason: "It took too long.");
        }
        catch (Exception e)
        {
            lost(e);
            return new Receipt(Carried.Failed, Reason: "It could not be sent.");
        }
    }

    private async Task<Receipt> Carry(Letter letter, string receiver, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (letter.Body is { } body)
        {
            return await courier.Post(new WebhookLetter(receiver, letter.Id, now, Encoding.UTF8.GetBytes(body), journal.State[letter.Layer].SecretsAt(now)), cancellation);
        }

        var page = await linked(letter.Page!, receiver);
        var (text, html) = MailPage.Render(page);
        return await courier.Mail(new MailLetter(letter.Id, receiver, page.Title, text, html, now), cancellation);
    }
}
