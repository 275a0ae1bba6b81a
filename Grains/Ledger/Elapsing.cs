using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What time alone has done to a budget: windows followed each other, holds expired, a freeze ended, a deadline passed, days closed.</summary>
/// <remarks>
/// These events are written with the next accepted request, never on their own account by a refusal, or when the budget is woken
/// (<see cref="Waking"/>); until then every decision and every view works them out anew. That makes rollover and expiry exact without a sweep.
/// </remarks>
public static class Elapsing
{
    /// <summary>The state at <paramref name="clock"/> (never earlier than its newest event), and the events that lead there.</summary>
    public static (BudgetState State, ImmutableArray<BudgetEvent> Events) At(this BudgetState s, DateTimeOffset clock)
    {
        if (!s.Exists)
        {
            return (s, []);
        }

        var now = clock > s.Now ? clock : s.Now;
        s = (s with { Now = now }).InMinuteOf(now);
        var rolled = Rollover.Due(s, now);
        if (rolled is null && !(s.NextExpiry <= now) && !(s.Freeze?.ResumesAt <= now) && s.Days.Length <= 1 && !(s.NextLapse <= now) && (s.Closed || !(s.Terms.EndsAt <= now)))
        {
            return (s, []);
        }

        var events = ImmutableArray.CreateBuilder<BudgetEvent>();

        void Happened(BudgetEvent e)
        {
            s = Fold.Apply(s, e);
            events.Add(e);
        }

        if (rolled is not null)
        {
            Happened(rolled);
        }

        if (s.NextExpiry <= now)
        {
            foreach (var hold in s.Holds.Values.Where(h => h.ExpiresAt <= now).OrderBy(h => h.ExpiresAt).ThenBy(h => h.Id.Value, StringComparer.Ordinal))
            {
                Happened(Assuming.Expiry(s, hold));
            }

            s = s with { NextExpiry = s.Holds.IsEmpty ? null : s.Holds.Values.Min(h => h.ExpiresAt) };
        }

        while (s.NextLapse <= now && Permitting.Lapsed(s) is { } lapsed)
        {
            Happened(lapsed);
        }

        if (s.Freeze?.ResumesAt <= now)
        {
            Happened(new Unfrozen(now, "resume_after"));
        }

        if (s.Terms.EndsAt <= now && !s.Closed)
        {
            Happened(new Closed(now, "ends_at"));
        }

        foreach (var day in s.Days.RemoveAt(s.Days.Length - 1))
        {
            if (!s.Draining.Any(w => w.Type == LimitType.Daily && w.Number == day.Number))
            {
                Happened(new DayClosed(now, day.Date, day.Usage, s.ClosedBefore(day.Date) ?? 0, day.Hours));
            }
        }

        return (s, events.ToImmutable());
    }

    /// <summary>The newest event that closed a date, if the state still knows it.</summary>
    public static long? ClosedBefore(this BudgetState s, DateOnly date)
    {
        for (var i = s.ClosedDays.Length - 1; i >= 0; i--)
        {
            if (s.ClosedDays[i].Date == date)
            {
                return s.ClosedDays[i].Seq;
            }
        }

        return null;
    }

    public static EndedHold Ended(this Hold h) => new(h.Id, h.Amount, h.ExpiresAt, h.Admission, h.Date, h.Purpose, h.Draw, h.Hour);
}
