using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Budgets.Journal;
using Budgets.Scheduling;

namespace Budgets.Recharge;

/// <summary>Pays one agent's orders beside the grain's callers: at most one call out of the house is under way. Runs on the grain's scheduler only.</summary>
/// <param name="tell">Tells the budget.</param>
/// <param name="tried">A step was not answered as it should be, and is tried again.</param>
[SuppressMessage("Design", "CA1001", Justification = "Whoever stops it waits for its walk, and what it owns goes with that.")]
internal sealed class Cashier(
    Keeper<RechargeState, RechargeEvent> journal, IPayments payments, Func<PaymentReport, Task> tell, TimeProvider clock, Action<PayingStep, string, Exception?> tried)
{
    /// <summary>A call that the provider's side has not given up by then is given up here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly HashSet<string> _news = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly NextTurn _next = new(clock);
    private Task _walk = Task.CompletedTask;
    private Task? _stopped;

    /// <summary>Goes on where the activation before ended.</summary>
    public void Begin(Grain grain) => _next.Begin(grain, Go);

    /// <summary>Does whatever has its turn now.</summary>
    public void Go()
    {
        if (_walk.IsCompleted && _stopped is null)
        {
            _walk = Walk();
        }
    }

    /// <summary>Somebody says that there is news of a payment.</summary>
    public void Look(string payment)
    {
        if (journal.State.FindPayment(payment) is { Ending: null or { Status: not PaymentStatus.Succeeded } })
        {
            _news.Add(payment);
            Go();
        }
    }

    /// <summary>A call under way is broken off; the next activation asks how it ended.</summary>
    public Task Stop() => _stopped ??= StopOnce();

    private async Task StopOnce()
    {
        _stopping.Cancel();
        await _walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _stopping.Dispose();
    }

    private async Task Walk()
    {
        // After this turn: whoever calls does not wait for it.
        await Task.Yield();
        while (await IsDurable() && journal.State.Due(_news, clock.GetUtcNow()) is { } payment)
        {
            if (payment.Id is { } id)
            {
                _news.Remove(id);
            }

            if (!await Serve(payment.Order.Id))
            {
                return;
            }
        }

        // Before it rests: it must not seem to be under way to whoever looks for the next turn.
        _walk = Task.CompletedTask;
        if (_stopped is null)
        {
            _next.Set(journal.State.NextTry());
        }
    }

    /// <summary>Takes one payment as far as it goes now.</summary>
    /// <returns>False: broken off.</returns>
    private async Task<bool> Serve(RechargeId id)
    {
        PaymentAnswer? seen = null;
        while (await IsDurable() && journal.State.Find(id) is { } payment)
        {
            var step = Paying.Next(payment, seen, payments.Name, clock.GetUtcNow());
            if (step == PayingStep.Rest)
            {
                return true;
            }

            ImmutableArray<RechargeEvent> happened;
            if (step == PayingStep.Tell)
            {
                happened = [await Tell(payment)];
            }
            else if (step == PayingStep.GiveUp)
            {
                happened = [Paying.GiveUp(payment, payments.Name, clock.GetUtcNow())];
            }
            else if (await Ask(step, payment) is { } answer)
            {
                seen = answer;
                happened = Paying.Heard(payment, step, answer, payments.Name, clock.GetUtcNow());
            }
            else
            {
                return false;
            }

            if (!await Written(step, happened))
            {
                return false;
            }

            if (happened is [PaymentTried or RechargeReported, ..])
            {
                return true;
            }
        }

        return _stopped is null;
    }

    private async Task<bool> Written(PayingStep step, ImmutableArray<RechargeEvent> happened)
    {
        journal.Record(happened);
        if (await journal.Flush() != Flushed.Durable)
        {
            return false;
        }

        foreach (var e in happened)
        {
            RechargeMetrics.Happened(e, step);
            if (e is PaymentTried t && step != PayingStep.Tell)
            {
                tried(step, t.Reason, null);
            }
        }

        return true;
    }

    /// <summary>Nothing is asked for, and nothing told, that may never have happened.</summary>
    private Task<bool> IsDurable() => journal.IsWritten(() => _stopped is not null);

    private async Task<RechargeEvent> Tell(Payment payment)
    {
        try
        {
            await tell(payment.ToReport());
            return new RechargeReported(clock.GetUtcNow(), payment.Order.Id);
        }
        catch (Exception e)
        {
            tried(PayingStep.Tell, Paying.NotTold, e);
            return Paying.Again(payment, Paying.NotTold, null, clock.GetUtcNow());
        }
    }

    /// <returns>Null: broken off.</returns>
    private async Task<PaymentAnswer?> Ask(PayingStep step, Payment payment)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        try
        {
            return await (step switch
            {
                PayingStep.Create => payments.Create(payment.Order, payment.Tries, either.Token),
                PayingStep.Confirm => payments.Confirm(payment.Id!, payment.Order, either.Token),
                PayingStep.Cancel => payments.Cancel(payment.Id!, either.Token),
                _ => payments.Retrieve(payment.Id!, either.Token),
            });
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return new PaymentAnswer(PaymentStanding.Unanswered, Reason: "It took too long.");
        }
        catch (Exception e)
        {
            // Only its type: its words may hold what is secret.
            return new PaymentAnswer(PaymentStanding.Unanswered, Reason: $"It could not be asked ({e.GetType().Name}).");
        }
    }
}
