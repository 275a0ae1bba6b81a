using System.Collections.Immutable;
using Budgets.Forecasting;

namespace Budgets.Ledger;

/// <summary>"Money is ordered before it is missed, once, and never more often than somebody has allowed."</summary>
/// <remarks>
/// Decided from the state alone, after whatever changed it, and written in the same append as what led to it. While an order is under way no other begins;
/// what has ended one (a decline, the month's cap) waits for a person. Source: decision 19.
/// </remarks>
public static class Recharging
{
    /// <summary>From one look at the forecast to the next.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromHours(1);

    /// <summary>An order that is under way is handed over again so often: whoever had it may have lost it.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(10);

    /// <summary>What a refused caller is told to wait while a recharge is under way.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private const long NanosPerCent = Money.NanosPerDollar / 100;

    /// <summary>What is to be done about the balance as it stands. The state must be brought up to the instant of the decision.</summary>
    public static ImmutableArray<BudgetEvent> After(BudgetState s)
    {
        if (!IsWatched(s, out var r) || s.Now < r.CooldownEnds)
        {
            return [];
        }

        var (settings, available) = (r.Settings, s.Available() ?? Money.Zero);
        var (reason, target) = (RechargeReason.Threshold, settings.TriggerThreshold ?? Money.Zero);
        if (!(available < settings.TriggerThreshold))
        {
            if (settings.Mode != RechargeMode.Predictive || (r.Checked is { } known && s.Now < known.At + CheckInterval && available > known.Needed))
            {
                return [];
            }

            (reason, target) = (RechargeReason.Predictive, Predicting.Needed(s.SpendingNow(), settings.PredictHoursAhead, CheckInterval, s.Now));
            if (available > target)
            {
                return [new RechargeChecked(s.Now, target)];
            }
        }

        var month = s.Current(LimitType.Monthly).Number;
        return r.BegunIn(month) < r.AllowedIn(month)
            ? [new RechargeStarted(s.Now, RechargeId.Of(s.Agent, r.Last + 1), Worth(settings, target - available), reason, available, settings.PaymentMethod)]
            : [new RechargePaused(s.Now, RechargePauseReason.Limit)];
    }

    /// <summary>When the budget wants to be woken for its recharges; null: it need not be.</summary>
    public static DateTimeOffset? NextLook(BudgetState s)
    {
        if (s.Recharges?.Open is { } order)
        {
            return order.Taken ? Next(order.At, AskAgain, s.Now) : s.Now;
        }

        return !IsWatched(s, out var r) ? null : r.CooldownEnds > s.Now ? r.CooldownEnds : NextCheck(s);
    }

    /// <summary>When the forecast is looked at although nothing is spent; null: it is not.</summary>
    public static DateTimeOffset? NextCheck(BudgetState s) =>
        IsWatched(s, out var r) && r.Settings.Mode == RechargeMode.Predictive ? Next(r.Checked?.At ?? s.Now, CheckInterval, s.Now) : null;

    /// <summary>When somebody who was refused for want of money could ask again; null: no money is on its way.</summary>
    internal static DateTimeOffset? ComesSoon(BudgetState s) =>
        s.Recharges?.Open is null ? null : new DateTimeOffset(s.Now.UtcTicks - (s.Now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) + Soon;

    /// <summary>"A success is credited once, whatever was told before; no other end undoes anything."</summary>
    /// <param name="before">How an order that the state has forgotten was last told to have ended.</param>
    /// <exception cref="ArgumentException">There was no such order.</exception>
    public static ImmutableArray<BudgetEvent> End(BudgetState s, PaymentReport report, DateTimeOffset clock, RechargeEnded? before)
    {
        var (now, elapsed) = s.At(clock);
        if (now.Recharges is not { } r || now.Agent.NumberOf(report.Recharge) is not { } number || number < 1 || number > r.Last)
        {
            throw new ArgumentException($"{now.Agent} has ordered no recharge {report.Recharge}.", nameof(report));
        }

        var order = r.Find(number);
        if ((order is null ? before : order.Ended) is { } ended && (ended.Status == PaymentStatus.Succeeded || report.Status != PaymentStatus.Succeeded))
        {
            return [];
        }

        var brought = report.Status == PaymentStatus.Succeeded ? report.Amount : Money.Zero;
        var end = new RechargeEnded(
            now.Now, report.Recharge, report.Status, report.Provider, report.Payment, brought, report.Reason, report.At, now.WalletView()!.Balance + brought);
        return report.Status == PaymentStatus.Succeeded || now.Recharges.Pause is not null
            ? elapsed.Add(end)
            : elapsed.Add(end).Add(new RechargePaused(now.Now, RechargePauseReason.Failed));
    }

    /// <summary>Only a person ends a pause. At the month's cap that allows as many again as a month has, once; otherwise nothing on top, unless it is said.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Resume(BudgetState s, ResumeRequest request)
    {
        if (Governing.Refused(s) is { } no)
        {
            return (new ConfigureOutcome(no, null), []);
        }

        var done = new ConfigureOutcome(ConfigureResult.Done, null);
        if (s.Recharges is not { } r || (r.Pause is null && request.Additional is null or 0))
        {
            return (done, []);
        }

        var month = s.Current(LimitType.Monthly).Number;
        var isAtCap = r.BegunIn(month) >= r.AllowedIn(month);
        return (done, [new RechargeResumed(s.Now, request.By, request.Additional ?? (isAtCap ? r.Settings.MaxPerMonth : 0))]);
    }

    private static bool IsWatched(BudgetState s, out Recharges recharges)
    {
        recharges = s.Recharges!;
        return s is { Closed: false, Freeze: null, Recharges: { Settings.Enabled: true, Pause: null, Open: null } };
    }

    /// <summary>One charge that closes the gap, in whole cents, as far as the settings let it.</summary>
    private static Money Worth(RechargeSettings settings, Money gap)
    {
        var cents = new Money((gap.Nanos + NanosPerCent - 1) / NanosPerCent * NanosPerCent);
        return Money.Min(Money.Max(settings.Amount, cents), settings.Most);
    }

    private static DateTimeOffset Next(DateTimeOffset since, TimeSpan every, DateTimeOffset now) => since + (every * (Math.Floor(Math.Max(0, (now - since) / every)) + 1));
}
