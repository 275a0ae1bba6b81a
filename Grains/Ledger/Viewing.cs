using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>A budget as others see it. States given here must be brought up to the instant of the view.</summary>
public static class Viewing
{
    public static BudgetView View(this BudgetState s) => new(
        s.Agent,
        s.Terms.Name,
        s.Terms.Parent,
        s.Terms.CreatedAt,
        s.Closed,
        s.Freeze is { } f ? new FreezeView(f.Reason, f.By, f.Since, f.ResumesAt) : null,
        s.TimeZone,
        s.Terms.WeekStart,
        s.Above,
        s.Own,
        new AlertSettings(Thresholds.Of(s.Terms), s.Terms.Alerts.EscalationEmail ?? s.Terms.AlertsAbove.EscalationEmail, s.Terms.Wanted()),
        s.Terms.Metadata,
        Standings(s),
        s.Balances(),
        s.Holds.Count,
        s.Terms.EndsAt,
        s.Terms.MaxBelow,
        s.WalletView());

    public static RechargeView RechargeView(this BudgetState s)
    {
        var (r, month) = (s.Recharges, s.Current(LimitType.Monthly).Number);
        return new RechargeView(
            s.Agent, r?.Settings, r?.Pause, r?.BegunIn(month) ?? 0, r?.AllowedIn(month) ?? 0, Recharging.NextCheck(s),
            [.. (r?.Orders ?? []).Reverse().Select(o => new RechargeLine(
                RechargeId.Of(s.Agent, o.Number), o.At, o.Ended is { Status: PaymentStatus.Succeeded } paid ? paid.Amount : o.Amount, o.Reason,
                o.Ended?.Status, o.Ended?.At, o.Ended?.Provider, o.Ended?.Payment, o.Ended?.Detail))],
            s.WalletView(), s.Forecast());
    }

    /// <summary>Every limit on every window, strictest first within a type. Two layers with the same limit are one line.</summary>
    private static ImmutableArray<LimitStanding> Standings(BudgetState s) =>
    [
        .. from window in s.Windows
           from layer in (Layer[])[Layer.Above, Layer.Own]
           let limits = s.LimitsOf(layer)
           let limit = limits[window.Type]
           where limit is not null
           where !(layer == Layer.Own && s.Above[window.Type] == limit && s.Above.HardStop)
           orderby window.Type, limit.Value
           select Admitting.Standing(window, layer, window.Type == LimitType.PerMinute || limits.HardStop, limit.Value),
    ];

    public static HoldView ViewAt(this Hold h, DateTimeOffset now) =>
        h.ExpiresAt > now ? new(h.Id, HoldStatus.Held, h.Amount, h.ExpiresAt, null, h.Purpose)
        : h.BooksItself == true ? new(h.Id, HoldStatus.Settled, h.Amount, h.ExpiresAt, h.Amount, h.Purpose)
        : new(h.Id, HoldStatus.Expired, h.Amount, h.ExpiresAt, null, h.Purpose);

    public static HoldView? HoldAfter(BudgetEvent e) => e switch
    {
        Settled t => new HoldView(t.Hold.Id, HoldStatus.Settled, t.Hold.Amount, t.Hold.ExpiresAt, t.Amount, t.Purpose),
        Released r => new HoldView(r.Hold.Id, HoldStatus.Released, r.Hold.Amount, r.Hold.ExpiresAt, null, r.Hold.Purpose),
        Expired x => new HoldView(x.Hold.Id, HoldStatus.Expired, x.Hold.Amount, x.Hold.ExpiresAt, null, x.Hold.Purpose),
        _ => null,
    };

    /// <summary>The first and last local day of a usage period.</summary>
    public static (DateOnly First, DateOnly Last) Range(this BudgetState s, UsagePeriod period)
    {
        var today = s.Days[^1].Date;
        return period switch
        {
            UsagePeriod.Today => (today, today),
            UsagePeriod.Yesterday => (today.AddDays(-1), today.AddDays(-1)),
            UsagePeriod.ThisWeek => (Calendar.DateAt(s.Current(LimitType.Weekly).Span.From, s.TimeZone), today),
            UsagePeriod.ThisMonth => (Calendar.DateAt(s.Current(LimitType.Monthly).Span.From, s.TimeZone), today),
            UsagePeriod.Last30Days => (today.AddDays(-29), today),
            _ => throw new ArgumentOutOfRangeException(nameof(period)),
        };
    }

    /// <summary>The last day of a range that says none is today, its first day 29 days before its last. Null: the range is empty or too long.</summary>
    public static (DateOnly First, DateOnly Last)? Range(this BudgetState s, AnalyticsQuery query)
    {
        var last = query.Last ?? s.Days[^1].Date;
        var first = query.First ?? DateOnly.FromDayNumber(Math.Max(0, last.DayNumber + 1 - AnalyticsQuery.DefaultDays));
        return last.DayNumber - first.DayNumber is >= 0 && last.DayNumber - first.DayNumber < query.Most ? (first, last) : null;
    }

    public static UsageSums Sums(this UsageBook book) =>
        new(book.Total, book.Models.Ranked(), book.Operations.Ranked(), book.Tags.Ranked(), book.Spared);
}
