using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>When a budget wants to be woken although nobody asks it, and what it writes then.</summary>
public static class Waking
{
    /// <summary>Nobody misses anything if it is not woken before that; null: it need not be woken at all. In the past: something waits already.</summary>
    public static DateTimeOffset? NextWake(this BudgetState s)
    {
        if (!s.Outbox.IsEmpty)
        {
            return s.Now;
        }

        var expiry = s.NextExpiry <= s.Now ? s.Holds.IsEmpty ? null : s.Holds.Values.Min(h => h.ExpiresAt) : s.NextExpiry;
        return Earlier(Earlier(Earlier(expiry, s.NextLapse), Alerting.NextReset(s)), Recharging.NextLook(s));
    }

    /// <summary>What is written although nobody asks, and when it wants to be woken again. Windows and days that have ended wait for the next request, unless somebody is to be told of it.</summary>
    public static (ImmutableArray<BudgetEvent> Events, DateTimeOffset? Next) Unasked(this BudgetState s, DateTimeOffset clock)
    {
        var (now, elapsed) = s.At(clock);

        // A look at the forecast that finds enough is not worth an append.
        var due = Recharging.After(now).RemoveAll(e => e is RechargeChecked);
        var events = due.IsEmpty && !elapsed.Any(IsMissed) && !(Alerting.NextReset(s) <= now.Now) ? [] : elapsed.AddRange(due);
        return (events, due.Aggregate(now, Fold.Apply).NextWake());
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    /// <summary>Somebody would miss it if it came only with the next request.</summary>
    private static bool IsMissed(BudgetEvent e) => e is Expired or Settled { Assumed: true } or ApprovalEnded or ApprovalReminded;
}
