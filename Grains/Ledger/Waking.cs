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
        expiry = s.NextLapse is { } lapse && !(expiry <= lapse) ? lapse : expiry;
        return Alerting.NextReset(s) is { } reset && !(expiry <= reset) ? reset : expiry;
    }

    /// <summary>What is written although nobody asks, and when it wants to be woken again. Windows and days that have ended wait for the next request, unless somebody is to be told of it.</summary>
    public static (ImmutableArray<BudgetEvent> Events, DateTimeOffset? Next) Unasked(this BudgetState s, DateTimeOffset clock)
    {
        var (now, elapsed) = s.At(clock);
        return (elapsed.Any(IsMissed) || Alerting.NextReset(s) <= now.Now ? elapsed : [], now.NextWake());
    }

    /// <summary>Somebody would miss it if it came only with the next request.</summary>
    private static bool IsMissed(BudgetEvent e) => e is Expired or ApprovalEnded or ApprovalReminded;
}
