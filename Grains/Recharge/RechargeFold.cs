using System.Collections.Immutable;
using Budgets.Journal;

namespace Budgets.Recharge;

/// <summary>Remembers what happened to an agent's payments; never decides.</summary>
public static class RechargeFold
{
    /// <exception cref="JournalCorruptException">The event contradicts the state.</exception>
    public static RechargeState Apply(RechargeState s, RechargeEvent e)
    {
        s = s with { Seq = s.Seq + 1, Now = e.At };
        return e switch
        {
            RechargeOrdered o => s.Ordered(o),
            PaymentCreated c => s.With(s.OpenOf(c) with { Provider = c.Provider, Id = c.Payment, Tries = 0, NextTryAt = c.At }),
            PaymentTried t => s.With(s.OpenOf(t) is var p ? p with { Tries = p.Tries + 1, NextTryAt = t.NextTryAt } : p),
            PaymentRefused r => s.With(s.OpenOf(r) with { Refusal = new Refusal(r.Status, r.Reason), Tries = 0, NextTryAt = r.At }),
            PaymentEnded d => s.EndedBy(d),
            RechargeReported r => s.Reported(s.OpenOf(r)),
            RechargeRepeated r => s.Reopened(s.Known(r) with { NextTryAt = r.At, Tries = 0 }),
            _ => throw new JournalCorruptException($"Unknown event {e.GetType().Name}."),
        };
    }

    private static RechargeState Ordered(this RechargeState s, RechargeOrdered o)
    {
        var number = RechargeState.NumberOf(o.Recharge);
        return number > s.UpTo
            ? s with { UpTo = number, Open = s.Open.Add(new Payment(o.Order) { NextTryAt = o.At }) }
            : throw new JournalCorruptException($"{o.Recharge} was ordered twice.");
    }

    private static RechargeState EndedBy(this RechargeState s, PaymentEnded d)
    {
        var payment = s.Known(d);
        return payment.Ending is null or { Status: not PaymentStatus.Succeeded }
            ? s.Reopened(payment with { Ending = new Ending(d.At, d.Status, d.Provider, d.Amount, d.Reason), Tries = 0, NextTryAt = d.At })
            : throw new JournalCorruptException($"{d.Recharge} had succeeded already.");
    }

    private static RechargeState Reported(this RechargeState s, Payment payment)
    {
        var ended = s.Ended.Add(payment with { Tries = 0, NextTryAt = null });
        return s with { Open = s.Open.RemoveAll(p => p.Order.Id == payment.Order.Id), Ended = ended.RemoveRange(0, Math.Max(0, ended.Length - RechargeState.MostEnded)) };
    }

    private static RechargeState Reopened(this RechargeState s, Payment payment) => s.Open.Any(p => p.Order.Id == payment.Order.Id)
        ? s.With(payment)
        : s with { Open = s.Open.Add(payment), Ended = s.Ended.RemoveAll(p => p.Order.Id == payment.Order.Id) };

    private static RechargeState With(this RechargeState s, Payment payment) => s with { Open = [.. s.Open.Select(p => p.Order.Id == payment.Order.Id ? payment : p)] };

    private static Payment OpenOf(this RechargeState s, RechargeEvent e) =>
        s.Open.FirstOrDefault(p => p.Order.Id == e.Recharge) ?? throw new JournalCorruptException($"{e.GetType().Name} of {e.Recharge}, which is not open.");

    private static Payment Known(this RechargeState s, RechargeEvent e) =>
        s.Find(e.Recharge) ?? throw new JournalCorruptException($"{e.GetType().Name} of {e.Recharge}, which is not remembered.");
}
