using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>A recharge that was ordered.</summary>
internal sealed record ReferenceOrder(long Number, DateTimeOffset At, long Amount)
{
    public PaymentStatus? Ended { get; set; }
}

/// <summary>Credits and recharges, in threshold mode and by the operator.</summary>
internal sealed partial class ReferenceBudget
{
    private readonly List<ReferenceOrder> _orders = [];
    private RechargeSettings? _recharges;
    private RechargePause? _pause;
    private DateTimeOffset? _endedAt;
    private (int Month, int Begun, int Granted) _month = (-1, 0, 0);
    private long? _credited;
    private bool _isWritten;

    public IReadOnlyList<ReferenceOrder> Orders => _orders;

    /// <summary>What was spent before the agent became prepaid.</summary>
    public long SpentBefore { get; private set; }

    /// <summary>Null: postpaid.</summary>
    public long? Balance => _credited - (Spent(LimitType.Total) - SpentBefore);

    /// <summary>All that could ever be spent: what was, before it was counted, and what was credited since.</summary>
    public long? Given => _credited + SpentBefore;

    private long? Available => Balance - Held(LimitType.Total);

    /// <summary>Null: it ordered none such.</summary>
    public void End(PaymentReport report, DateTimeOffset clock)
    {
        var order = _orders.Single(o => RechargeId.Of(agent, o.Number) == report.Recharge);
        if (order.Ended == PaymentStatus.Succeeded || (order.Ended is not null && report.Status != PaymentStatus.Succeeded))
        {
            return;
        }

        At(clock);
        Keep();
        order.Ended = report.Status;
        _endedAt = order.Number == _orders.Count ? Now : _endedAt;
        if (report.Status == PaymentStatus.Succeeded)
        {
            _credited += report.Amount.Nanos;
        }
        else
        {
            _pause ??= new RechargePause(RechargePauseReason.Failed, Now);
        }

        Recharge();
    }

    public (int Begun, int Allowed, RechargePause? Pause) RechargesThisMonth()
    {
        var isNow = _month.Month == Window(LimitType.Monthly).Number;
        return (isNow ? _month.Begun : 0, (_recharges?.MaxPerMonth ?? 0) + (isNow ? _month.Granted : 0), _pause);
    }

    private SpendOutcome Credit(CreditRequest r)
    {
        if (Closed && r.Amount.Nanos > 0)
        {
            return No(Outcome.AgentClosed, r.Amount);
        }

        Keep();
        Prepay();
        _credited += r.Amount.Nanos;
        return new SpendOutcome(
            Outcome.Accepted,
            new Receipt(
                r.Source is CreditSource.Manual or CreditSource.Payment ? EntryKind.Credit : EntryKind.Correction, 0, Now, "", r.Amount, default, false, false, null, r.Key.Value, [], [],
                BalanceAfter: new Money(Balance!.Value)),
            null);
    }

    private static bool IsCredit(CreditRequest r) =>
        r.Amount.Nanos != 0 && Math.Abs((decimal)r.Amount.Nanos) <= Money.MaxPerRequest.Nanos
        && (r.Source is CreditSource.Correction || (r.Source == CreditSource.Refund ? r.Amount.Nanos < 0 : r.Amount.Nanos > 0));

    private void Set(RechargeRequest r)
    {
        var settings = new RechargeSettings(
            r.Enabled, RechargeMode.Threshold, r.Amount!.Value, r.TriggerThreshold.Value, r.MaxAmount.Value, r.MaxPerMonth!.Value, r.CooldownSeconds!.Value);
        if (settings == _recharges)
        {
            return;
        }

        Keep();
        _recharges = settings;
        if (settings.Enabled)
        {
            Prepay();
        }
    }

    private void Resume(ResumeRequest r)
    {
        if (_recharges is null || (_pause is null && r.Additional is null or 0))
        {
            return;
        }

        Keep();
        InThisMonth();
        _month.Granted += r.Additional ?? (_month.Begun >= _recharges.MaxPerMonth + _month.Granted ? _recharges.MaxPerMonth : 0);
        _pause = null;
    }

    /// <summary>After whatever was written.</summary>
    private void Recharge()
    {
        var isWatched = _recharges is { Enabled: true } && _pause is null && !Closed && _keptFreeze is null && _orders is not [.., { Ended: null }];
        if (!isWatched || Now < _endedAt?.AddSeconds(_recharges!.CooldownSeconds) || !(Available < _recharges!.TriggerThreshold!.Value.Nanos))
        {
            return;
        }

        InThisMonth();
        if (_month.Begun >= _recharges.MaxPerMonth + _month.Granted)
        {
            _pause = new RechargePause(RechargePauseReason.Limit, Now);
            return;
        }

        var gap = Math.Ceiling((_recharges.TriggerThreshold.Value.Nanos - Available!.Value) / 10_000_000m) * 10_000_000m;
        var most = Math.Max(_recharges.Amount.Nanos, _recharges.MaxAmount?.Nanos ?? 0);
        _month.Begun++;
        _orders.Add(new ReferenceOrder(_orders.Count + 1, Now, (long)Math.Min(most, Math.Max(_recharges.Amount.Nanos, gap))));
    }

    private void InThisMonth()
    {
        if (_month.Month != Window(LimitType.Monthly).Number)
        {
            _month = (Window(LimitType.Monthly).Number, 0, 0);
        }
    }

    private void Prepay()
    {
        if (_credited is null)
        {
            (_credited, SpentBefore) = (0, Spent(LimitType.Total));
        }
    }

    private (LimitStanding Standing, DateTimeOffset? RetryAt)? Lacking(Money amount) => !(amount.Nanos > Available) ? null : (
        new LimitStanding(
            LimitType.Total, Layer.Above, true, new Money(_credited!.Value), new Money(Spent(LimitType.Total) - SpentBefore), new Money(Held(LimitType.Total)),
            new PeriodWindow(Window(LimitType.Total).From, null)),
        _orders is [.., { Ended: null }] ? Now.AddTicks(-(Now.Ticks % TimeSpan.TicksPerSecond)).AddSeconds(5) : null);
}
